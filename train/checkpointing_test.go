package train

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// A run that computes layers again ends in the bits of one that does not, and goes on with a checkpoint of it.
func TestCheckpointingChangesNoBit(t *testing.T) {
	for _, method := range []Method{LoRA, Full} {
		r := tinyRecipe(t)
		weights := "adapter_model.safetensors"
		if r.Method = method; method == Full {
			r.Rank, weights = 0, "model.safetensors"
		}
		r.Checkpointing = "off"
		want := run(t, r, Options{})

		on := r
		on.Out = t.TempDir() + "/on"
		ctx, cancel := context.WithCancel(context.Background())
		if _, err := Run(ctx, on, Options{}, stopAfter{step: 1, cancel: cancel}); err == nil {
			t.Fatal("the run was not stopped")
		}
		on.Checkpointing = "on"
		got := run(t, on, Options{Resume: true})
		if *got.EvalAfter != *want.EvalAfter || !bytes.Equal(read(t, r.Out, weights), read(t, on.Out, weights)) {
			t.Errorf("%s: the result differs", method)
		}
		if text := read(t, on.Out, recipeFile); !bytes.Contains(text, []byte("checkpointing: \"on\"")) {
			t.Errorf("%s: the recipe beside it is\n%s", method, text)
		}
	}
}

func TestCheckpointingInARecipe(t *testing.T) {
	for text, want := range map[string]string{"on": "on", "off": "off", "auto": "", `"on"`: "on"} {
		r, err := ParseRecipe([]byte("base: b\nout: o\ndata: [d]\ncheckpointing: " + text + "\n"))
		if err == nil {
			r, err = r.Resolve()
		}
		if err != nil || r.Checkpointing != want {
			t.Errorf("%s: %q, %v", text, r.Checkpointing, err)
		}
		if again, err := ParseRecipe(r.YAML()); err != nil || again.Checkpointing != want {
			t.Errorf("%s, written and read again: %q, %v", text, again.Checkpointing, err)
		}
	}
	r := tinyRecipe(t)
	r.Checkpointing = "sometimes"
	if _, err := r.Resolve(); err == nil || !strings.Contains(err.Error(), `checkpointing is "sometimes": auto, on or off`) {
		t.Error(err)
	}
}
