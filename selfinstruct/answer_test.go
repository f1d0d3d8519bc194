package selfinstruct

import (
	"reflect"
	"strings"
	"testing"
)

func TestRecordsAreReadHoweverTheyAreWritten(t *testing.T) {
	one := fields{"instruction": "Name a bird.", "input": "", "output": "The wren."}
	two := fields{"instruction": "Add.", "input": "2 and 3", "output": "5"}
	for name, c := range map[string]struct {
		text string
		cut  bool
		want reading
	}{
		"JSON": {`{"tasks":[{"instruction":"Name a bird.","input":"","output":"The wren."},{"instruction":"Add.","input":"2 and 3","output":5}]}`, false,
			reading{records: []fields{one, two}}},
		"a fence and prose": {"Here you are:\n```json\n{\"tasks\": [\n{\"instruction\": \"Add.\", \"input\": \"2 and 3\", \"output\": \"5\"},\n]}\n```\nAnything [else]?", false,
			reading{records: []fields{two}}},
		"a line end in a text": {"{\"tasks\":[{\"instruction\":\"Add.\",\"input\":\"2 and 3\",\"output\":\"5\n\",}]}", false, reading{records: []fields{two}}},
		"a bare list":          {`[{"instruction":"Add.","input":"2 and 3","output":"5"}]`, false, reading{records: []fields{two}}},
		"cut off": {`{"tasks":[{"instruction":"Add.","input":"2 and 3","output":"5"},{"instruction":"Name a`, true,
			reading{records: []fields{two}, truncated: 1}},
		"broken in the middle": {`{"tasks":[{"instruction":"Add.","input":"2 and 3","output":"5"},{"instruction":}]}`, false,
			reading{records: []fields{two}, malformed: 1}},
		"a field that lacks": {`{"tasks":[{"instruction":"Add.","input":"2"},{"instruction":"Add.","input":"2 and 3","output":"5"}]}`, false,
			reading{records: []fields{two}, malformed: 1}},
		"two records in one object": {`{"tasks":[{"instruction":"A","output":"a","instruction":"B","output":"b"}]}`, false, reading{malformed: 1}},
		"a record within a text":    {`{"tasks":[{"instruction":"A","output":"a\n###\n20. Instruction: B"}]}`, false, reading{malformed: 1}},
		"a list for a text":         {`{"tasks":[{"instruction":"A","output":["a"]}]}`, false, reading{malformed: 1}},
		"no records":                {"I would rather not.", false, reading{malformed: 1}},
		"nothing":                   {" \n", false, reading{}},
		"text": {"###\n1. Instruction: Name a bird.\n1. Input:\n\n1. Output:\nThe wren.\n###\n2. Instruction: Add.\n2. Input:\n2 and 3\n2. Output:\n5\n###", false,
			reading{records: []fields{one, two}}},
		"text cut off": {"###\n1. Instruction: Add.\n1. Input: 2 and 3\n1. Output: 5\n###\n2. Instruction: Name", true,
			reading{records: []fields{two}, truncated: 1}},
		"text whose separator lacks": {"1. Instruction: Add.\n1. Input: 2 and 3\n1. Output: 5\n2. Instruction: Name a bird.\n2. Input:\n2. Output: The wren.", false,
			reading{records: []fields{two, one}}},
		"text with a record within another": {"1. Instruction: A\n1. Output: a 20. Instruction: B\n2. Instruction: Add.\n2. Input: 2 and 3\n2. Output: 5", false,
			reading{records: []fields{two}, malformed: 1}},
		"text with an output twice": {"1. Instruction: A\n1. Output: a\n1. Output: b", false, reading{malformed: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			got := readRecords(c.text, "tasks", []string{"instruction", "output"}, []string{"input"}, c.cut)
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// Whatever an answer is, no text of a record holds the beginning of another record.
func FuzzReadRecords(f *testing.F) {
	f.Add(`{"tasks":[{"instruction":"A","input":null,"output":"b"},`, true)
	f.Add("###\n1. Instruction: A\n1. Input: b\n1. Output: c\n###\n2. Instruction: D", true)
	f.Add("1. first\n2. second", false)
	f.Fuzz(func(t *testing.T, text string, cut bool) {
		r := readRecords(text, "tasks", []string{"instruction", "output"}, []string{"input"}, cut)
		for _, x := range r.records {
			for name, value := range x {
				if merged.MatchString(value) {
					t.Errorf("%s holds another record: %q", name, value)
				}
			}
		}
		if r.malformed < 0 || r.truncated > 1 {
			t.Errorf("%+v", r)
		}
		plainList(text, cut)
		readVerdicts(text, 3)
	})
}

func TestVerdictsAreReadOrNone(t *testing.T) {
	for text, want := range map[string][]bool{
		`{"classification": [true, false]}`:             {true, false},
		"```\n{\"classification\":[\"yes\",\"no\"]}```": {true, false},
		`[false, true]`:                         {false, true},
		`{"classification": [true]}`:            nil,
		`{"classification": [true, "perhaps"]}`: nil,
		`{"classification": [true, false`:       nil,
		`no`:                                    nil,
	} {
		if got := readVerdicts(text, 2); !reflect.DeepEqual(got, want) {
			t.Errorf("%s gives %v, want %v", text, got, want)
		}
	}
}

func TestAQuoteStandsInTheText(t *testing.T) {
	text := "She said: “it’s  late—go\nhome”, and left. The end."
	for quote, want := range map[string]string{
		`it's late-go home`:               "it’s  late—go\nhome",
		`"it’s late—go home"`:             "it’s  late—go\nhome",
		"and left. The end.":              "and left. The end.",
		"and then left":                   "",
		"The end.":                        "", // too short to show anything
		"She said: “it’s  late—go\nhome”": "She said: “it’s  late—go\nhome",
		"": "",
	} {
		got, ok := cited(text, quote)
		if ok != (want != "") || got != want {
			t.Errorf("%q gives %q, want %q", quote, got, want)
		}
		if !strings.Contains(text, got) {
			t.Errorf("%q does not stand in the text", got)
		}
	}
}

func TestPassagesHaveAllOfTheText(t *testing.T) {
	sentence := strings.Repeat("word ", 30) + "end."
	text := strings.Repeat(sentence+" ", 40) + "\n\n" + strings.Repeat(sentence+"\n\n", 9)
	list := passages(text)
	if got, want := strings.Fields(strings.Join(list, " ")), strings.Fields(text); !reflect.DeepEqual(got, want) {
		t.Fatalf("%d words in passages, %d in the text", len(got), len(want))
	}
	for _, p := range list {
		if n := length(p); n > longPassage || n < leastPassage {
			t.Errorf("a passage of %d words", n)
		}
	}
	if got := passages("too short"); got != nil {
		t.Errorf("%q", got)
	}
}

// What is cited stands in the text, and a passage is no longer than it may be where its sentences let it.
func FuzzCited(f *testing.F) {
	f.Add("She said: “it’s  late—go\nhome”, and left.", "it's late-go home")
	f.Add("a\xff b c d", `" " " "`)
	f.Add("  one two three four", " one  two three")
	f.Fuzz(func(t *testing.T, text, quote string) {
		if got, ok := cited(text, quote); ok && (!strings.Contains(text, got) || got == "") {
			t.Errorf("%q does not stand in %q", got, text)
		}
		for _, p := range passages(text) {
			if length(p) < leastPassage {
				t.Errorf("a passage of %d words", length(p))
			}
		}
	})
}
