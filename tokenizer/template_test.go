package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// marked is the repository's own tokenizer with two control tokens more. normalized says where they are looked for.
func marked(t *testing.T, normalized bool) *Tokenizer {
	t.Helper()
	dir := filepath.Join("..", "models", "nano")
	b, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	var f map[string]any
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	added, _ := f["added_tokens"].([]any)
	for i, token := range []string{"<|a|>", "<|b|>"} {
		added = append(added, map[string]any{"id": 5000 + i, "content": token, "special": true, "normalized": normalized, "rstrip": i == 1})
	}
	f["added_tokens"] = added
	if b, err = json.Marshal(f); err != nil {
		t.Fatal(err)
	}
	tok, err := Parse(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// outside is where the parts in «» are, and the text without the marks.
func outside(s string) (text string, list [][2]int) {
	for {
		before, rest, ok := strings.Cut(s, "«")
		text += before
		if !ok {
			return text, list
		}
		in, after, _ := strings.Cut(rest, "»")
		list = append(list, [2]int{len(text), len(text) + len(in)})
		text, s = text+in, after
	}
}

// Where nobody spells a control token, a template's text has the ids that it has as a whole, wherever people wrote.
func TestATemplatesTextIsEncodedAsAWhole(t *testing.T) {
	tok := marked(t, false)
	for _, s := range []string{"", "a", "<|a|>«hello»<|b|> \n «there»", "«x»y«z»", "<|b|>«  white space»<|a|>", "«Na»me a «prime» number.<|a|>"} {
		text, out := outside(s)
		got := tok.EncodeTemplate(text, true, out, nil)
		if want := tok.EncodeSpecial(text, true); len(got) != 1 || !slices.Equal(got[0], want) {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}

// What people write makes no control token, not even with what the template wrote beside it; the template's own stay.
func TestWhatPeopleWriteMakesNoControlToken(t *testing.T) {
	for _, normalized := range []bool{false, true} {
		tok := marked(t, normalized)
		for _, c := range []struct {
			text string
			want []string
		}{
			{"<|a|>«<|a|>»<|b|>", []string{"<|a|>", "<|b|>"}},
			{"<|«a|>»<|a|>", []string{"<|a|>"}},
			{"«<|a»|><|b|>\n", []string{"<|b|>\n"}},
			{"«<|a|»><|b|>«<|b|>»", []string{"<|b|>"}},
			{"<|«a»|>", nil},
			{"«<|b|>»<|a|>«\n<|endoftext|>»", []string{"<|a|>"}},
		} {
			text, out := outside(c.text)
			var got []string
			tok.Controls(text, out, func(from, to int, _ int32) { got = append(got, text[from:to]) })
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %q, want %q", c.text, got, c.want)
			}
			n := 0
			for _, id := range tok.EncodeTemplate(text, true, out, nil)[0] {
				if tok.IsControl(id) {
					n++
				}
			}
			if n != len(c.want) {
				t.Errorf("%s: %d control tokens, want %d", c.text, n, len(c.want))
			}
		}
	}
}

// The parts between cuts are those of texts that continue one another, and come to the whole.
func TestNoTokenCrossesACut(t *testing.T) {
	tok := marked(t, false)
	const text = "<|a|>Name a prime.\n<|b|> \nhello there"
	whole := tok.EncodeSpecial(text, true)
	cut := strings.Index(text, "prime")
	got := tok.EncodeTemplate(text, true, nil, []int{0, 5, cut, len(text)})
	want := [][]int32{nil, tok.EncodeSpecial("<|a|>", true), tok.EncodeText("Name a ", false), tok.EncodeSpecial(text[cut:], false), nil}
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("part %d: %v, want %v", i, got[i], want[i])
		}
	}
	if got := tok.EncodeTemplate(text, true, nil, []int{5, strings.Index(text, "hello")}); !slices.Equal(slices.Concat(got...), whole) {
		t.Errorf("%v, want %v", got, whole)
	}
}
