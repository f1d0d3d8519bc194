package export

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/internal/atomicfile"
)

// onBase is the MODEL that an exported adapter is loaded again as: on the base that the source stands on.
func onBase(j *job, path string) string { return j.src.Model().Path() + "+" + path }

// oneAdapter is the source's adapter, or the exact sum of several, with the type that its values are written in.
func (j *job) oneAdapter(types ...string) (*adapter.Adapter, error) {
	j.r.Type = types[0]
	for _, t := range types {
		if t == j.o.Type {
			j.r.Type = t
		}
	}
	list := j.src.Stacked()
	switch {
	case len(list) == 0:
		return nil, fmt.Errorf("%s names no adapter: %s is a form of one, MODEL+ADAPTER", j.src.Name(), j.o.To)
	case j.o.Type != "" && j.o.Type != j.r.Type:
		return nil, fmt.Errorf("an adapter is written to %s in %s, not %s", j.o.To, strings.Join(types, " or "), j.o.Type)
	case len(list) == 1:
		return list[0].Adapter, nil
	}
	return adapter.Stack(list)
}

// writePEFT writes the adapter as the folder that Hugging Face's PEFT has. An adapter alone keeps every bit.
func writePEFT(_ context.Context, j *job, path string) error {
	a, err := j.oneAdapter("F32")
	if err != nil {
		return err
	}
	if a.Config.Base == "" {
		named := *a
		named.Config.Base = j.src.Model().Name()
		a = &named
	}
	if err := a.Save(path); err != nil {
		return err
	}
	if err := j.writeAdapterCard(path, a); err != nil {
		return err
	}
	return j.wroteAll(path)
}

// wroteAll tells that what is small was written at once.
func (j *job) wroteAll(path string) error {
	n, err := size(path)
	j.o.Progress(Writing, n, n)
	return err
}

// writeAdapterCard writes the README.md of an adapter's folder.
func (j *job) writeAdapterCard(dir string, a *adapter.Adapter) error {
	from, err := j.sourceCard()
	if err != nil {
		return err
	}
	base := a.Config.Base
	if strings.Count(base, "/") != 1 || base[0] == '.' || base[0] == '/' { // no name on a hub
		base = j.src.Model().Name()
	}
	c := card{License: from.License, LicenseName: from.LicenseName, LicenseLink: from.LicenseLink, Languages: from.Languages,
		Base: texts{base}, Library: "peft", Tags: []string{"lora"}}
	front, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "---\n%s---\n\n# %s\n\nAn adapter for %s", front, j.src.Name(), j.src.Model().Name())
	if p := a.Provenance; p != nil {
		if p.BaseHash != "" {
			fmt.Fprintf(&b, " (hash %.12s)", p.BaseHash)
		}
		if p.Template != "" {
			fmt.Fprintf(&b, ", trained with the conversation template %s", p.Template)
		}
	}
	b.WriteString(".\n")
	return atomicfile.WriteBytes(filepath.Join(dir, "README.md"), []byte(b.String()))
}

// writeGGUFLoRA writes the adapter as the file that llama.cpp loads beside a model.
func writeGGUFLoRA(_ context.Context, j *job, path string) error {
	a, err := j.oneAdapter("F32", "F16", "BF16")
	if err != nil {
		return err
	}
	t, err := ggufPlain(j.r.Type)
	if err != nil {
		return err
	}
	c, err := j.sourceCard()
	if err != nil {
		return err
	}
	meta := []gguf.KV{
		{Key: keyName, Value: gguf.Of(j.src.Name())},
		{Key: keyBaseCount, Value: gguf.Of(uint32(1))},
		{Key: keyBaseName, Value: gguf.Of(j.src.Model().Name())},
	}
	if c.License != "" {
		meta = append(meta, gguf.KV{Key: keyLicense, Value: gguf.Of(c.License)})
	}
	if err := a.WriteGGUF(path, infer.GGUFNames(j.src.Model()), t, meta); err != nil {
		return err
	}
	return j.wroteAll(path)
}

// ggufPlain is one of the types that adapters are written in.
func ggufPlain(name string) (gguf.Type, error) {
	for _, t := range []gguf.Type{gguf.F32, gguf.F16, gguf.BF16} {
		if t.String() == name {
			return t, nil
		}
	}
	return 0, fmt.Errorf("an adapter is not written in %s", name)
}

// licenceText is the text of the licence that lies in the source's folder, or what its card calls it.
func (j *job) licenceText() (string, error) {
	if j.sourceIsFolder() {
		for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md"} {
			text, err := os.ReadFile(filepath.Join(j.src.Model().Path(), name))
			if err == nil {
				return string(text), nil
			}
			if !errors.Is(err, os.ErrNotExist) {
				return "", err
			}
		}
	}
	c, err := j.sourceCard()
	switch {
	case err != nil || c.License == "":
		return "", err
	case c.LicenseName != "":
		return strings.TrimSpace(c.LicenseName + " " + c.LicenseLink), nil
	}
	return c.License, nil
}
