package model

import (
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/computetest"
)

func TestShapesAreNamedOrWrittenOut(t *testing.T) {
	named, err := Shape("smollm2-135m")
	if err != nil {
		t.Fatal(err)
	}
	written, err := Shape("576x30x9x3x1536x49152")
	if err != nil {
		t.Fatal(err)
	}
	if named.Params() != written.Params() || named.Params() != 134515008 {
		t.Errorf("%d and %d parameters, want 134515008", named.Params(), written.Params())
	}
	for _, name := range ShapeNames() {
		c, err := Shape(name)
		if err == nil {
			err = c.Check()
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"gpt5": "neither a name (smollm2-135m", "1x2x3": "neither a name", "ax1x1x1x1x1": `"a" is not a number`,
		"64x0x4x2x128x100": "number of layers is 0", "65x1x4x2x128x100": "not a multiple", "64x1x4x3x128x100": "do not divide",
		"9999999999x1x1x1x1x1": "hidden size is 9999999999",
	} {
		if _, err := Shape(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
}

// The counts are those of the models' own weights.
func TestPublishedShapesHaveThePublishedNumbersOfWeights(t *testing.T) {
	for id, want := range map[string]int{
		"huggyllama/llama-7b": 6738415616, "llama-13b": 13015864320, "models/llama-30b": 32528943616, "huggyllama/llama-65b": 65285660672,
		"meta-llama/Llama-2-70b-hf": 68976648192, "meta-llama/Llama-3.1-8B": 8030261248, "TinyLlama-1.1B": 1100048384,
		"HuggingFaceTB/SmolLM2-1.7B": 1711376384,
	} {
		name, ok := ShapeOf(id)
		if !ok {
			t.Errorf("%s has no known shape", id)
			continue
		}
		c, err := Shape(name)
		if err != nil || c.Params() != want {
			t.Errorf("%s has %d weights (%v), want %d", name, c.Params(), err, want)
		}
	}
	if name, ok := ShapeOf("my-model"); ok {
		t.Errorf("my-model is a %s", name)
	}
}

func TestAHollowModelHasTheShapeAndNoWeights(t *testing.T) {
	c, err := Shape("llama-65b")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Hollow(computetest.Plain(), c, compute.BF16)
	if err != nil {
		t.Fatal(err)
	}
	bytes := 0
	for _, x := range m.Tensors() {
		bytes += len(x.Data)
	}
	if norms := c.Hidden * (2*c.Layers + 1); bytes != 2*(c.Params()-norms)+4*norms || len(m.Linears()) != 7*c.Layers {
		t.Errorf("%d bytes in %d layers for %d weights", bytes, len(m.Linears()), c.Params())
	}
	small, layers, _ := m.PlanQuantize(compute.NF4)
	if layers != 7*c.Layers || small > int64(bytes)/3 {
		t.Errorf("in NF4 %d bytes, %d layers, of %d", small, layers, bytes)
	}
}

func TestRandomModelsAreTheSameForTheSameSeed(t *testing.T) {
	be := computetest.Plain()
	c := tiny
	c.Hidden, c.FFN, c.HeadDim = 256, 256, 64
	for _, typ := range compute.Types() {
		a, err := Random(be, c, typ, 1)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := Random(be, c, typ, 1)
		d, _ := Random(be, c, typ, 2)
		if a.Hash() != b.Hash() || a.Hash() == d.Hash() {
			t.Errorf("%s: hashes %s %s %s", typ, a.Hash(), b.Hash(), d.Hash())
		}
		if a.linears[0].W.Type != typ {
			t.Errorf("matrices in %s, want %s", a.linears[0].W.Type, typ)
		}
	}
	if _, err := Random(be, tiny, compute.Q8_0, 1); err == nil || !strings.Contains(err.Error(), "do not fit Q8_0") {
		t.Errorf("rows of 24 in Q8_0: %v", err)
	}
}

// A file of random weights is the random model, so that what is timed here and in llama.cpp is the same.
func TestAWrittenRandomModelIsTheRandomModel(t *testing.T) {
	be := computetest.Plain()
	c := tiny
	c.Family, c.Hidden, c.FFN, c.HeadDim, c.MaxPos = "llama", 256, 256, 64, 8192
	for _, typ := range compute.Types() {
		path := filepath.Join(t.TempDir(), "random.gguf")
		err := WriteRandom(t.Context(), path, c, typ, 3)
		if typ == compute.NF4 {
			if err == nil || !strings.Contains(err.Error(), "NF4 rests in memory only") {
				t.Errorf("NF4 in a file: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		m, err := Open(be, path)
		if err != nil {
			t.Fatal(err)
		}
		same, _ := Random(be, c, typ, 3)
		if m.Hash() != same.Hash() || m.Name() != same.Name() || !reflect.DeepEqual(m.Config(), same.Config()) {
			t.Errorf("%s: %s %+v, want %s %+v", typ, m.Name(), m.Config(), same.Name(), same.Config())
		}
		if _, err := m.Tokenizer(); err == nil {
			t.Error("a tokenizer out of nothing")
		}
		m.Close()
	}
	for _, name := range []string{"gemma-2-2b", "gpt2", "phi-4-mini", "olmo-2-0425-1b"} { // their kind, smaller
		c, err := Shape(name)
		if err != nil {
			t.Fatal(err)
		}
		c.Hidden, c.Layers, c.Heads, c.KVHeads, c.HeadDim, c.FFN, c.Vocab, c.MaxPos = 32, 1, 4, 4, 8, 32, 40, 512
		c.RopeDim, c.EmbedScale, c.Windowed = min(c.RopeDim, 4), min(c.EmbedScale, float32(math.Sqrt(32))), nil
		c.normalise()
		path := filepath.Join(t.TempDir(), "random.gguf")
		if err := WriteRandom(t.Context(), path, c, compute.Q8_0, 3); err != nil {
			t.Fatal(err)
		}
		m := openPlain(t, path)
		if same, _ := Random(be, c, compute.Q8_0, 3); m.Hash() != same.Hash() {
			t.Errorf("%s: %+v, want %+v", name, m.Config(), same.Config())
		}
	}
	c.FFN = 320
	if err := WriteRandom(t.Context(), "x.gguf", c, compute.Q6_K, 0); err == nil || !strings.Contains(err.Error(), "named shapes that fit: llama-135m-256") {
		t.Errorf("rows of 320 in Q6_K: %v", err)
	}
}

// The counts are those that the models' pages on the hub give, a tied head counted once.
func TestNamedShapesHaveTheParametersThatArePublished(t *testing.T) {
	for name, want := range map[string]int{
		"llama-3.2-1b": 1_235_814_400, "mistral-7b-v0.1": 7_241_732_096, "qwen2.5-0.5b": 494_032_768, "qwen2.5-1.5b": 1_543_714_304,
		"qwen3-0.6b": 596_049_920, "gemma-2-2b": 2_614_341_888, "gemma-3-1b": 999_885_952, "phi-3.5-mini": 3_821_079_552,
		"phi-4-mini": 3_836_021_760, "gpt2": 124_439_808, "smollm3-3b": 3_075_098_624, "olmo-2-0425-1b": 1_484_916_736,
		"starcoder2-3b": 3_030_371_328, "granite-3.1-2b": 2_533_531_648,
	} {
		c, err := Shape(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := c.Params(); got != want {
			t.Errorf("%s has %d parameters, want %d", name, got, want)
		}
	}
}
