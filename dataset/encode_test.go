package dataset

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/chat/chattest"
)

func template(t testing.TB, name string) *chat.Template {
	t.Helper()
	tmpl, err := chat.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

// anyExamples draws examples of 1 to 3 turns with answers of up to 40 bytes.
func anyExamples(t *rapid.T) []Example {
	word := rapid.StringMatching(`[a-z]([a-z ]{0,39})`)
	var out []Example
	for i := range rapid.IntRange(1, 20).Draw(t, "examples") {
		var turns []string
		for range rapid.IntRange(1, 3).Draw(t, "turns") {
			turns = append(turns, word.Draw(t, "user"), word.Draw(t, "assistant"))
		}
		out = append(out, Example{Messages: conv(turns...), Weight: float64(rapid.IntRange(1, 4).Draw(t, "weight")) / 3,
			Repeat: rapid.IntRange(1, 3).Draw(t, "repeat"), File: "f", Line: i + 1, Row: i + 1})
	}
	return out
}

func total(list []Tokens) (tokens, labels int) {
	for _, t := range list {
		tokens += len(t.IDs)
		labels += t.labels()
	}
	return tokens, labels
}

func TestLaw01TheLastLabelOfEveryExampleIsAStop(t *testing.T) {
	for _, name := range chat.Names() {
		tmpl := template(t, name)
		rapid.Check(t, func(t *rapid.T) {
			enc := chattest.Full()
			list, _, err := Encode(context.Background(), anyExamples(t), tmpl, enc, 0, DropLong)
			if err != nil {
				t.Fatal(err)
			}
			stop, _ := tmpl.Stop(enc)
			for _, x := range list {
				last := len(x.Train) - 1
				for !x.Train[last] {
					last--
				}
				if !slices.Contains(stop, x.IDs[last]) {
					t.Fatalf("%s: last label is %d", x.Ref, x.IDs[last])
				}
			}
		})
	}
	// A vocabulary without an end: refused before anything is encoded.
	_, _, err := Encode(context.Background(), nil, template(t, "alpaca"), chattest.Bytes{}, 0, DropLong)
	if err == nil || !strings.Contains(err.Error(), "an answer could never end") {
		t.Error(err)
	}
}

// mute is a tokenizer that loses all text, which leaves an example without labels.
type mute struct{ chattest.Bytes }

func (mute) EncodeText(string, bool) []int32 { return nil }

func TestLaw02AnExampleWithoutLabelsIsNamed(t *testing.T) {
	list := []Example{{Messages: conv("A", "B"), Weight: 1, Repeat: 1, File: "rows.jsonl", Line: 17, Row: 16}}
	_, _, err := Encode(context.Background(), list, template(t, "plain"), mute{chattest.Bytes{HasEOS: true}}, 0, DropLong)
	if err == nil || err.Error() != "rows.jsonl:17: no token of the conversation would be learned" {
		t.Error(err)
	}
}

// An answer that holds the end token, or any other, is learned whole: the same places are labels whatever the ids.
func TestLaw02LabelsDoNotDependOnTheIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		enc, examples := chattest.Full(), anyExamples(t)
		want, _, err := Encode(context.Background(), examples, mustTemplate("plain"), enc, 0, DropLong)
		if err != nil {
			t.Fatal(err)
		}
		enc.End = rapid.SampledFrom([]int32{'a', 'e', ' '}).Draw(t, "end") // an EOS that is also a letter
		got, _, err := Encode(context.Background(), examples, mustTemplate("plain"), enc, 0, DropLong)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if !slices.Equal(got[i].Train, want[i].Train) {
				t.Fatalf("%s: labels %v with EOS %q, %v without", got[i].Ref, got[i].Train, enc.End, want[i].Train)
			}
		}
	})
}

func TestLaw02LabelsStayWhereTheyWereWhenWindowsAreCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		enc := chattest.Full()
		enc.End = 'e' // an EOS that is also a letter
		one := anyExamples(t)[:1]
		whole, _, err := Encode(context.Background(), one, mustTemplate("plain"), enc, 0, SplitLong)
		if err != nil {
			t.Fatal(err)
		}
		size := rapid.IntRange(2, 50).Draw(t, "size")
		parts, _, err := Encode(context.Background(), one, mustTemplate("plain"), enc, size, SplitLong)
		if err != nil {
			t.Fatal(err)
		}
		labels := func(list []Tokens) (ids []int32) {
			for _, x := range list {
				for i, train := range x.Train {
					if train {
						ids = append(ids, x.IDs[i])
					}
				}
			}
			return ids
		}
		if got, want := labels(parts), labels(whole); !slices.Equal(got, want) {
			t.Fatalf("windows of %d learn %q, the whole %q", size, chattest.Text(got), chattest.Text(want))
		}
	})
}

func mustTemplate(name string) *chat.Template {
	t, err := chat.Named(name)
	if err != nil {
		panic(err)
	}
	return t
}

func TestLaw10NothingIsTruncatedSilently(t *testing.T) {
	tmpl := template(t, "chatml")
	rapid.Check(t, func(t *rapid.T) {
		examples := anyExamples(t)
		all, rep, err := Encode(context.Background(), examples, tmpl, chattest.Full(), 0, DropLong)
		if err != nil || len(rep.Dropped)+len(rep.Split) > 0 {
			t.Fatal(err, rep)
		}
		size := rapid.IntRange(2, 300).Draw(t, "size")

		kept, rep, err := Encode(context.Background(), examples, tmpl, chattest.Full(), size, DropLong)
		if len(kept) == 0 && err == nil {
			t.Fatal("nothing is left, and no error")
		}
		if len(kept)+len(rep.Dropped) != len(all) || len(rep.Split) > 0 {
			t.Fatalf("%d kept, %d dropped of %d", len(kept), len(rep.Dropped), len(all))
		}
		for _, d := range rep.Dropped {
			if x := all[d.Ref.Row-1]; len(x.IDs) <= size || d.Tokens != len(x.IDs) {
				t.Fatalf("dropped %v, which has %d tokens", d, len(x.IDs))
			}
		}
		for _, x := range kept {
			if !slices.Equal(x.IDs, all[x.Ref.Row-1].IDs) {
				t.Fatalf("%s was changed", x.Ref)
			}
		}

		parts, rep, err := Encode(context.Background(), examples, tmpl, chattest.Full(), size, SplitLong)
		if err != nil {
			t.Fatal(err)
		}
		_, want := total(all)
		tokens, labels := total(parts)
		if labels != want || rep.Trained != want || rep.Tokens != tokens || len(rep.Dropped) > 0 {
			t.Fatalf("%d labels of %d after splitting; %+v", labels, want, rep)
		}
		long, windows := 0, 0
		for _, x := range all {
			if n := len(x.IDs); n > size {
				long++
				windows += (n - 1 + size - 2) / (size - 1)
			} else {
				windows++
			}
		}
		if long != len(rep.Split) || len(parts)+rep.EmptyWindows != windows {
			t.Fatalf("%d long examples and %d windows, reported %d and %d+%d", long, windows, len(rep.Split), len(parts), rep.EmptyWindows)
		}
		if told := rep.String(); strings.Contains(told, " split, longer than ") != (long > 0) || strings.Contains(told, "left out: nothing in them") != (rep.EmptyWindows > 0) {
			t.Fatalf("%+v is told as %s", rep, told)
		}
		for _, x := range parts {
			if len(x.IDs) > size || len(x.IDs) != len(x.Train) || x.Train[0] || x.labels() == 0 {
				t.Fatalf("window of %d tokens, %d labels", len(x.IDs), x.labels())
			}
		}
	})
}

func TestReportSaysWhatHappened(t *testing.T) {
	var examples []Example
	for i := range 100 {
		examples = append(examples, Example{Messages: conv("A", strings.Repeat("b", i+1)), Weight: 1, Repeat: 1, File: "f", Line: i + 1})
	}
	examples = append(examples, Example{Messages: conv("A", "B"), Weight: 0, Repeat: 1}, Example{Messages: conv("A", "B"), Weight: 1, Repeat: 0})
	// Each has a letter of prompt, i+1 of answer and EOS: 3 to 102 tokens.
	list, rep, err := Encode(context.Background(), examples, template(t, "plain"), chattest.Bytes{HasEOS: true}, 100, DropLong)
	if err != nil {
		t.Fatal(err)
	}
	want := `98 sequences, 5,047 tokens, of which 4,949 are learned (98.1%)
tokens of an example: half have at most 52, 90% 92, 99% 101; the longest has 102
2 examples left out: weight or repeat is 0
2 examples dropped, longer than 100 tokens: f:99 (101), f:100 (102)`
	if got := rep.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for i, x := range list {
		if x.Ref.Line != i+1 {
			t.Fatal("order is not kept")
		}
	}
	_, _, err = Encode(context.Background(), examples, template(t, "plain"), chattest.Bytes{HasEOS: true}, 2, DropLong)
	if err == nil || !strings.HasPrefix(err.Error(), "every example is longer than 2 tokens (the shortest has 3)") {
		t.Error(err)
	}
	_, _, err = Encode(context.Background(), examples[100:], template(t, "plain"), chattest.Bytes{HasEOS: true}, 2, DropLong)
	if err == nil || !strings.HasPrefix(err.Error(), "all 2 examples have a weight or repeat of 0") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Encode(ctx, examples, template(t, "plain"), chattest.Full(), 0, DropLong); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	examples[7].Messages = conv("A")
	examples[50].Weight = -1
	if _, _, err := Encode(context.Background(), examples, template(t, "plain"), chattest.Full(), 0, DropLong); err == nil || !strings.HasPrefix(err.Error(), "f:8: messages[0] (user): no assistant turn") {
		t.Error(err)
	}
}
