package train

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/dataset"
)

// What a run says it held out is, token by token, what its loss was measured on, and nothing of it is in what it learned.
func TestHeldOutIsWhatTrainingLeftOut(t *testing.T) {
	for name, change := range map[string]func(*Recipe){
		"lora": func(*Recipe) {}, "full": func(r *Recipe) { r.Method, r.Rank = Full, 0 }, "other": func(r *Recipe) { r.Seed, r.Limit = 9, 25 },
	} {
		t.Run(name, func(t *testing.T) {
			r := tinyRecipe(t)
			r.EvalFraction, r.Steps = 0.2, 1
			change(&r)
			run(t, r, Options{})
			held, err := HeldOut(t.Context(), r.Out)
			if err != nil {
				t.Fatal(err)
			}
			s := openSession(t, r)
			got, _, err := dataset.Encode(t.Context(), held, s.template, s.tok, s.r.MaxLen, dataset.DropLong)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) == 0 || !reflect.DeepEqual(got, s.held) {
				t.Errorf("%d rows held out, and %d that the loss is measured on, are not the same", len(got), len(s.held))
			}
			learned := map[dataset.Ref]bool{}
			for _, x := range s.train {
				learned[x.Ref] = true
			}
			for _, x := range held {
				if learned[x.Ref()] {
					t.Errorf("%s was learned", x.Ref())
				}
			}
			if len(learned)+len(held) != len(s.set.Examples) {
				t.Errorf("%d learned and %d held out of %d", len(learned), len(held), len(s.set.Examples))
			}
		})
	}
}

// Where the rows are not what they were, or there are none, nobody is told another split.
func TestHeldOutRefuses(t *testing.T) {
	r := tinyRecipe(t)
	r.EvalFraction, r.Steps = 0.2, 1
	run(t, r, Options{})
	refused := func(dir, want string) {
		t.Helper()
		if _, err := HeldOut(t.Context(), dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	path := r.Data[0].Path
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, "{\"instruction\":\"More.\",\"output\":\"And more.\"}\n"...), 0o666); err != nil {
		t.Fatal(err)
	}
	refused(r.Out, "have changed since")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	refused(r.Out, "from the folder where it was trained")
	none := t.TempDir()
	refused(none, "has no cria.json")
	if err := (&adapter.Provenance{Base: "tiny"}).Write(none); err != nil {
		t.Fatal(err)
	}
	refused(none, "was not made by cria train")

	all := tinyRecipe(t)
	all.EvalFraction, all.Steps, all.Out = -1, 1, filepath.Join(t.TempDir(), "all")
	run(t, all, Options{})
	refused(all.Out, "held no rows out")
}
