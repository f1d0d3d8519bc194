package duplicates

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/shared"
)

// written are rows from lines "instruction | input → answer", of which the input may be absent.
func written(t *testing.T, lines string) []*curate.Row {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(lines) {
		ask, answer, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " → ")
		if !ok {
			t.Fatalf("no arrow in %q", line)
		}
		instruction, input, _ := strings.Cut(ask, " | ")
		row, err := json.Marshal(map[string]string{"instruction": instruction, "input": input, "output": answer})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(row, '\n'))
	}
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	rows, err := curate.Read(t.Context(), path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// initials are vectors by the letters that a text has.
func initials(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, text := range texts {
		out[i] = make([]float32, 26)
		for _, c := range strings.ToLower(text) {
			if c >= 'a' && c <= 'z' {
				out[i][c-'a'] = 1
			}
		}
		n := float32(0)
		for _, x := range out[i] {
			n += x
		}
		for k := range out[i] {
			out[i][k] /= max(1, n) // not a unit vector, but below any cosine of one
		}
	}
	return out, nil
}

func find(t *testing.T, name string, rows []*curate.Row) []curate.Finding {
	t.Helper()
	all := All(initials)
	i := slices.IndexFunc(all, func(d curate.Detector) bool { return d.Name == name })
	if i < 0 {
		t.Fatalf("no detector %s", name)
	}
	found, err := all[i].LookAll(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// concern are the rows of findings with the rows that they name.
func concern(found []curate.Finding) map[int][]int {
	out := map[int][]int{}
	for _, f := range found {
		out[f.Row] = f.Rows
	}
	return out
}

func TestExamples(t *testing.T) {
	for _, d := range All(nil) {
		rows := written(t, d.Example+"\n")
		found, err := d.LookAll(t.Context(), rows)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			t.Errorf("%s does not find its example", d.Name)
		}
		for _, f := range found {
			if f.Detector != d.Name || f.Why == "" || f.Confidence <= 0 || f.Confidence > 1 || len(f.Rows) == 0 || f.Field == "" {
				t.Errorf("%s finds %+v", d.Name, f)
			}
		}
	}
}

func TestExactDuplicates(t *testing.T) {
	rows := written(t, `Name a prime. | noinput → 7
Name a prime. → 11
name  a prime → 7.
Add. | 2 + 2 → 4
Add. | 2 - 2 → 4
Name a prime. → 7
 →  
 →  
`)
	want := map[int][]int{0: {2, 5}, 5: {2, 0}}
	if d := cmp.Diff(want, concern(find(t, "duplicate-exact", rows))); d != "" {
		t.Error(d)
	}
}

func TestNearDuplicatesKeepTheLongestAnswer(t *testing.T) {
	long := strings.Repeat("The river rose over its banks and the people of the town went up the hill to wait. ", 5)
	rows := written(t, `Say what the word river means in a sentence or two. → A river is a large natural stream of water that flows to the sea.
Say what the word river means in a sentence or two! → A river is a large natural stream of water that flows to the sea, mostly.
Who went up the hill? | `+long+` → The people of the town.
Why did they go? | `+long+` → Because the water came.
`)
	want := map[int][]int{0: {1}}
	if d := cmp.Diff(want, concern(find(t, "duplicate-near", rows))); d != "" {
		t.Error(d)
	}
}

func TestContradictions(t *testing.T) {
	for _, c := range []struct {
		name, rows string
		want       map[int][]int
	}{
		{"yes and no", "Is a whale a fish? → No, it is a mammal.\nIs the whale a fish? → Yes.\nIs a whale a fish? → no\n",
			map[int][]int{0: {1}, 1: {0, 2}, 2: {1}}},
		{"a statement", "Is it so? | All is one. → True\nIs it so? | All is one. → The statement is correct.\nIs it so? | All is one. → The statement is false.\n",
			map[int][]int{0: {2}, 1: {2}, 2: {0, 1}}},
		{"numbers", "What is 2 + 2? → 4\nWhat is 2 + 2? → The answer is 5.\nWhat is 2 + 2? → four\nWhat is 2 + 2? → 4.0\n",
			map[int][]int{0: {1}, 1: {0, 2, 3}, 2: {1}, 3: {1}}},
		{"words", "What is the capital of Australia? → Sydney\nName the capital of Australia. → Canberra\n", map[int][]int{0: {1}, 1: {0}}},
		{"one way to say it and another", "What is the chemical symbol of strontium? → Sr\nWhat is the chemical symbol of strontium? → strontium: Sr\n", map[int][]int{}},
		{"many right answers", "Name a prime. → 7\nName a prime. → 11\nWrite a haiku title. → Rain\nWrite a haiku title. → Snow\n", map[int][]int{}},
		{"another input", "Is it even? | 3 → No\nIs it even? | 4 → Yes\n", map[int][]int{}},
		{"long answers", "Why is the sky blue? → Because small particles in the air scatter blue light more than red.\nWhy is the sky blue? → Rayleigh scattering makes short waves come from all over the sky.\n", map[int][]int{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, concern(find(t, "contradiction", written(t, c.rows)))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSemanticDuplicatesAreThoseOfTheVectors(t *testing.T) {
	rows := written(t, "Who must listen? → keep silent\nWho must listen, enlist → silent\nWhy? → nobody\nWho must listen 2? → silent\nWho must listen now? → all\n")
	one := func(_ context.Context, texts []string) ([][]float32, error) {
		return slices.Repeat([][]float32{{0.6, 0.8}}, len(texts)), nil
	}
	d := semantic(one)
	found, err := d.LookAll(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[int][]int{1: {0}}, concern(found)); d != "" {
		t.Error(d)
	}
	if found := find(t, "duplicate-semantic", rows); len(found) != 0 {
		t.Errorf("vectors that are not alike: %+v", found)
	}
}

// Alpaca holds rows twice, once with an input that says that there is none, and its filter left no question that is answered in
// two ways.
func TestAlpaca(t *testing.T) {
	rows, err := curate.Read(t.Context(), shared.Path(t, "data", "alpaca", "alpaca_28k.jsonl"), dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"duplicate-exact": 45, "duplicate-near": 5, "contradiction": 0} {
		if got := len(find(t, name, rows)); got != want {
			t.Errorf("%s finds %d rows, want %d", name, got, want)
		}
	}
}
