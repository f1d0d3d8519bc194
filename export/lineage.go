package export

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/wholefile"
)

// card is what the front of a model card says: Hugging Face's README.md begins with it, and GGUF files have keys for it.
type card struct {
	License     string   `yaml:"license,omitempty"`
	LicenseName string   `yaml:"license_name,omitempty"`
	LicenseLink string   `yaml:"license_link,omitempty"`
	Languages   texts    `yaml:"language,omitempty"`
	Tags        []string `yaml:"tags,omitempty"`
	Base        texts    `yaml:"base_model,omitempty"`
	Datasets    texts    `yaml:"datasets,omitempty"`
	Library     string   `yaml:"library_name,omitempty"`
}

// texts is one text or a list of them.
type texts []string

func (t *texts) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*t = texts{n.Value}
		return nil
	}
	return n.Decode((*[]string)(t))
}

// maxCard bounds a README.md that is read for its front.
const maxCard = 4 << 20

// readCard reads what a model folder's README.md says at its front. A card that is missing or says something else than it
// should is an empty one: no program needs it.
func readCard(dir string) (card, error) {
	text, err := wholefile.Read(filepath.Join(dir, "README.md"), maxCard)
	if errors.Is(err, fs.ErrNotExist) {
		return card{}, nil
	}
	if err != nil {
		return card{}, err
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	front, ok := bytes.CutPrefix(text, []byte("---\n"))
	if !ok {
		return card{}, nil
	}
	front, _, ok = bytes.Cut(front, []byte("\n---"))
	var c card
	if ok && yaml.Unmarshal(front, &c) == nil {
		return c, nil
	}
	return card{}, nil
}

// The keys of GGUF metadata that say what a card does.
const (
	keyName        = "general.name"
	keyLicense     = "general.license"
	keyLicenseName = "general.license.name"
	keyLicenseLink = "general.license.link"
	keyTags        = "general.tags"
	keyLanguages   = "general.languages"
	keyDatasets    = "general.datasets"
	keyBaseCount   = "general.base_model.count"
	keyBaseName    = "general.base_model.0.name"
	keyBaseRepo    = "general.base_model.0.repo_url"
)

// source is what the card of the exported model's files says, wherever they keep it.
func (j *job) sourceCard() (card, error) {
	m := j.src.Model()
	if j.sourceIsFolder() {
		return readCard(m.Path())
	}
	c := card{License: m.Note(keyLicense), LicenseName: m.Note(keyLicenseName), LicenseLink: m.Note(keyLicenseLink)}
	for _, kv := range m.GGUFMetadata() {
		list, _ := kv.Value.Any().([]string)
		switch kv.Key {
		case keyTags:
			c.Tags = list
		case keyLanguages:
			c.Languages = list
		case keyDatasets:
			c.Datasets = list
		}
	}
	if repo, ok := strings.CutPrefix(m.Note(keyBaseRepo), huggingFace); ok {
		c.Base = texts{repo}
	}
	return c, nil
}

const huggingFace = "https://huggingface.co/"

func (j *job) sourceIsFolder() bool { return j.src.Model().Note("general.architecture") == "" }

// setCard puts the card's keys into a GGUF file's metadata. Where adapters were merged, the model that they were trained on
// is the base.
func (j *job) setCard(meta []gguf.KV) ([]gguf.KV, error) {
	c, err := j.sourceCard()
	if err != nil {
		return nil, err
	}
	set := func(key string, v gguf.Value) { meta = setKV(meta, key, v) }
	text := func(key, s string) {
		if s != "" {
			set(key, gguf.Of(s))
		}
	}
	list := func(key string, l []string) {
		if len(l) > 0 {
			set(key, gguf.ArrayOf(l))
		}
	}
	text(keyName, j.src.Name())
	text(keyLicense, c.License)
	text(keyLicenseName, c.LicenseName)
	text(keyLicenseLink, c.LicenseLink)
	list(keyTags, c.Tags)
	list(keyLanguages, c.Languages)
	list(keyDatasets, c.Datasets)
	switch {
	case len(j.src.Adapters()) > 0:
		meta = slices.DeleteFunc(meta, func(kv gguf.KV) bool { return strings.HasPrefix(kv.Key, "general.base_model.") })
		set(keyBaseCount, gguf.Of(uint32(1)))
		set(keyBaseName, gguf.Of(j.src.Model().Name()))
	case len(c.Base) > 0 && j.src.Model().Note(keyBaseName) == "":
		set(keyBaseCount, gguf.Of(uint32(1)))
		set(keyBaseName, gguf.Of(c.Base[0][strings.LastIndexByte(c.Base[0], '/')+1:]))
		if strings.Count(c.Base[0], "/") == 1 {
			set(keyBaseRepo, gguf.Of(huggingFace+c.Base[0]))
		}
	}
	p, err := j.provenance()
	if err != nil || p == nil {
		return meta, err
	}
	said, err := p.Text()
	if err != nil {
		return nil, err
	}
	set(adapter.ProvenanceKey, gguf.Of(string(said)))
	return meta, nil
}

// setKV gives a key of the metadata a value.
func setKV(meta []gguf.KV, key string, v gguf.Value) []gguf.KV {
	for i := range meta {
		if meta[i].Key == key {
			meta[i].Value = v
			return meta
		}
	}
	return append(meta, gguf.KV{Key: key, Value: v})
}

// provenance is what the export says of where it comes from: what the adapter on top or the tuned model was trained with,
// and the adapters that are merged in. It is nil for a model that nothing was done to and whose stop tokens all have a key in
// the metadata of any file.
func (j *job) provenance() (*adapter.Provenance, error) {
	if j.src.Provenance() == nil && len(j.src.Adapters()) == 0 {
		if len(j.src.Stop()) > 3 {
			return &adapter.Provenance{Base: j.src.Model().Name(), BaseHash: j.src.Model().Hash(), Stop: j.src.Stop()}, nil
		}
		return nil, nil
	}
	var p adapter.Provenance
	if from := j.src.Provenance(); from != nil {
		p = *from
	}
	t, from, err := j.src.Template()
	if err == nil && (from == infer.FromTraining || from == infer.FromCaller) {
		p.Template, p.TemplateHash, p.TemplateText = t.Name(), t.Hash(), t.Source()
	}
	if len(j.src.Adapters()) == 0 {
		return &p, nil
	}
	p.Base, p.BaseHash, p.Parents, p.Method = j.src.Model().Name(), j.src.Model().Hash(), nil, ""
	p.Stop = j.src.Stop()
	for i, w := range j.src.Stacked() {
		parent, err := w.Adapter.Parent(adapterName(j.src.Adapters()[i]), 1, adapter.Merged)
		if err != nil {
			return nil, err
		}
		p.Parents = append(p.Parents, parent)
	}
	return &p, nil
}

// adapterName is what people call the adapter in a folder: that of its run where the folder is a run's.
func adapterName(dir string) string {
	if filepath.Base(dir) == "adapter" {
		dir = filepath.Dir(dir)
	}
	return filepath.Base(dir)
}

// chatTemplate is the text that other programs write conversations down by: what the model was trained with, or else what
// its files carry. It is empty where there is neither.
func (j *job) chatTemplate() string {
	t, from, err := j.src.Template()
	if err == nil && (from == infer.FromTraining || from == infer.FromCaller) {
		tok, err := j.src.Tokenizer()
		if text := t.Jinja(err == nil && tok.AddsBOS()); text != "" {
			return text
		}
	}
	return j.src.Model().ChatTemplate()
}

// writeCard writes the README.md and the cria.json of a folder.
func (j *job) writeCard(dir string) error {
	c, err := j.sourceCard()
	if err != nil {
		return err
	}
	p, err := j.provenance()
	if err != nil {
		return err
	}
	if err := p.Write(dir); err != nil {
		return err
	}
	c.Library = "transformers"
	front, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "---\n%s---\n\n# %s\n\n", front, j.src.Name())
	fmt.Fprintf(&b, "Written by cria from %s, with weights in %s.\n", j.src.Model().Name(), j.r.Type)
	if p != nil {
		for _, parent := range p.Parents {
			fmt.Fprintf(&b, "\n- %s: %s (hash %.12s)", parent.Relation, parent.Name, parent.Hash)
		}
		if len(p.Parents) > 0 {
			b.WriteByte('\n')
		}
		if p.Template != "" {
			fmt.Fprintf(&b, "\nConversations are written in the template %s, which the tokenizer's chat_template is.\n", p.Template)
		}
	}
	if tok, err := j.src.Tokenizer(); err == nil && len(j.src.Stop()) > 0 {
		b.WriteString("\nAn answer ends at")
		for i, id := range j.src.Stop() {
			if i > 0 {
				b.WriteString(" or")
			}
			fmt.Fprintf(&b, " `%s` (%d)", tok.Token(id), id)
		}
		b.WriteString(".\n")
	}
	return atomicfile.WriteBytes(filepath.Join(dir, "README.md"), []byte(b.String()))
}
