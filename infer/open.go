package infer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/internal/machine"
	"github.com/cria-llm/cria/model"
)

// OpenOptions are choices that the files leave open.
type OpenOptions struct {
	// Template names the conversation template of a base that was not trained with one, as [chat.Choose] knows them.
	// Where it was, another name is an error.
	Template string
	// As is the template itself, instead of a name.
	As *chat.Template
	// Exact keeps activations in float32. Without, those that meet quantised weights are rounded to a byte each, as
	// llama.cpp does: see [model.Model.Repack]. [Assistant.Score] is exact either way.
	Exact bool
	// Adapters are put on the base as they are in memory, after those that are named.
	Adapters []*adapter.Adapter
}

// Open makes an assistant of MODEL, MODEL+ADAPTER or MODEL+ADAPTER+ADAPTER. An adapter that was trained on another
// base, or with a template that this program writes differently, is an error. Several adapters add up.
func Open(ctx context.Context, be compute.Backend, spec string, o OpenOptions) (*Assistant, error) {
	s, err := adapter.ParseSpec(spec)
	if err != nil {
		return nil, err
	}
	path, err := adapter.ModelPath(s.Model)
	if err != nil {
		return nil, err
	}
	m, err := model.Open(be, path)
	if err != nil {
		return nil, err
	}
	a := &Assistant{m: m, name: m.Name()}
	if err := a.open(ctx, s, o); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return a, nil
}

// New makes an assistant of a model that is open already. Closing it closes the model.
func New(m *model.Model, o OpenOptions) (*Assistant, error) {
	a := &Assistant{m: m, name: m.Name()}
	if err := a.open(context.Background(), adapter.Spec{}, o); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *Assistant) open(ctx context.Context, s adapter.Spec, o OpenOptions) error {
	trained, err := readProvenance(s.Model)
	if text := a.m.Note(adapter.ProvenanceKey); err == nil && trained == nil && text != "" {
		trained, err = adapter.ParseProvenance([]byte(text))
	}
	if err != nil {
		return err
	}
	var list []*adapter.Adapter
	add := func(one *adapter.Adapter, where string) error {
		if err := one.CheckBase(a.m.Name(), a.m.Hash()); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		if err := one.CheckBelow(list); err != nil {
			return fmt.Errorf("adapter %s %w", where, err)
		}
		if p := one.Provenance; p != nil && p.Template != "" {
			if trained != nil && len(list) > 0 && (trained.Template != p.Template || trained.TemplateHash != p.TemplateHash) {
				return fmt.Errorf("%s: trained with template %q, the adapter before it with %q: adapters stack where they share a template", where, p.Template, trained.Template)
			}
			trained = p
		}
		if p := one.Provenance; p != nil && p.Quantized != "" && !slices.Contains(a.trainedOn, p.Quantized) {
			a.trainedOn = append(a.trainedOn, p.Quantized)
		}
		list = append(list, one)
		return nil
	}
	for _, named := range s.Adapters {
		if err := ctx.Err(); err != nil {
			return err
		}
		one, dir, err := loadAdapter(a.m, named)
		if err != nil {
			return err
		}
		if err := add(one, dir); err != nil {
			return err
		}
		a.adapters = append(a.adapters, dir)
		a.stacked = append(a.stacked, adapter.Weighted{Name: folderName(named), Adapter: one, Weight: 1})
		a.name += "+" + folderName(named)
	}
	for _, one := range o.Adapters {
		if err := add(one, "in memory"); err != nil {
			return err
		}
		a.stacked = append(a.stacked, adapter.Weighted{Name: "in memory", Adapter: one, Weight: 1})
	}
	if len(list) > 0 {
		if err := stack(a.m, list); err != nil {
			return fmt.Errorf("adapter %s does not fit base %s: %w", strings.Join(a.adapters, " + "), a.m.Name(), err)
		}
	}
	a.tok, a.tokErr = a.m.Tokenizer()
	if err := a.chooseTemplate(trained, o); err != nil {
		return err
	}
	a.trained = trained
	a.chooseStop(trained)
	// Where there is no room for a second copy, weights are read where they rest.
	if free := machine.Memory().Available; !o.Exact && (free == 0 || a.m.RepackBytes() < free-free/10) {
		a.m.Repack()
	}
	return nil
}

func folderName(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return filepath.Base(path)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// readProvenance reads what training wrote beside a tuned model's weights; nil where the model came from elsewhere. Of
// GGUF files only model.gguf has the folder to itself.
func readProvenance(model string) (*adapter.Provenance, error) {
	dir := model
	if filepath.Base(model) == adapter.TunedGGUF {
		dir = filepath.Dir(model)
	}
	if !isFolder(dir) {
		return nil, nil
	}
	return adapter.ReadProvenance(dir)
}

// chooseTemplate decides the template, and holds the one that was trained with to its hash (law 3). One that nobody asked
// for and that does not work is an error only when a conversation is rendered: a model can continue texts without.
func (a *Assistant) chooseTemplate(trained *adapter.Provenance, o OpenOptions) error {
	asked := o.Template
	t := o.As
	var err error
	switch {
	case t != nil:
		a.templateFrom = FromCaller
	case trained != nil && trained.Template != "":
		a.templateFrom = FromTraining
		if name := trained.Template; asked != "" && asked != chat.Auto && asked != name && filepath.Base(asked) != name {
			return fmt.Errorf("%s was trained with template %q: it cannot be asked with %q", a.name, name, asked)
		}
		if t, err = chat.Recorded(trained.Template, trained.TemplateText, a.encoder()); err != nil {
			return err
		}
		if err := trained.CheckTemplate(t.Name(), t.Hash()); err != nil {
			return fmt.Errorf("%s %w", a.name, err)
		}
	case asked != "" && asked != chat.Auto:
		a.templateFrom = FromCaller
		if t, err = chat.Choose(asked, a.m.ChatTemplate(), a.encoder()); err != nil {
			return err
		}
	default:
		source := a.m.ChatTemplate()
		a.templateFrom = FromModel
		if source == "" || a.tokErr != nil {
			source, a.templateFrom = "", FromDefault
		}
		if t, err = chat.Choose(chat.Auto, source, a.encoder()); err != nil {
			a.templateFrom, a.templateErr = FromDefault, fmt.Errorf("the model's own template cannot be used: %w; --template names another", err)
			a.template, err = chat.Named(chat.Default)
			return err
		}
	}
	a.template = t
	a.templateErr = a.tokErr
	if a.tokErr == nil {
		if _, a.templateErr = t.Stop(a.tok); a.templateFrom == FromTraining || a.templateFrom == FromCaller {
			return a.templateErr
		}
	}
	return nil
}

// encoder is the tokenizer, nil where there is none.
func (a *Assistant) encoder() chat.Encoder {
	if a.tokErr != nil {
		return nil
	}
	return a.tok
}

// chooseStop is the union of all that say where an answer ends.
func (a *Assistant) chooseStop(trained *adapter.Provenance) {
	add := func(ids []int32) {
		for _, id := range ids {
			if !slices.Contains(a.stop, id) {
				a.stop = append(a.stop, id)
			}
		}
	}
	add(a.m.EOS())
	if a.templateErr == nil {
		ids, _ := a.template.Stop(a.tok) // checked when the template was chosen
		add(ids)
	}
	if trained != nil {
		add(trained.Stop)
	}
}
