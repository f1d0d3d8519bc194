package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	reference "github.com/parquet-go/parquet-go"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/hub"
	"github.com/cria-llm/cria/hub/hubtest"
)

// turn and talkRow are how chats lie in Parquet files.
type turn struct {
	Role    string `parquet:"role"`
	Content string `parquet:"content"`
}

type talkRow struct {
	ID       int64   `parquet:"id"`
	Messages []turn  `parquet:"messages,list"`
	Weight   float64 `parquet:"weight"`
}

type pairRow struct {
	Instruction string  `parquet:"instruction"`
	Input       *string `parquet:"input,optional"`
	Output      string  `parquet:"output"`
}

// parquetFile writes rows as the reference does.
func parquetFile[R any](t testing.TB, rows []R, options ...reference.WriterOption) string {
	t.Helper()
	var b bytes.Buffer
	w := reference.NewGenericWriter[R](&b, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zst(t testing.TB, content string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(content), nil))
}

func TestTheSameRowsAreTheSameDataInEveryForm(t *testing.T) {
	t.Chdir(t.TempDir())
	in := "an input, \"quoted\"\nof two lines"
	jsonl := `{"instruction":"A","input":"an input, \"quoted\"\nof two lines","output":"B"}` + "\n" + `{"instruction":"C","output":"D"}` + "\n"
	csv := "instruction,input,output\r\nA,\"an input, \"\"quoted\"\"\nof two lines\",B\r\nC,,D\r\n"
	rows := []pairRow{{"A", &in, "B"}, {"C", nil, "D"}}
	want := load(t, Options{}, write(t, "rows.jsonl", jsonl)).Hash()
	for name, content := range map[string]string{
		"rows.jsonl.gz": gz(t, jsonl), "rows.jsonl.zst": zst(t, jsonl), "rows.csv.zst": zst(t, csv), "rows.csv": csv, "rows.csv.gz": gz(t, csv), "bom.csv": "\xef\xbb\xbf" + csv,
		"rows.parquet": parquetFile(t, rows), "snappy": parquetFile(t, rows, reference.Compression(&reference.Snappy)),
		"zstd.parquet": parquetFile(t, rows, reference.Compression(&reference.Zstd)),
		"gzip.parquet": parquetFile(t, rows, reference.Compression(&reference.Gzip)),
	} {
		s := load(t, Options{}, write(t, name, content))
		if s.Hash() != want || s.Files[0].Format != "alpaca" || s.Files[0].Rows != 2 {
			t.Errorf("%s is read as %+v", name, s)
		}
		if sum := hubtest.SHA256(content); s.Files[0].SHA256 != sum {
			t.Errorf("%s has hash %s, want the file's, %s", name, s.Files[0].SHA256, sum)
		}
	}
}

func TestChatsInParquetAreRead(t *testing.T) {
	t.Chdir(t.TempDir())
	rows := []talkRow{{1, []turn{{"user", "A"}, {"assistant", "B"}}, 0.5}, {2, []turn{{"user", "C"}, {"assistant", "D"}}, 2}}
	s := load(t, Options{}, write(t, "rows.parquet", parquetFile(t, rows)))
	want := []chat.Message{{Role: chat.User, Content: "C"}, {Role: chat.Assistant, Content: "D"}}
	if diff := cmp.Diff(want, s.Examples[1].Messages); diff != "" || s.Examples[1].Weight != 2 || s.Examples[0].Weight != 0.5 {
		t.Errorf("%s%+v", diff, s.Examples)
	}
	if got := s.Examples[1].Ref().String(); got != "rows.parquet row 2" {
		t.Errorf("the second row is %s", got)
	}
}

func TestBadRowsOfEveryFormNameThemselves(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ name, content, want string }{
		{"a.csv", "instruction,output\nA,B\n\"C\nD\",\n", `a.csv:3: field "output": empty`},
		{"b.csv", "instruction,output\nA,B,C\n", "b.csv:2: has 3 fields, where the first line names 2"},
		{"c.csv", "instruction,output,weight\nA,B,heavy\n", `c.csv:2: field "weight": "heavy": must be a finite number`},
		{"d.csv", "instruction,output\nA,\xff\n", "d.csv:2: not valid UTF-8"},
		{"e.csv", "instruction,output\nA,\"B\n", "e.csv: line 2: not CSV: "},
		{"f.csv", "instruction;output\nA;B\n", `f.csv: line 1: fields seem to be parted by ";"`},
		{"g.csv", "instruction,instruction\nA,B\n", `g.csv: line 1: two fields have the name "instruction"`},
		{"h.csv", "", "h.csv: the file is empty"},
		{"i.csv", "instruction,output\n", "i.csv: has no rows"},
		{"a.parquet", parquetFile(t, []talkRow{{1, []turn{{"user", "A"}, {"assistant", "B"}}, 1}, {2, []turn{{"user", "C"}, {"robot", "D"}}, 1}}),
			`a.parquet row 2: field "messages[1].role": unknown role "robot"`},
		{"b.parquet", parquetFile(t, []pairRow{{"A", nil, "B"}})[:100], "b.parquet: is not a whole Parquet file"},
	} {
		_, err := Load(context.Background(), []string{write(t, c.name, c.content)}, Options{})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	s := load(t, Options{SkipBad: true}, write(t, "j.csv", "instruction,output\nA\nC,D\n"))
	if len(s.Examples) != 1 || len(s.Skipped) != 1 || s.Skipped[0].Ref.Line != 2 {
		t.Errorf("skipped %+v", s.Skipped)
	}
}

func TestAFolderOfShardsIsReadInOrder(t *testing.T) {
	t.Chdir(t.TempDir())
	row := func(s string) string { return `{"instruction":"` + s + `","output":"x"}` + "\n" }
	for name, content := range map[string]string{
		"d/data/train-00001-of-00002.jsonl": row("2"), "d/data/train-00000-of-00002.jsonl": row("1"), "d/data/test-00000-of-00001.jsonl": row("3"),
		"d/README.md": "# rows", "d/.hidden/train.jsonl": row("4"), "both/a.jsonl": row("1"), "both/b.csv": "x",
		"part/train-00000-of-00002.jsonl": row("1"), "card/README.md": "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: in/*.jsonl\n---\n",
		"card/in/b.jsonl": row("b"), "card/in/a.jsonl": row("a"), "card/out/c.jsonl": row("c"), "card/d.csv": "x",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, name, content)
	}
	texts := func(s *Set) string {
		var list []string
		for _, e := range s.Examples {
			list = append(list, e.Messages[0].Content)
		}
		return strings.Join(list, " ")
	}
	if got := texts(load(t, Options{}, "d")); got != "1 2" {
		t.Errorf("a folder of shards has %s", got)
	}
	if got := texts(load(t, Options{}, "card")); got != "a b" {
		t.Errorf("a folder with a card has %s", got)
	}
	for dir, want := range map[string]string{"both": "several forms (.jsonl, .csv)", "part": "some of several files that belong together"} {
		if _, err := Load(context.Background(), []string{dir}, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", dir, err)
		}
	}
	// Of a mixture, all its files are one part.
	s := load(t, Options{}, "d", "card/out/c.jsonl")
	var tokens []Tokens
	for _, e := range s.Examples {
		tokens = append(tokens, Tokens{IDs: []int32{1, 2}, Train: []bool{false, true}, Weight: 1, Repeat: 1, Ref: e.Ref()})
	}
	got, err := Mix(tokens, []Part{{File: "d", Share: 0.25}, {File: "card/out/c.jsonl"}})
	if err != nil || got[0].Rows != 2 || got[1].Rows != 1 || got[0].Weight != 0.25 {
		t.Errorf("the mixture is %+v, %v", got, err)
	}
	if _, err := Mix(tokens, []Part{{File: "d"}, {File: "d/data/train-00000-of-00002.jsonl"}, {File: "card/out/c.jsonl"}}); err == nil || !strings.Contains(err.Error(), "give it once") {
		t.Errorf("a file in two parts: %v", err)
	}
}

func TestAPulledDatasetIsRead(t *testing.T) {
	h := hubtest.New(t)
	t.Setenv("HF_ENDPOINT", h.URL)
	t.Setenv("HF_HUB_CACHE", t.TempDir())
	h.Add("datasets/org/rows", hubtest.Files{
		"README.md":                              "---\nlicense: mit\n---\n",
		"data/train-00000-of-00002.parquet":      parquetFile(t, []pairRow{{"1", nil, "x"}}),
		"data/train-00001-of-00002.parquet":      parquetFile(t, []pairRow{{"2", nil, "x"}}),
		"data/test-00000-of-00001.parquet":       parquetFile(t, []pairRow{{"3", nil, "x"}}),
		"data/validation-00000-of-00001.parquet": parquetFile(t, []pairRow{{"4", nil, "x"}}),
		"train.csv":                              "the same, in another form",
		"picture.png":                            "x",
	})
	_, err := Load(t.Context(), []string{"org/rows"}, Options{})
	if err == nil || !strings.Contains(err.Error(), "cria pull --dataset org/rows") {
		t.Fatalf("before it is pulled: %v", err)
	}
	c, err := hub.FromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Pull(t.Context(), hub.Ref{Kind: hub.Dataset, ID: "org/rows"}, hub.PullOptions{}, hub.Silent{})
	if err != nil || len(got.Files) != 5 {
		t.Fatalf("pulled %+v, %v", got, err)
	}
	for spec, want := range map[string]string{"org/rows": "1 2", "org/rows:test": "3", "org/rows@main:validation": "4"} {
		s := load(t, Options{}, spec)
		var list []string
		for _, e := range s.Examples {
			list = append(list, e.Messages[0].Content)
		}
		if strings.Join(list, " ") != want {
			t.Errorf("%s has %v, want %s", spec, list, want)
		}
	}
	if _, err := Load(t.Context(), []string{"org/rows:dev"}, Options{}); err == nil || !strings.Contains(err.Error(), `no split "dev": it has test, train, validation`) {
		t.Errorf("another split: %v", err)
	}
}

// endless is a gzip file that unpacks to so many bytes of white space.
func endless(t testing.TB, n int) string {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	blank := bytes.Repeat([]byte(" "), 1<<20)
	for range n >> 20 {
		if _, err := z.Write(blank); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBombsAreRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "bomb.jsonl.gz", endless(t, 80<<20))
	if _, err := Load(context.Background(), []string{"bomb.jsonl.gz"}, Options{}); err == nil || !strings.Contains(err.Error(), "unpacks to more than 300 times") {
		t.Errorf("a gzip bomb: %v", err)
	}
	write(t, "bomb.jsonl.zst", zst(t, strings.Repeat(" ", 80<<20)))
	if _, err := Load(context.Background(), []string{"bomb.jsonl.zst"}, Options{}); err == nil || !strings.Contains(err.Error(), "unpacks to more than 300 times") {
		t.Errorf("a Zstandard bomb: %v", err)
	}
	in, err := openTable(bufio.NewReader(strings.NewReader("instruction,output\nA,\""+strings.Repeat("x", 3<<20))), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.next(); err == nil || !strings.Contains(err.Error(), "longer than 1 MiB") {
		t.Errorf("a quote that is not closed: %v", err)
	}
}
