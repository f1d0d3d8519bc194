package hub

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// cardFile is what describes a repository, and of a dataset which files are which split.
const cardFile = "README.md"

// split is a named part of a dataset, of a named configuration.
type split struct {
	config, name string
	files        []string // in order
	first        bool     // the configuration is the one to take where none is named
}

// in are the files of a split in a folder.
func (s split) in(dir string) []string {
	out := make([]string, len(s.files))
	for i, f := range s.files {
		out[i] = filepath.Join(dir, filepath.FromSlash(f))
	}
	return out
}

// formsOf are the forms in which files are, by the first ending of each.
func formsOf(names []string) []string {
	var list []string
	for _, form := range forms() {
		if slices.ContainsFunc(names, func(n string) bool { return isData(n) && slices.Contains(form, extension(n)) }) {
			list = append(list, form[0])
		}
	}
	return list
}

// forms are what files of rows end in, the best to read first. A dataset that has its rows in several forms is read in one.
func forms() [][]string {
	return [][]string{
		{".parquet"}, {".jsonl", ".jsonl.gz", ".jsonl.zst", ".ndjson"}, {".json", ".json.gz", ".json.zst"}, {".csv", ".csv.gz", ".csv.zst"},
	}
}

// isData says whether a file may hold rows: not what describes them.
func isData(name string) bool {
	switch path.Base(name) {
	case "dataset_infos.json", "dataset_dict.json", "dataset_info.json", "state.json", "package.json", "config.json":
		return false
	}
	return !strings.HasPrefix(path.Base(name), ".") &&
		slices.ContainsFunc(forms(), func(f []string) bool { return slices.Contains(f, extension(name)) })
}

// chooseDataset says which files of a dataset are needed: those of a split that is named, else of all splits.
func chooseDataset(r Ref, names []string, card []byte) (choice, error) {
	all := splits(names, card)
	if len(all) == 0 {
		return choice{}, noRows(r, names)
	}
	list, err := pick(r, all, true)
	if err != nil {
		return choice{}, err
	}
	var c choice
	for _, s := range list {
		c.files = append(c.files, s.files...)
	}
	for _, n := range names {
		if base := strings.ToUpper(n); n == cardFile || strings.HasPrefix(base, "LICENSE") || strings.HasPrefix(base, "LICENCE") {
			c.files = append(c.files, n)
		}
	}
	return c, nil
}

func noRows(r Ref, names []string) error {
	for _, n := range names {
		if path.Ext(n) == ".py" {
			return fmt.Errorf("%s makes its rows with a program (%s), which is not run: where its page has converted files, --revision refs/convert/parquet", r.ID, n)
		}
	}
	return fmt.Errorf("%s has no rows in Parquet, JSON, JSONL or CSV files; it has %s (--include GLOB fetches any file)", r.ID, some(names, 8))
}

// splits finds which files are which split: as the card says, else by their names.
func splits(names []string, card []byte) []split {
	names = slices.Sorted(slices.Values(names))
	if list := splitsOfCard(names, card); len(list) > 0 {
		return list
	}
	var data []string
	for _, form := range forms() {
		for _, n := range names {
			if isData(n) && slices.Contains(form, extension(n)) {
				data = append(data, n)
			}
		}
		if len(data) > 0 {
			break
		}
	}
	return byName("", data)
}

// converted is how the hub itself names what it made of a dataset: CONFIG/SPLIT/0000.parquet.
var converted = regexp.MustCompile(`^([^/]+)/(?:partial-)?([^/]+)/\d{4}\.parquet$`)

// byName tells splits apart by the words in the files' names. Files without such words are to be trained on.
func byName(config string, data []string) []split {
	var list []split
	add := func(config, name, file string) {
		i := slices.IndexFunc(list, func(s split) bool { return s.config == config && s.name == name })
		if i < 0 {
			i = len(list)
			list = append(list, split{config: config, name: name})
		}
		list[i].files = append(list[i].files, file)
	}
	made := len(data) > 0
	for _, f := range data {
		made = made && converted.MatchString(f)
	}
	for _, f := range data {
		if m := converted.FindStringSubmatch(f); made && config == "" {
			add(m[1], m[2], f)
		} else {
			add(config, splitOf(f), f)
		}
	}
	return list
}

// splitWords are the words for each split, as Hugging Face's own library has them.
func splitWords() map[string]string {
	return map[string]string{
		"train": "train", "training": "train",
		"validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
		"test": "test", "testing": "test", "eval": "test", "evaluation": "test",
	}
}

var notWord = regexp.MustCompile(`[^A-Za-z0-9]+`)

// splitOf finds the word for a split in a file's name or else in its folders. A name of its own in the usual form, NAME-00000-of-00002, is one too.
func splitOf(file string) string {
	base := path.Base(file)
	base = strings.TrimSuffix(base, extension(base))
	words := splitWords()
	for _, text := range []string{base, path.Dir(file)} {
		for _, w := range notWord.Split(text, -1) {
			if s, ok := words[strings.ToLower(w)]; ok {
				return s
			}
		}
	}
	if m := shardForm.FindStringSubmatch(base); m != nil {
		return m[1]
	}
	return "train"
}

var shardForm = regexp.MustCompile(`^(.+)-(\d{5})-of-(\d{5})(?:-[0-9a-f]+)?$`)

// cardYAML is what a card's head says of files.
type cardYAML struct {
	Configs []struct {
		Name    string    `yaml:"config_name"`
		Default bool      `yaml:"default"`
		Files   yaml.Node `yaml:"data_files"`
		Dir     string    `yaml:"data_dir"`
	} `yaml:"configs"`
}

// splitsOfCard reads the configurations in the head of a card; none where it has none that can be read.
func splitsOfCard(names []string, card []byte) []split {
	head := frontMatter(card)
	var y cardYAML
	if head == nil || yaml.Unmarshal(head, &y) != nil {
		return nil
	}
	var list []split
	for _, c := range y.Configs {
		var ofConfig []split
		dir := strings.Trim(path.Clean("/"+c.Dir), "/")
		if c.Files.IsZero() {
			var data []string
			for _, n := range names {
				if isData(n) && (dir == "" || strings.HasPrefix(n, dir+"/")) {
					data = append(data, n)
				}
			}
			ofConfig = byName(c.Name, data)
		} else {
			ofConfig = patternsOf(&c.Files, dir, c.Name, names)
		}
		for i := range ofConfig {
			ofConfig[i].first = c.Default || c.Name == "default" || len(y.Configs) == 1
		}
		list = append(list, ofConfig...)
	}
	return list
}

// patternsOf reads data_files: a pattern, a list of patterns, or a list of {split, path}.
func patternsOf(node *yaml.Node, dir, config string, names []string) []split {
	var list []split
	add := func(name string, patterns []string) {
		s := split{config: config, name: name}
		for _, p := range patterns {
			if dir != "" {
				p = path.Join(dir, p)
			}
			for _, n := range names {
				if fits(strings.TrimPrefix(p, "./"), n) && !slices.Contains(s.files, n) {
					s.files = append(s.files, n)
				}
			}
		}
		if len(s.files) > 0 {
			list = append(list, s)
		}
	}
	if patterns := texted(node); patterns != nil {
		add("train", patterns)
		return list
	}
	var named []struct {
		Split string    `yaml:"split"`
		Path  yaml.Node `yaml:"path"`
	}
	if node.Decode(&named) == nil {
		for _, n := range named {
			add(n.Split, texted(&n.Path))
		}
	}
	return list
}

// texted is a text or a list of texts; nil where it is neither.
func texted(node *yaml.Node) []string {
	var one string
	if node.Kind == yaml.ScalarNode && node.Decode(&one) == nil {
		return []string{one}
	}
	var many []string
	if node.Decode(&many) == nil {
		return many
	}
	return nil
}

// fits compares as a shell does: * stays within a folder, and ** does not.
func fits(pattern, name string) bool {
	if strings.Contains(pattern, "**") {
		return wildcard(pattern, name) || wildcard(strings.ReplaceAll(pattern, "**/", ""), name)
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// frontMatter is the YAML between two lines of --- at a card's start.
func frontMatter(card []byte) []byte {
	card = bytes.ReplaceAll(bytes.TrimPrefix(card, []byte("\xef\xbb\xbf")), []byte("\r\n"), []byte("\n"))
	rest, ok := bytes.CutPrefix(card, []byte("---\n"))
	if !ok {
		return nil
	}
	head, _, ok := bytes.Cut(rest, []byte("\n---"))
	if !ok || len(head) > 1<<20 {
		return nil
	}
	return head
}

// pick finds what a reference's part names: SPLIT, CONFIG or CONFIG/SPLIT. With all, no split means every one of the
// configuration; without, the one to train on.
func pick(r Ref, list []split, all bool) ([]split, error) {
	config, name, both := strings.Cut(r.Part, "/")
	var configs []string
	first := ""
	for _, s := range list {
		if !slices.Contains(configs, s.config) {
			configs = append(configs, s.config)
		}
		if s.first && first == "" {
			first = s.config
		}
	}
	isConfig := slices.Contains(configs, config) && config != ""
	switch {
	case both && !isConfig:
		return nil, fmt.Errorf("%s has no configuration %q: it has %s", r.ID, config, strings.Join(configs, ", "))
	case !both && !isConfig:
		config, name = first, r.Part
		if first == "" && len(configs) == 1 {
			config = configs[0]
		} else if first == "" {
			example := Ref{Kind: Dataset, ID: r.ID, Revision: r.Revision, Part: configs[0]}
			return nil, fmt.Errorf("%s has several configurations, say which: %s; for one: %s", r.ID, some(configs, 30), example)
		}
	}
	var of []split
	var names []string
	for _, s := range list {
		if s.config == config {
			of = append(of, s)
			names = append(names, s.name)
		}
	}
	if name == "" && all || name == "" && len(of) == 1 {
		return of, nil
	}
	want := name
	if want == "" {
		want = "train"
	}
	for _, s := range of {
		if s.name == want {
			return []split{s}, nil
		}
	}
	return nil, fmt.Errorf("%s has no split %q: it has %s", r.ID, want, strings.Join(names, ", "))
}
