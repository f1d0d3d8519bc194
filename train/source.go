package train

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/cria-llm/cria/dataset"
)

// Source is a file of rows and how much of an epoch it has. In a recipe it is the path alone where its rows say that
// themselves, else a mapping: {path: rows.jsonl, repeat: 2.5} or {path: rows.jsonl, share: 0.3}.
type Source struct {
	Path   string
	Repeat float64 // how often an epoch has each of its rows, besides their own repeat; 0 for 1
	Share  float64 // of an epoch's loss weight that the file is to carry, instead of a repeat; 0 for none
}

// Files are sources as they are.
func Files(paths ...string) []Source {
	list := make([]Source, len(paths))
	for i, p := range paths {
		list[i].Path = p
	}
	return list
}

// paths are the files of sources.
func paths(list []Source) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.Path
	}
	return out
}

// sourceMapping is a source as a mapping.
type sourceMapping struct {
	Path   string  `yaml:"path"`
	Repeat float64 `yaml:"repeat,omitempty"`
	Share  float64 `yaml:"share,omitempty"`
}

// MarshalYAML implements [yaml.Marshaler].
func (s Source) MarshalYAML() (any, error) {
	if s.Repeat == 0 && s.Share == 0 {
		return s.Path, nil
	}
	return sourceMapping(s), nil
}

// UnmarshalYAML implements [yaml.Unmarshaler]. It is as strict as the rest of a recipe.
func (s *Source) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return node.Decode(&s.Path)
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: an entry of data is a path, or a mapping of path with repeat or share", node.Line)
	}
	for i := 0; i < len(node.Content); i += 2 {
		switch key := node.Content[i]; key.Value {
		case "path":
		case "repeat", "share":
			// 0 is how a source says that it has none.
			var x float64
			if err := node.Content[i+1].Decode(&x); err != nil {
				return fmt.Errorf("line %d: %s is %q: a number", key.Line, key.Value, node.Content[i+1].Value)
			}
			if x == 0 {
				return fmt.Errorf("line %d: %s is 0: a number above 0 (leave the file out instead)", key.Line, key.Value)
			}
		default:
			return fmt.Errorf("line %d: unknown key %q in an entry of data: path, repeat and share", key.Line, key.Value)
		}
	}
	var m sourceMapping
	if err := node.Decode(&m); err != nil {
		return err
	}
	*s = Source(m)
	return nil
}

// checkSources says which of them cannot be used. What they come to is checked when the rows are known.
func checkSources(list []Source) error {
	for _, s := range list {
		switch {
		case s.Path == "":
			return errors.New("data has an entry without a path")
		case !(s.Repeat >= 0) || !(s.Share >= 0 && s.Share <= 1):
			return fmt.Errorf("data %s: repeat is a number above 0, share one above 0 and at most 1", s.Path)
		case s.Repeat > 0 && s.Share > 0:
			return fmt.Errorf("data %s: repeat and share are both set: one of them says how much of an epoch it has", s.Path)
		}
	}
	return nil
}

// mix makes the sequences as frequent as the recipe's sources say.
func (s *session) mix() ([]dataset.Source, error) {
	parts := make([]dataset.Part, len(s.r.Data))
	for i, d := range s.r.Data {
		parts[i] = dataset.Part{File: d.Path, Repeat: d.Repeat, Share: d.Share}
	}
	return dataset.Mix(s.train, parts)
}

// mixture is what an epoch follows from besides the rows, "" where every source is as it is: files are known by their
// place, not by their names.
func mixture(list []Source) string {
	var b strings.Builder
	mixed := false
	for _, s := range list {
		mixed = mixed || s.Repeat != 0 || s.Share != 0
		fmt.Fprintf(&b, "%v %v\n", s.Repeat, s.Share)
	}
	if !mixed {
		return ""
	}
	return b.String()
}
