package dataset

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// document is what Documents visits.
type document struct {
	Text string
	Ref  Ref
}

func documentsOf(t *testing.T, src TextSource) []document {
	t.Helper()
	var out []document
	err := Documents(context.Background(), src, func(text string, ref Ref) error {
		out = append(out, document{text, ref})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type textRow struct {
	Text string `parquet:"text"`
}

func TestAFolderOfTextIsReadInOrder(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("d", 0o777); err != nil {
		t.Fatal(err)
	}
	b, a := filepath.Join("d", "b.jsonl"), filepath.Join("d", "a.jsonl")
	write(t, b, `{"text":"Two."}`)
	write(t, a, `{"text":"One."}`)
	want := []document{{"One.", Ref{a, 1, 1}}, {"Two.", Ref{b, 1, 1}}}
	if diff := cmp.Diff(want, documentsOf(t, TextSource{Path: "d"})); diff != "" {
		t.Error(diff)
	}
}

func TestDocumentsGivesEveryTextAsItIs(t *testing.T) {
	t.Chdir(t.TempDir())
	rows := "{\"title\":\"a\",\"text\":\"One.\\nTwo.\"}\n\n{\"text\":\"\"}\n{\"text\":\"Grün 🦙\"}\n"
	for _, c := range []struct {
		name, content, separator string
		want                     []document
	}{
		{"whole.txt", "\xef\xbb\xbfOne.\r\n\nTwo.", "", []document{{"One.\r\n\nTwo.", Ref{"whole.txt", 1, 1}}}},
		{"cut.txt", "---\nOne.\nTwo.\n---\r\n---\nThree --- four", "---", []document{
			{"One.\nTwo.\n", Ref{"cut.txt", 2, 2}}, {"Three --- four", Ref{"cut.txt", 6, 4}}}},
		{"long.txt", strings.Repeat("x", 200<<10) + "\n#\n" + strings.Repeat("é", 100<<10), "#", []document{
			{strings.Repeat("x", 200<<10) + "\n", Ref{"long.txt", 1, 1}}, {strings.Repeat("é", 100<<10), Ref{"long.txt", 3, 2}}}},
		{"packed.txt.gz", gz(t, "One."), "", []document{{"One.", Ref{"packed.txt.gz", 1, 1}}}},
		{"rows.jsonl", rows, "", []document{{"One.\nTwo.", Ref{"rows.jsonl", 1, 1}}, {"Grün 🦙", Ref{"rows.jsonl", 4, 3}}}},
		{"rows.jsonl.gz", gz(t, rows), "", []document{{"One.\nTwo.", Ref{"rows.jsonl.gz", 1, 1}}, {"Grün 🦙", Ref{"rows.jsonl.gz", 4, 3}}}},
		{"rows.csv", "text,title\r\n\"One,\r\nTwo.\",a\r\n,b\r\nThree.,c", "", []document{{"One,\nTwo.", Ref{"rows.csv", 2, 1}}, {"Three.", Ref{"rows.csv", 5, 3}}}},
		{"rows.parquet", parquetFile(t, []textRow{{"One."}, {"Two."}}), "", []document{{"One.", Ref{"rows.parquet", 0, 1}}, {"Two.", Ref{"rows.parquet", 0, 2}}}},
		{"rows.json", `[{"text":"a"},{"text":"b"}]`, "", []document{{"a", Ref{"rows.json", 1, 1}}, {"b", Ref{"rows.json", 1, 2}}}},
	} {
		write(t, c.name, c.content)
		got := documentsOf(t, TextSource{Path: c.name, Separator: c.separator})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestDocumentsNamesWhatIsWrong(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ name, content, want string }{
		{"a.txt", "One.\nTw\xffo.\n", "a.txt:2: not valid UTF-8"},
		{"b.txt", "", "b.txt: holds no text"},
		{"a.jsonl", "{\"text\":\"a\"}\n{\"body\":\"b\"}\n", `a.jsonl:2: field "text": missing`},
		{"b.jsonl", "{\"text\":\"a\"}\n\n{\"text\":5}\n", `b.jsonl:3: field "text": a number, must be a string`},
		{"c.jsonl", "{\"text\":\"a\"}\n{\"text\":\"\xff\"}\n", "c.jsonl:2: not valid UTF-8"},
		{"d.jsonl", "{\"text\":\"\\ud800\"}\n", `field "text": the escape \ud800 is half a character`},
		{"e.jsonl", "{\"text\":\"\"}\n", "e.jsonl: holds no text"},
		{"f.jsonl.gz", gz(t, "{\"text\":\"a\"}\n")[:20], "f.jsonl.gz: unexpected EOF"},
		{"a.md", "One.", "a.md: not a file of text by its name: must end in .txt, .jsonl, .json, .csv or .parquet, with or without .gz or .zst"},
	} {
		write(t, c.name, c.content)
		err := Documents(context.Background(), TextSource{Path: c.name}, func(string, Ref) error { return nil })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if err := os.Mkdir("d.txt", 0o777); err != nil {
		t.Fatal(err)
	}
	for _, src := range []TextSource{{Path: "d.txt"}, {Path: "absent.txt"}, {Path: "a.jsonl", Repeat: -1}, {Path: "a.txt", Separator: "a\nb"}} {
		if err := Documents(context.Background(), src, func(string, Ref) error { return nil }); err == nil || !strings.Contains(err.Error(), filepath.Base(src.Path)) {
			t.Errorf("%+v: %v", src, err)
		}
	}
}

func TestDocumentsEndsWhenItsVisitorDoes(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "rows.jsonl", strings.Repeat("{\"text\":\"a\"}\n", 10))
	enough := errors.New("enough")
	n := 0
	err := Documents(context.Background(), TextSource{Path: "rows.jsonl"}, func(string, Ref) error {
		if n++; n == 3 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 3 {
		t.Errorf("after %d documents: %v", n, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err = Documents(ctx, TextSource{Path: "rows.jsonl"}, func(string, Ref) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: %v", err)
	}
}
