package hub

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/hub/hubtest"
)

func TestSplitsFollowFromTheCardOrTheNames(t *testing.T) {
	card := func(yaml string) string { return "---\nlicense: mit\n" + yaml + "---\n# rows\n" }
	for name, c := range map[string]struct {
		names []string
		card  string
		part  string
		want  string // files, or the beginning of an error
	}{
		"one file":        {[]string{"alpaca.json", "README.md", "dataset_infos.json"}, "", "", "alpaca.json"},
		"shards":          {[]string{"data/train-00001-of-00002.parquet", "data/train-00000-of-00002.parquet", "data/test-00000-of-00001.parquet"}, "", "", "data/train-00000-of-00002.parquet data/train-00001-of-00002.parquet"},
		"a split":         {[]string{"data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet"}, "", "test", "data/test-00000-of-00001.parquet"},
		"other words":     {[]string{"train.jsonl", "dev.jsonl", "test.jsonl"}, "", "validation", "dev.jsonl"},
		"folders":         {[]string{"train/a.csv", "train/b.csv", "valid/a.csv"}, "", "train", "train/a.csv train/b.csv"},
		"own names":       {[]string{"data/train_sft-00000-of-00001-ab12.parquet", "data/test_sft-00000-of-00001-ab12.parquet"}, "", "test", "data/test_sft-00000-of-00001-ab12.parquet"},
		"no such split":   {[]string{"train.jsonl"}, "", "dev", `! has no split "dev"`},
		"the only split":  {[]string{"test.jsonl"}, "", "", "test.jsonl"},
		"two others":      {[]string{"test.jsonl", "dev.jsonl"}, "", "", `! has no split "train": it has validation, test`},
		"several forms":   {[]string{"train.json", "train.parquet", "train.csv"}, "", "", "train.parquet"},
		"converted":       {[]string{"main/train/0000.parquet", "main/test/0000.parquet", "socratic/train/0000.parquet"}, "", "main", "main/train/0000.parquet"},
		"which converted": {[]string{"main/train/0000.parquet", "socratic/train/0000.parquet"}, "", "", "! has several configurations, say which: main, socratic; for one: org/rows:main"},
		"a card": {[]string{"a/x-1.jsonl", "a/x-2.jsonl", "b/y.jsonl"},
			card("configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: a/x-*\n  - split: test\n    path: [b/*.jsonl]\n"), "", "a/x-1.jsonl a/x-2.jsonl"},
		"a card's other split": {[]string{"a.jsonl", "b.jsonl"}, card("configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: a.jsonl\n  - split: hard\n    path: b.jsonl\n"), "hard", "b.jsonl"},
		"a card's configurations": {[]string{"main/train-00000-of-00001.parquet", "socratic/train-00000-of-00001.parquet"},
			card("configs:\n- config_name: main\n  data_files:\n  - split: train\n    path: main/train-*\n- config_name: socratic\n  data_files:\n  - split: train\n    path: socratic/train-*\n"), "socratic/train", "socratic/train-00000-of-00001.parquet"},
		"a card's default": {[]string{"main/train.parquet", "socratic/train.parquet"},
			card("configs:\n- config_name: main\n  default: true\n  data_files: main/*\n- config_name: socratic\n  data_files: socratic/*\n"), "", "main/train.parquet"},
		"a card of folders":     {[]string{"x/train.jsonl", "x/test.jsonl", "y/train.jsonl"}, card("configs:\n- config_name: x\n  data_dir: x\n"), "test", "x/test.jsonl"},
		"a card that is wrong":  {[]string{"train.jsonl"}, "---\nconfigs: [[\n---\n", "", "train.jsonl"},
		"a card that leads out": {[]string{"train.jsonl"}, card("configs:\n- config_name: default\n  data_files: ../../etc/*\n"), "", "train.jsonl"},
	} {
		list, err := pick(Ref{Kind: Dataset, ID: "org/rows", Part: c.part}, splits(c.names, []byte(c.card)), false)
		if want, isError := strings.CutPrefix(c.want, "!"); isError {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, %v, want an error of %q", name, list, err, want)
			}
			continue
		}
		if err != nil || len(list) != 1 || strings.Join(list[0].files, " ") != c.want {
			t.Errorf("%s: %+v, %v, want %s", name, list, err, c.want)
		}
	}
}

func TestADatasetIsPulledWithoutWhatIsNotNeeded(t *testing.T) {
	h := hubtest.New(t)
	h.Add("datasets/org/rows", hubtest.Files{"README.md": "x", "train.jsonl": "1", "test.jsonl": "2", "rows.csv": "3", "x.png": "4", "load.py": "5"})
	h.Add("datasets/org/program", hubtest.Files{"README.md": "x", "load.py": "5"})
	c := client(t, h)
	ref := Ref{Kind: Dataset, ID: "org/rows"}
	got, err := c.Pull(t.Context(), ref, PullOptions{}, Silent{})
	if want := []string{"README.md", "test.jsonl", "train.jsonl"}; err != nil || !slices.Equal(paths(got), want) {
		t.Fatalf("pulled %+v, %v; want %v", got, err, want)
	}
	list, err := LocateData(ref)
	if want := []string{filepath.Join(got.Path, "train.jsonl")}; err != nil || !slices.Equal(list, want) {
		t.Errorf("located %v, %v; want %v", list, err, want)
	}

	entries, err := List()
	if err != nil || len(entries) != 1 || entries[0].ID != "org/rows" || entries[0].Kind != "dataset" || entries[0].Partial || !slices.Equal(entries[0].Revisions, []string{"main"}) {
		t.Errorf("listed %+v, %v", entries, err)
	}
	e, err := Find(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := LocateData(ref); !errors.As(err, new(*NotPulledError)) {
		t.Errorf("after it was removed: %v", err)
	}
	if _, err := c.Pull(t.Context(), Ref{Kind: Dataset, ID: "org/program"}, PullOptions{}, Silent{}); err == nil || !strings.Contains(err.Error(), "a program (load.py), which is not run") {
		t.Errorf("a program: %v", err)
	}
}

// Whatever a card and a list of files say, no file is chosen that is not in the list.
func FuzzCard(f *testing.F) {
	f.Add("---\nconfigs:\n- config_name: x\n  default: true\n  data_files:\n  - split: train\n    path: [a/*, '**/b?.csv']\n---\n", "a/train.csv\nb.csv", "x/train")
	f.Add("---\nconfigs:\n- data_dir: ../..\n- &a [*a]\n---", "x.parquet", "")
	f.Add("---\nconfigs: {data_files: [[]]}\n---\n", "main/train/0000.parquet\nother/test/0001.parquet", "main")
	f.Fuzz(func(t *testing.T, card, list, part string) {
		names := strings.Split(list, "\n")
		all := splits(names, []byte(card))
		if len(all) == 0 {
			return
		}
		got, err := pick(Ref{Kind: Dataset, ID: "org/rows", Part: part}, all, true)
		if err == nil && len(got) == 0 {
			t.Fatal("neither a split nor an error")
		}
		for _, s := range got {
			for _, n := range s.files {
				if !slices.Contains(names, n) {
					t.Fatalf("%q was chosen", n)
				}
			}
			whole(s.files)
		}
	})
}
