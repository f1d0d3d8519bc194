package selfinstruct

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryFilterCatchesWhatItIsForAndCanBeTurnedOff(t *testing.T) {
	long := strings.Repeat("word ", 151)
	for name, c := range map[string]struct {
		method      string
		instruction string
		x           instance
	}{
		"length":      {Alpaca, "Say hello now", instance{"", "Hello"}},
		"blacklist":   {Alpaca, "Describe the video that you saw", instance{"", "It was good"}},
		"program":     {Alpaca, "Write a program that adds two numbers", instance{"", "print(1)"}},
		"punctuation": {Alpaca, "- Say hello to all people", instance{"", "Hello"}},
		"ascii":       {Alpaca, "Übersetze den Satz ins Englische", instance{"", "A sentence"}},
		"empty":       {Alpaca, "Say hello to all people", instance{"", ""}},
		"copied":      {Alpaca, "Say this to all people", instance{"hello", "hello"}},
		"colon":       {Alpaca, "Say hello to all people", instance{"", "Here it is:"}},
		"sorry":       {Evol, "Say hello to all people", instance{"", "I am sorry, I cannot"}},
	} {
		f := Published(c.method, "English")
		caught := func() string {
			r := newRules(f)
			if why := r.instruction(c.instruction); why != "" {
				return why
			}
			return r.exchange(c.x.Input, c.x.Output)
		}
		if got := caught(); got != name {
			t.Errorf("%s: caught by %q", name, got)
		}
		if err := f.Unset(name); err != nil {
			t.Error(err)
		}
		if got := caught(); got == name {
			t.Errorf("%s catches though it is off", name)
		}
	}
	r := newRules(Published(Alpaca, "English"))
	if got := r.instruction(long); got != "length" {
		t.Errorf("151 words are caught by %q", got)
	}
	for _, fine := range []string{"Paint a mapped profile of a person", "Write the program of a concert", "写一首关于春天的诗"} {
		de := newRules(Published(Alpaca, "Chinese"))
		if got := de.instruction(fine); got != "" {
			t.Errorf("%q is caught by %q", fine, got)
		}
	}
}

func TestFiltersAreSetByName(t *testing.T) {
	for _, name := range FilterNames() {
		var f Filters
		spec := map[string]string{"length": "length=2..9", "similarity": "similarity=0.5", "blacklist": "blacklist=go to,map"}[name]
		if spec == "" {
			spec = name
		}
		if err := f.Set(spec); err != nil {
			t.Error(err)
		}
		if slices.Equal([]any{f.MinLength, f.Similarity, len(f.Blacklist)}, []any{0, 0.0, 0}) && (f.flag(name) == nil || !*f.flag(name)) {
			t.Errorf("%s sets nothing: %+v", spec, f)
		}
		if err := f.Unset(name); err != nil {
			t.Error(err)
		}
		if f.MaxLength != 0 || f.Similarity != 0 || f.Blacklist != nil || f.flag(name) != nil && *f.flag(name) {
			t.Errorf("%s is still on: %+v", name, f)
		}
	}
	for _, bad := range []string{"length", "length=9..2", "length=a..b", "similarity=2", "similarity", "ascii=1", "blacklist", "colour"} {
		if err := new(Filters).Set(bad); err == nil || !strings.Contains(err.Error(), "filter") {
			t.Errorf("%q: error %v", bad, err)
		}
	}
	if err := new(Filters).Unset("colour"); err == nil {
		t.Error("an unknown filter is turned off")
	}
}

func TestOneInputWithTwoOutputsIsAConflict(t *testing.T) {
	for _, c := range []struct {
		list []instance
		want bool
	}{
		{[]instance{{"a", "1"}, {"a", "2"}}, true},
		{[]instance{{"a", "1"}, {"b", "2"}, {"a", "1"}}, false},
		{[]instance{{"", "1"}, {"", "2"}}, false},
	} {
		if got := conflicts(c.list); got != c.want {
			t.Errorf("%v: %t", c.list, got)
		}
	}
}

func TestLengthCountsWordsOrCharacters(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "  one two\nthree ": 3, "it's well-known, e.g. here": 4, "写一首诗。": 4, "春の歌を書く": 6, "Python で書く": 4, "안녕 세상": 4, "Übersetze: «Haus»": 2,
	} {
		if got := length(text); got != want {
			t.Errorf("%q has %d, want %d", text, got, want)
		}
	}
}

func TestRequirementsAreNumberedInOrder(t *testing.T) {
	p := newPool([]Task{{ID: "a", Instruction: "Name a bird.", Output: "Wren."}}, Options{Filters: new(Filters)})
	prompt := alpaca{"English", 20}.next(p).request.Messages[0].Content
	for i, want := range []string{"1. ", "2. ", "3. ", "4. ", "5. ", "6. ", "7. ", "8. "} {
		if strings.Count(prompt, "\n"+want) != 1 {
			t.Errorf("requirement %d is there %d times", i+1, strings.Count(prompt, "\n"+want))
		}
	}
	if strings.Contains(prompt, "\n9. ") {
		t.Error("there is a ninth")
	}
}

func TestChineseIsComparedByCharacters(t *testing.T) {
	f := Published(Alpaca, "Chinese")
	p := newPool([]Task{{ID: "a", Instruction: "请写一首关于春天的短诗", Output: "…"}}, Options{Filters: &f})
	if _, ok := p.admit("请写一首关于秋天的短诗"); ok || p.dropped["similarity"] != 1 {
		t.Errorf("an instruction that differs in one character is new: %v", p.dropped)
	}
	like, ok := p.admit("把下面的句子翻译成英文")
	if !ok || len(like.near) != 1 || like.near[0].Score >= 0.7 {
		t.Errorf("another instruction is not new: %+v, %v", like, p.dropped)
	}
}
