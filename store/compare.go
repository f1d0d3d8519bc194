package store

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Difference is two runs side by side.
type Difference struct {
	A string `json:"a"` // ids
	B string `json:"b"`
	// Recipe has the keys in which the recipes differ, as they stand there; Results what both came to, equal or not.
	Recipe  []Pair `json:"recipe"`
	Results []Pair `json:"results"`
}

// Pair is a value of each of two runs, "" where one has none.
type Pair struct {
	Key string `json:"key"`
	A   string `json:"a"`
	B   string `json:"b"`
}

// Compare sets two runs side by side.
func Compare(a, b Run) (Difference, error) {
	d := Difference{A: a.ID, B: b.ID, Recipe: []Pair{}}
	x, err := recipeKeys(a)
	if err != nil {
		return d, err
	}
	y, err := recipeKeys(b)
	if err != nil {
		return d, err
	}
	keys := maps.Clone(x)
	maps.Copy(keys, y)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if x[key] != y[key] {
			d.Recipe = append(d.Recipe, Pair{key, x[key], y[key]})
		}
	}
	p, q := results(a), results(b)
	for i := range p {
		if p[i].value+q[i].value != "" {
			d.Results = append(d.Results, Pair{p[i].key, p[i].value, q[i].value})
		}
	}
	return d, nil
}

// recipeKeys are a recipe's values by key, each as one line of YAML. Keys within keys are joined with dots.
func recipeKeys(r Run) (map[string]string, error) {
	var top map[string]yaml.Node
	if err := yaml.Unmarshal([]byte(r.Recipe), &top); err != nil {
		return nil, fmt.Errorf("recipe of run %s: %w", r.ID, err)
	}
	keys := map[string]string{}
	var add func(key string, n *yaml.Node) error
	add = func(key string, n *yaml.Node) error {
		if n.Kind == yaml.MappingNode {
			for i := 0; i < len(n.Content); i += 2 {
				if err := add(key+"."+n.Content[i].Value, n.Content[i+1]); err != nil {
					return err
				}
			}
			return nil
		}
		n.Style = yaml.FlowStyle
		text, err := yaml.Marshal(n)
		if err != nil {
			return fmt.Errorf("recipe of run %s: %s: %w", r.ID, key, err)
		}
		keys[key] = strings.TrimSpace(string(text))
		return nil
	}
	for key, n := range top {
		if err := add(key, &n); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

type result struct{ key, value string }

// results is what a run came to, as text; the keys and their order are the same for every run.
func results(r Run) []result {
	number := func(x float64, digits int) string {
		if x == 0 {
			return ""
		}
		return strconv.FormatFloat(x, 'f', digits, 64)
	}
	maybe := func(x *float64, digits int) string {
		if x == nil {
			return ""
		}
		return strconv.FormatFloat(*x, 'f', digits, 64)
	}
	count := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	probe := ""
	if r.ProbeAsked > 0 {
		probe = fmt.Sprintf("%d/%d", r.ProbeStopped, r.ProbeAsked)
	}
	return []result{
		{"status", string(r.Status)}, {"stopped", r.Stopped}, {"steps", count(r.Steps)}, {"tokens", count(r.Tokens)},
		{"seconds", number(r.Seconds, 1)}, {"tokens_per_s", number(r.TokensPerSec, 0)},
		{"wh", maybe(r.WattHours(), 3)}, {"energy", r.Energy}, {"cost", maybe(r.Cost, 6)},
		{"loss_before", maybe(r.LossBefore, 4)}, {"loss_after", maybe(r.LossAfter, 4)},
		{"loss_best", maybe(r.LossBest, 4)}, {"best_step", count(r.BestStep)},
		{"forget_before", maybe(r.ForgetBefore, 4)}, {"forget_after", maybe(r.ForgetAfter, 4)},
		{"probe_stopped", probe}, {"base_hash", r.BaseHash}, {"data_hash", r.DataHash}, {"adapter_hash", r.AdapterHash},
	}
}
