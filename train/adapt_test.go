package train

import (
	"bytes"
	"context"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/adapter"
)

func load(t *testing.T, dir string) *adapter.Adapter {
	t.Helper()
	a, err := adapter.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// An adapter that is trained on MODEL+A begins where A ended, leaves A as it is, remembers it, and has the loss that its
// run ended with on top of A alone. A run on top of both goes on from there.
func TestAnAdapterIsTrainedOnTopOfOthers(t *testing.T) {
	r := tinyRecipe(t)
	r.DoRA, r.Epochs = true, 2
	first := run(t, r, Options{})

	on := r
	on.Base, on.Out = r.Base+"+"+first.Adapter, filepath.Join(t.TempDir(), "second")
	on.DoRA, on.RSLoRA, on.Seed = false, true, r.Seed
	second := run(t, on, Options{})
	if math.Abs(*second.EvalBefore-*first.EvalAfter) > 1e-5 {
		t.Errorf("the second run begins with a held-out loss of %v, the first ended with %v", *second.EvalBefore, *first.EvalAfter)
	}
	if *second.EvalAfter >= *second.EvalBefore {
		t.Errorf("held-out loss %v before and %v after", *second.EvalBefore, *second.EvalAfter)
	}
	a, b := load(t, first.Adapter), load(t, second.Adapter)
	hash, err := a.Hash()
	if err != nil {
		t.Fatal(err)
	}
	if p := b.Provenance.Parents; len(p) != 1 || p[0].Name != "run" || p[0].Hash != hash || p[0].Relation != adapter.TrainedOn {
		t.Errorf("parents %+v, want the first adapter", p)
	}
	if b.Config.Base != r.Base {
		t.Errorf("base_model_name_or_path is %q, want the model's, %q", b.Config.Base, r.Base)
	}
	s := openSession(t, r)
	if loss := lossWith(t, s, a, b); math.Abs(loss-*second.EvalAfter) > 1e-5 {
		t.Errorf("held-out loss %v after training, %v of the saved adapters", *second.EvalAfter, loss)
	}

	third := on
	third.Base, third.Out = on.Base+"+"+second.Adapter, filepath.Join(t.TempDir(), "third")
	third.DoRA, third.RSLoRA = true, false
	if res := run(t, third, Options{}); math.Abs(*res.EvalBefore-*second.EvalAfter) > 1e-5 {
		t.Errorf("the third run begins with a held-out loss of %v, the second ended with %v", *res.EvalBefore, *second.EvalAfter)
	}
	third.Base, third.Out = r.Base+"+"+second.Adapter, filepath.Join(t.TempDir(), "without")
	if _, err := Run(context.Background(), third, Options{}, Silent{}); err == nil || !strings.Contains(err.Error(), "was trained on top of adapter run (hash "+hash[:12]) {
		t.Errorf("error %v, want one that names the adapter that is missing", err)
	}
	third.Base, third.Template = on.Base, "plain"
	if _, err := Run(context.Background(), third, Options{}, Silent{}); err == nil || !strings.Contains(err.Error(), "--template alpaca") {
		t.Errorf("error %v, want one that names the adapter's template", err)
	}
}

// Law 6: a run on top of an adapter, which begins as a part of what lies beneath, resumes to the same bits, and not on top
// of another.
func TestLaw06ResumeOnTopOfAnAdapter(t *testing.T) {
	r := tinyRecipe(t)
	first := run(t, r, Options{})
	on := r
	on.Base, on.Out = r.Base+"+"+first.Adapter, filepath.Join(t.TempDir(), "straight")
	on.Init = pissa
	run(t, on, Options{})
	cut := on
	cut.Out = filepath.Join(t.TempDir(), "cut")
	ctx, cancel := context.WithCancel(context.Background())
	var stop *Interrupted
	if _, err := Run(ctx, cut, Options{}, stopAfter{step: 2, cancel: cancel}); !errors.As(err, &stop) {
		t.Fatalf("error %v", err)
	}
	other := r
	other.Seed, other.Out = 5, filepath.Join(t.TempDir(), "other")
	wrong := cut
	wrong.Base = r.Base + "+" + run(t, other, Options{}).Adapter
	if _, err := Run(context.Background(), wrong, Options{Resume: true}, Silent{}); err == nil || !strings.Contains(err.Error(), "another recipe, base") {
		t.Errorf("resumed on top of another adapter: error %v", err)
	}
	run(t, cut, Options{Resume: true})
	if weights := "adapter_model.safetensors"; !bytes.Equal(read(t, on.Out, weights), read(t, cut.Out, weights)) {
		t.Errorf("%s differs", weights)
	}
}

// The plan counts the adapters of the base and what they need room for.
func TestLaw12ThePlanCountsTheBasesAdapters(t *testing.T) {
	r := tinyRecipe(t)
	r.DoRA, r.Steps = true, 2
	first := run(t, r, Options{})
	r.Base += "+" + first.Adapter
	r.DoRA, r.Init = false, pissa
	s := openSession(t, r)
	z := s.sizes()
	want := 4 * int64(load(t, first.Adapter).Params())
	for _, p := range s.start {
		want += 4 * int64(len(p.A)+len(p.B))
	}
	if z.stacked != want {
		t.Errorf("planned %d bytes for the adapters of the base, want %d", z.stacked, want)
	}
	if got, want := z.workspace(), s.ws.Plan(); got != want {
		t.Errorf("planned a workspace of %+v, allocated %+v", got, want)
	}
}
