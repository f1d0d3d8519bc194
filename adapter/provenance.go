package adapter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/plainjson"
	"github.com/cria-llm/cria/internal/wholefile"
)

const provenanceFile = "cria.json"

// ProvenanceKey is the key of a GGUF file's metadata that holds what cria.json does beside other files.
const ProvenanceKey = "cria.provenance"

// Provenance says what an adapter was trained on, with hashes in hex. It is kept in cria.json, apart from PEFT's files,
// which stay as PEFT writes them.
type Provenance struct {
	Version      int       `json:"version"` // of this file: 1
	Base         string    `json:"base"`    // the base model's name
	BaseHash     string    `json:"base_hash"`
	Quantized    string    `json:"quantized,omitempty"` // type that the base's linear layers were in while it was trained; empty: as in its files
	Template     string    `json:"template"`            // the conversation template's name
	TemplateHash string    `json:"template_hash"`
	TemplateText string    `json:"template_text,omitempty"` // of a template that is not built in
	DataHash     string    `json:"data_hash,omitempty"`
	Recipe       string    `json:"recipe,omitempty"` // the whole recipe, as text
	Stop         []int32   `json:"stop,omitempty"`   // ids that end an answer: eos and the template's end of turn
	Created      time.Time `json:"created"`

	// What the adapter was made from, or trained on top of; none for one that was trained on the base alone.
	Parents []Parent `json:"parents,omitempty"`
	Method  string   `json:"method,omitempty"` // how the parents were merged, with its settings
}

// CheckBase is an error where the adapter was trained on another base. An adapter that does not say, such as one that
// PEFT wrote, passes: its shapes are checked when it is attached.
func (a *Adapter) CheckBase(name, hash string) error {
	p := a.Provenance
	if p == nil || p.BaseHash == "" || p.BaseHash == hash {
		return nil
	}
	return fmt.Errorf("adapter was trained on base %q (hash %s), this base is %q (hash %s)", p.Base, short(p.BaseHash), name, short(hash))
}

// CheckTemplate is an error where what was trained was trained with another conversation template. One that does not say
// passes.
func (p *Provenance) CheckTemplate(name, hash string) error {
	if p == nil || p.TemplateHash == "" || p.TemplateHash == hash {
		return nil
	}
	return fmt.Errorf("was trained with template %q (hash %s), and this program's %q writes differently (hash %s): train it again, or use the version that trained it",
		p.Template, short(p.TemplateHash), name, short(hash))
}

// short is enough of a hash for people to tell two apart.
func short(hash string) string {
	if len(hash) > 12 {
		return hash[:12]
	}
	return hash
}

// ReadProvenance reads the cria.json of a folder. It is nil where there is none.
func ReadProvenance(dir string) (*Provenance, error) {
	var p Provenance
	if err := wholefile.JSON(filepath.Join(dir, provenanceFile), maxConfigFile, &p); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return p.known(provenanceFile)
}

// ParseProvenance reads the text of a cria.json.
func ParseProvenance(text []byte) (*Provenance, error) {
	var p Provenance
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	return p.known("provenance")
}

func (p *Provenance) known(where string) (*Provenance, error) {
	if p.Version != 1 {
		return nil, fmt.Errorf("%s: version %d, want 1", where, p.Version)
	}
	return p, nil
}

// Text is what [Provenance.Write] puts into cria.json.
func (p *Provenance) Text() ([]byte, error) {
	q := *p
	q.Version = 1
	return plainjson.Indent(q)
}

// Write puts cria.json in the folder; where there is no provenance it takes away what another adapter left there.
func (p *Provenance) Write(dir string) error {
	path := filepath.Join(dir, provenanceFile)
	if p == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	text, err := p.Text()
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, text)
}
