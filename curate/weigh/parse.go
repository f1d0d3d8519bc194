package weigh

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/cria-llm/cria/internal/wholefile"
)

// maxRules is the most bytes of a file of rules.
const maxRules = 1 << 20

// ReadRules reads a file of rules. Errors name the line.
func ReadRules(path string) (*Rules, error) {
	text, err := wholefile.Read(path, maxRules)
	if err != nil {
		return nil, err
	}
	r, err := ParseRules(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// ParseRules reads rules from YAML.
func ParseRules(text []byte) (*Rules, error) {
	if len(text) > maxRules {
		return nil, fmt.Errorf("rules have more than %d bytes", maxRules)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc yaml.Node
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, errors.New("no rules in it")
	} else if err != nil {
		return nil, errors.New(strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", "; "))
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("a second YAML document follows: rules are one")
	}
	r := &Rules{}
	return r, r.read(doc.Content[0])
}

func (r *Rules) read(n *yaml.Node) error {
	err := keys(n, "rules", map[string]func(*yaml.Node) error{
		"about":  textTo(&r.About),
		"scores": func(n *yaml.Node) error { return scoresTo(n, &r.Scores) },
		"vectors": func(n *yaml.Node) error {
			return keys(n, "vectors", map[string]func(*yaml.Node) error{
				"by": oneOf(&r.Vectors.By, "model", "words"),
				"of": oneOf(&r.Vectors.Of, "question", "answer", "whole"),
			})
		},
		"clusters":  wholeTo(&r.Clusters, 1, 1_000_000),
		"keywords":  func(n *yaml.Node) error { return keywordsTo(n, &r.Keywords) },
		"missing":   choice(&r.DropMissing, "keep", "drop"),
		"existing":  choice(&r.Multiply, "replace", "multiply"),
		"normalise": choice(&r.AsIs, "true", "false"),
		"drop": func(n *yaml.Node) error {
			return each(n, "drop", func(n *yaml.Node) error {
				c, err := parseCondition(n)
				r.Drop = append(r.Drop, c)
				return err
			})
		},
		"select": func(n *yaml.Node) error {
			return each(n, "select", func(n *yaml.Node) error {
				s, err := parseStep(n)
				r.Select = append(r.Select, s)
				return err
			})
		},
		"weight": func(n *yaml.Node) (err error) { r.Weight, err = parseMix(n); return err },
		"repeat": func(n *yaml.Node) (err error) { r.Repeat, err = parseLadder(n); return err },
	})
	if err != nil {
		return err
	}
	if r.Vectors.Of == "" {
		r.Vectors.Of = "question"
	}
	byCategory := slices.ContainsFunc(r.Select, func(s Step) bool { return s.Per == "category" })
	if (byCategory || slices.Contains(r.Needs(), keywords.Name)) && len(r.Keywords) == 0 {
		return errors.New("a rule goes by keywords, and there are none: add keywords: {NAME: {words: [...], worth: 2}}")
	}
	return nil
}

// at is an error of a place in the file.
func at(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{n.Line}, args...)...)
}

// keys reads a mapping whose keys are all known, each at most once.
func keys(n *yaml.Node, what string, known map[string]func(*yaml.Node) error) error {
	return pairs(n, what, func(key, value *yaml.Node) error {
		read, ok := known[key.Value]
		if !ok {
			return at(key, "%s has no key %q: it may have %s", what, key.Value, strings.Join(sortedKeys(known), ", "))
		}
		return read(value)
	})
}

func pairs(n *yaml.Node, what string, visit func(key, value *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return at(n, "%s: want key: value pairs", what)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return at(key, "%s: a key is a word", what)
		}
		if seen[key.Value] {
			return at(key, "%s: %q is there twice", what, key.Value)
		}
		seen[key.Value] = true
		if err := visit(key, value); err != nil {
			return err
		}
	}
	return nil
}

func each(n *yaml.Node, what string, visit func(*yaml.Node) error) error {
	if n.Kind != yaml.SequenceNode {
		return at(n, "%s: want a list", what)
	}
	for _, item := range n.Content {
		if err := visit(item); err != nil {
			return err
		}
	}
	return nil
}

func scalar(n *yaml.Node) (string, error) {
	if n.Kind != yaml.ScalarNode {
		return "", at(n, "want a single value")
	}
	return n.Value, nil
}

func textTo(to *string) func(*yaml.Node) error {
	return func(n *yaml.Node) (err error) { *to, err = scalar(n); return err }
}

func oneOf(to *string, values ...string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		text, err := scalar(n)
		if err == nil && !slices.Contains(values, text) {
			err = at(n, "%q: want one of %s", text, strings.Join(values, ", "))
		}
		*to = text
		return err
	}
}

// choice is true for the second of two words.
func choice(to *bool, no, yes string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		var word string
		err := oneOf(&word, no, yes)(n)
		*to = word == yes
		return err
	}
}

func numberOf(n *yaml.Node) (float64, error) {
	text, err := scalar(n)
	if err != nil {
		return 0, err
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, at(n, "%q: want a number", text)
	}
	return x, nil
}

func numberTo(to *float64, least float64) func(*yaml.Node) error {
	return func(n *yaml.Node) (err error) {
		if *to, err = numberOf(n); err == nil && *to < least {
			err = at(n, "%s: want %s or more", number(*to), number(least))
		}
		return err
	}
}

func wholeTo(to *int, least, most int) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		text, err := scalar(n)
		if err != nil {
			return err
		}
		x, err := strconv.Atoi(text)
		if err != nil || x < least || x > most {
			return at(n, "%q: want a whole number from %d to %d", text, least, most)
		}
		*to = x
		return nil
	}
}

// rangeTo reads two numbers; rising says that the first must be the lesser.
func rangeTo(to *[]float64, rising bool) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		err := each(n, "two numbers", func(n *yaml.Node) error {
			x, err := numberOf(n)
			*to = append(*to, x)
			return err
		})
		if err == nil && (len(*to) != 2 || rising && (*to)[0] > (*to)[1]) {
			err = at(n, "want two numbers, [least, most]")
		}
		return err
	}
}

func scoreTo(to *string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		text, err := scalar(n)
		if err != nil {
			return err
		}
		if _, err := Find(text); err != nil {
			return at(n, "%v", err)
		}
		*to = text
		return nil
	}
}

func scoresTo(n *yaml.Node, to *[]string) error {
	return each(n, "scores", func(n *yaml.Node) error {
		var name string
		err := scoreTo(&name)(n)
		*to = append(*to, name)
		return err
	})
}

func keywordsTo(n *yaml.Node, to *[]Category) error {
	return pairs(n, "keywords", func(key, value *yaml.Node) error {
		c := Category{Name: key.Value, Worth: 1}
		err := keys(value, "category "+key.Value, map[string]func(*yaml.Node) error{
			"words": func(n *yaml.Node) error {
				return each(n, "words", func(n *yaml.Node) error {
					word, err := scalar(n)
					c.Words = append(c.Words, word)
					return err
				})
			},
			"worth": numberTo(&c.Worth, 0),
		})
		if err == nil && len(c.Words) == 0 {
			err = at(key, "category %s has no words", key.Value)
		}
		*to = append(*to, c)
		return err
	})
}
