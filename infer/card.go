package infer

import (
	"cmp"
	"context"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/compute"
)

// Card says what a folder or file is. One of its parts is set.
type Card struct {
	Path    string       `json:"path"`
	Model   *ModelCard   `json:"model,omitempty"`
	Adapter *AdapterCard `json:"adapter,omitempty"`
}

// ModelCard describes a model.
type ModelCard struct {
	Name       string       `json:"name"`
	Family     string       `json:"family"`
	Parameters int          `json:"parameters"`
	Layers     int          `json:"layers"`
	Hidden     int          `json:"hidden"`
	FFN        int          `json:"ffn"`
	Heads      int          `json:"heads"`
	KVHeads    int          `json:"kv_heads"`
	HeadDim    int          `json:"head_dim"`
	Context    int          `json:"context"`
	Vocabulary int          `json:"vocabulary"`
	Tied       bool         `json:"tied"` // the output head is the embedding
	Weights    []WeightCard `json:"weights"`

	Template     string         `json:"template,omitempty"`
	TemplateFrom TemplateSource `json:"template_from,omitempty"`
	Stop         []TokenCard    `json:"stop"` // what ends an answer
	Hash         string         `json:"hash"`

	Provenance *adapter.Provenance `json:"provenance,omitempty"` // of a tuned model
}

// WeightCard is the tensors of one type, together.
type WeightCard struct {
	Type    string `json:"type"`
	Tensors int    `json:"tensors"`
	Bytes   int    `json:"bytes"`
}

// TokenCard is a token by id and spelling.
type TokenCard struct {
	ID    int32  `json:"id"`
	Token string `json:"token"`
}

// AdapterCard describes an adapter.
type AdapterCard struct {
	R          int      `json:"r"`
	Alpha      float64  `json:"alpha"`
	RSLoRA     bool     `json:"rslora,omitempty"`
	DoRA       bool     `json:"dora,omitempty"`
	Dropout    float64  `json:"dropout"`
	Targets    []string `json:"targets"`
	Modules    int      `json:"modules"`         // layers that are adapted
	Whole      []string `json:"whole,omitempty"` // matrices of the base that it replaces
	Parameters int      `json:"parameters"`
	Base       string   `json:"base"` // as the file says

	// Of an adapter that says what it was trained on.
	BaseHash     string     `json:"base_hash,omitempty"`
	Quantized    string     `json:"quantized,omitempty"` // type that the base's linear layers were in while it was trained
	Template     string     `json:"template,omitempty"`
	TemplateHash string     `json:"template_hash,omitempty"`
	DataHash     string     `json:"data_hash,omitempty"`
	Stop         []int32    `json:"stop,omitempty"`
	Created      *time.Time `json:"created,omitempty"`

	Hash       string           `json:"hash"`
	Parents    []adapter.Parent `json:"parents,omitempty"` // what it was made from or trained on
	Method     string           `json:"method,omitempty"`  // how the parents were merged
	Comparison *Comparison      `json:"comparison,omitempty"`
}

// Describe says what is at a path: a model, or an adapter.
func Describe(ctx context.Context, be compute.Backend, path string) (Card, error) {
	if exists(filepath.Join(path, "adapter_config.json")) && !exists(filepath.Join(path, "config.json")) {
		a, err := adapter.Load(path)
		if err != nil {
			return Card{}, err
		}
		card := Card{Path: path, Adapter: describeAdapter(a)}
		if card.Adapter.Hash, err = a.Hash(); err != nil {
			return Card{}, err
		}
		card.Adapter.Comparison, err = ReadComparison(path)
		return card, err
	}
	if adapter.IsGGUF(path) {
		a, err := adapter.LoadGGUF(path, adapter.GGUFNames{})
		if err != nil {
			return Card{}, err
		}
		card := Card{Path: path, Adapter: describeAdapter(a)}
		card.Adapter.Hash, err = a.Hash()
		return card, err
	}
	a, err := Open(ctx, be, path, OpenOptions{})
	if err != nil {
		return Card{}, err
	}
	defer a.Close()
	card := Card{Path: path, Model: a.describe()}
	card.Model.Provenance = a.Provenance()
	return card, nil
}

func (a *Assistant) describe() *ModelCard {
	c := a.m.Config()
	card := &ModelCard{
		Name: a.name, Family: c.Family, Parameters: c.Params(), Layers: c.Layers, Hidden: c.Hidden, FFN: c.FFN,
		Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim, Context: c.MaxPos, Vocabulary: c.Vocab, Tied: c.Tied,
		Hash: a.m.Hash(), Stop: []TokenCard{},
	}
	if a.templateErr == nil {
		card.Template, card.TemplateFrom = a.template.Name(), a.templateFrom
	}
	for _, id := range a.stop {
		t := TokenCard{ID: id}
		if a.tokErr == nil {
			t.Token = a.tok.Token(id)
		}
		card.Stop = append(card.Stop, t)
	}
	for _, t := range a.m.Tensors() {
		i := slices.IndexFunc(card.Weights, func(w WeightCard) bool { return w.Type == t.Type.String() })
		if i < 0 {
			i = len(card.Weights)
			card.Weights = append(card.Weights, WeightCard{Type: t.Type.String()})
		}
		card.Weights[i].Tensors++
		card.Weights[i].Bytes += len(t.Data)
	}
	slices.SortStableFunc(card.Weights, func(x, y WeightCard) int { return cmp.Compare(y.Bytes, x.Bytes) })
	return card
}

func describeAdapter(a *adapter.Adapter) *AdapterCard {
	c := a.Config
	card := &AdapterCard{R: c.R, Alpha: c.Alpha, RSLoRA: c.RSLoRA, DoRA: c.DoRA, Dropout: c.Dropout, Targets: c.TargetModules,
		Modules: len(a.Modules), Whole: slices.Sorted(maps.Keys(a.Whole)), Parameters: a.Params(), Base: c.Base}
	if p := a.Provenance; p != nil {
		card.Quantized, card.Parents, card.Method = p.Quantized, p.Parents, p.Method
		card.BaseHash, card.Template, card.TemplateHash, card.DataHash, card.Stop = p.BaseHash, p.Template, p.TemplateHash, p.DataHash, p.Stop
		if !p.Created.IsZero() {
			card.Created = &p.Created
		}
	}
	return card
}
