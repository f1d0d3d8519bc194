package export

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/infer/infertest"
	"github.com/cria-llm/cria/model/modeltest"
)

// What a model's card says goes into a GGUF file's keys, and from there into the card of a folder.
func TestTheCardGoesAlong(t *testing.T) {
	be := backend(t)
	base := modeltest.Tiny(t, 1)
	text := "---\nlicense: other\nlicense_name: mine\nlicense_link: https://example.com/l\nlanguage:\n- en\n- de\ntags: [small]\nbase_model: someone/first\n---\n# Tiny\n"
	if err := os.WriteFile(filepath.Join(base, "README.md"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	file, folder := filepath.Join(t.TempDir(), "tiny.gguf"), filepath.Join(t.TempDir(), "tiny")
	run(t, be, Options{Model: base, To: GGUF, Type: "F32", Out: file})
	for key, want := range map[string]string{keyLicense: `"other"`, keyLicenseName: `"mine"`, keyLicenseLink: `"https://example.com/l"`,
		keyBaseName: `"first"`, keyBaseRepo: `"https://huggingface.co/someone/first"`, keyBaseCount: "1"} {
		if v, ok := openGGUF(t, file).Value(key); !ok || v.String() != want {
			t.Errorf("%s is %v, want %s", key, v, want)
		}
	}
	run(t, be, Options{Model: file, To: Safetensors, Type: "F32", Out: folder})
	c, err := readCard(folder)
	if err != nil {
		t.Fatal(err)
	}
	if c.License != "other" || c.LicenseName != "mine" || !slices.Equal(c.Languages, texts{"en", "de"}) || !slices.Equal(c.Tags, []string{"small"}) || !slices.Equal(c.Base, texts{"someone/first"}) {
		t.Errorf("%+v", c)
	}
	for _, bad := range []string{"", "# no front", "---\nlicense: [", "---\nlicense: mit"} {
		if err := os.WriteFile(filepath.Join(folder, "README.md"), []byte(bad), 0o666); err != nil {
			t.Fatal(err)
		}
		if c, err := readCard(folder); err != nil || c.License != "" {
			t.Errorf("%q: %+v, %v", bad, c, err)
		}
	}
}

// More tokens that end an answer than a GGUF file has keys for still end it here.
func TestLaw01EveryStopTokenIsInTheFile(t *testing.T) {
	be := backend(t)
	base := modeltest.Tiny(t, 1)
	stop := []int32{modeltest.EOS, 3, 4, 5, 6}
	p := adapter.Provenance{Template: "alpaca", Stop: stop}
	if err := p.Write(base); err != nil {
		t.Fatal(err)
	}
	for _, to := range []Target{GGUF, Safetensors} {
		out := filepath.Join(t.TempDir(), "x")
		run(t, be, Options{Model: base, To: to, Type: "F32", Out: out})
		a := infertest.Open(t, out, infer.OpenOptions{})
		for _, id := range stop {
			if !slices.Contains(a.Stop(), id) {
				t.Errorf("%s: an answer does not end at %d but at %v", to, id, a.Stop())
			}
		}
	}
}
