// Package infer lets a model speak: it opens a base with its adapters, tokenizer and conversation template as one
// [Assistant], generates text with a cache of keys and values, scores given tokens, and measures how fast all that is.
//
// It never trains, never renders a conversation in another form than the one the model was taught in, and never
// shortens a prompt: what does not fit the model's positions is a [*ContextError].
//
//	a, err := infer.Open(ctx, be, "smollm2-135m+my-run", infer.OpenOptions{})
//	defer a.Close()
//	talk := a.NewConversation()
//	res, err := talk.Ask(ctx, "Name a prime.", infer.Options{Sampling: infer.DefaultSampling()}, func(text string) error {
//		_, err := io.WriteString(os.Stdout, text)
//		return err
//	})
//
// An Assistant belongs to one backend and is used by one goroutine at a time.
package infer

import (
	"fmt"
	"slices"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/grammar"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/tokenizer"
)

// Assistant is a model that is ready to speak: base, adapters, tokenizer, template and the tokens it stops at.
type Assistant struct {
	m         *model.Model
	name      string
	adapters  []string
	stacked   []adapter.Weighted // what was loaded of them, with the names that people know
	trainedOn []string           // types that the base's layers were in while adapters were trained, where not those of its files

	trained *adapter.Provenance // nil where nothing was

	tok    *tokenizer.Tokenizer
	tokErr error // why there is no tokenizer

	template     *chat.Template
	templateFrom TemplateSource
	templateErr  error // why conversations cannot be rendered
	stop         []int32

	ws     *model.Workspace
	cache  *model.Cache
	seen   []int32 // tokens whose keys and values the cache holds
	logits []float32

	work Work // of losses

	vocabulary *grammar.Vocabulary // nil before an answer was held to a grammar
	grammars   []masksOf
}

// TrainedOn lists the types that the base's linear layers were held in while the adapters were trained, where that is not
// how they rest in its files (QLoRA). Such adapters work on the base as it is too, a little differently.
func (a *Assistant) TrainedOn() []string { return a.trainedOn }

// Provenance says what the adapter on top, or the tuned model, was trained on and with; nil where it does not say.
func (a *Assistant) Provenance() *adapter.Provenance { return a.trained }

// TemplateSource says who chose an assistant's template.
type TemplateSource string

// What was trained with a template decides first, then the caller, then the model's own files.
const (
	FromTraining TemplateSource = "training" // written beside the adapter or the tuned model
	FromCaller   TemplateSource = "caller"
	FromModel    TemplateSource = "model"   // the template that the model's files carry
	FromDefault  TemplateSource = "default" // nobody said
)

// Model is the base with the adapters attached.
func (a *Assistant) Model() *model.Model { return a.m }

// Name is the base's name, and those of the adapters after a + each.
func (a *Assistant) Name() string { return a.name }

// Adapters lists the folders of the adapters, in the order in which they were named.
func (a *Assistant) Adapters() []string { return a.adapters }

// Stacked lists the adapters themselves, those that were given in memory last.
func (a *Assistant) Stacked() []adapter.Weighted { return slices.Clone(a.stacked) }

// Hash tells models apart by their weights: the base's hash, and that of each adapter after a + each.
func (a *Assistant) Hash() (string, error) {
	id := a.m.Hash()
	for _, w := range a.stacked {
		one, err := w.Adapter.Hash()
		if err != nil {
			return "", err
		}
		id += "+" + one
	}
	return id, nil
}

// Tokenizer is the base's tokenizer, or why it has none.
func (a *Assistant) Tokenizer() (*tokenizer.Tokenizer, error) { return a.tok, a.tokErr }

// Template is the form in which conversations are written down, and who chose it.
func (a *Assistant) Template() (*chat.Template, TemplateSource, error) {
	return a.template, a.templateFrom, a.templateErr
}

// Stop is the set of ids that end an answer: what the model's files call the end of a text, and the template's end of
// turn.
func (a *Assistant) Stop() []int32 { return slices.Clone(a.stop) }

// Context is the number of positions that the model has, for prompt and answer together.
func (a *Assistant) Context() int { return a.m.Config().MaxPos }

// Prompt writes down a conversation that ends with a user message, up to where the answer begins.
func (a *Assistant) Prompt(conv []chat.Message) ([]int32, error) {
	if a.templateErr != nil {
		return nil, a.templateErr
	}
	return a.template.Prompt(a.tok, conv)
}

// Answered writes down a conversation that ends with an answer to be measured: as it is taught, or, with a template that
// can be asked with and not be taught, the last answer's text and a stop token after its prompt.
func (a *Assistant) Answered(conv []chat.Message) (chat.Rendered, error) {
	if a.templateErr != nil {
		return chat.Rendered{}, a.templateErr
	}
	r, err := a.template.Render(a.tok, conv)
	if err == nil || chat.Check(conv) != nil || len(a.stop) == 0 {
		return r, err
	}
	last := len(conv) - 1
	prompt, errPrompt := a.template.Prompt(a.tok, conv[:last])
	if errPrompt != nil {
		return r, err
	}
	ids := append(append(prompt, a.tok.EncodeText(conv[last].Content, false)...), a.stop[0])
	r = chat.Rendered{IDs: ids, Train: make([]bool, len(ids)), Spans: []chat.Span{{From: len(prompt), To: len(ids)}}}
	for i := len(prompt); i < len(ids); i++ {
		r.Train[i] = true
	}
	return r, nil
}

// Encode is the tokens of a text to be continued: no template, and the token that begins a sequence where the model
// expects one.
func (a *Assistant) Encode(text string) ([]int32, error) {
	if a.tokErr != nil {
		return nil, a.tokErr
	}
	var ids []int32
	if a.tok.AddsBOS() {
		id, ok := a.tok.BOS()
		if !ok {
			return nil, fmt.Errorf("the tokenizer is to add a beginning-of-sequence token but has none")
		}
		ids = append(ids, id)
	}
	return append(ids, a.tok.EncodeText(text, true)...), nil
}

// Close lets go of the model's files. The assistant is not used afterwards.
func (a *Assistant) Close() error { return a.m.Close() }
