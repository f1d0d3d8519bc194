package chat

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Span is a stretch of tokens, From included, To not.
type Span struct{ From, To int }

// Rendered is a conversation as tokens.
type Rendered struct {
	IDs   []int32
	Train []bool // Train[i]: token i is a label, predicted from tokens 0..i-1; so never true at 0; len(IDs) long
	Spans []Span // one for each assistant turn, its end token included; exactly the tokens with Train set
}

// Render writes a whole conversation down for training. Every assistant turn and the token that ends it are labels,
// nothing else is. It fails where [Check] does, where the vocabulary lacks what the template needs, and where no token
// would be learned.
func (t *Template) Render(enc Encoder, conv []Message) (Rendered, error) {
	if err := check(conv, Assistant); err != nil {
		return Rendered{}, err
	}
	encode := t.encode
	if t.own != nil {
		encode = t.encodeOwn
	}
	r, err := encode(enc, conv, true)
	if err != nil {
		return Rendered{}, err
	}
	if len(r.Spans) == 0 {
		return Rendered{}, errors.New("no token of the conversation would be learned")
	}
	return r, nil
}

// Prompt writes down a conversation that ends with a user message, up to where the assistant's answer begins. It is a
// prefix, token for token, of Render of the same conversation with any answer.
func (t *Template) Prompt(enc Encoder, conv []Message) ([]int32, error) {
	if err := check(conv, User); err != nil {
		return nil, err
	}
	if t.own != nil {
		r, err := t.encodeOwn(enc, conv, false)
		return r.IDs, err
	}
	r, err := t.encode(enc, conv, false)
	return r.IDs, err
}

// Stop is the set of tokens at which generation ends: the tokenizer's EOS and the template's end of turn, without
// repetition. A vocabulary that the template cannot end a turn with is an error, so training can refuse to start.
func (t *Template) Stop(enc Encoder) ([]int32, error) {
	var ends []int32
	var err error
	if t.own != nil {
		ends, err = t.ends(enc)
	} else {
		err = t.fits(enc)
	}
	if err != nil {
		return nil, err
	}
	var set []int32
	if id, ok := enc.EOS(); ok {
		set = append(set, id)
	}
	if t.turnEnd != "" {
		if id, ok := enc.TokenID(t.turnEnd); ok && !slices.Contains(set, id) {
			set = append(set, id)
		}
	}
	for _, id := range ends {
		if !slices.Contains(set, id) {
			set = append(set, id)
		}
	}
	return set, nil
}

// Text is what the model sees, for people: control tokens by name, <eos> for the tokenizer's EOS, without BOS. Where
// the conversation ends with a user message it is the prompt. It is not for tokenising: a user's text is not set apart.
// The conversation is taken to be one that passes [Check], or would with an answer. Only a template that is not built in
// can fail, and it names EOS itself, and BOS where it writes it.
func (t *Template) Text(conv []Message) (string, error) {
	var b strings.Builder
	open := len(conv) > 0 && conv[len(conv)-1].Role == User
	if t.own != nil {
		w, err := t.writeConv(conv, open)
		return w.text, err
	}
	for _, p := range t.pieces(conv, open) {
		if p.kind == end {
			b.WriteString("<eos>")
			continue
		}
		b.WriteString(p.text)
	}
	return b.String(), nil
}

// fits says what a vocabulary lacks for this template, and which templates would work.
func (t *Template) fits(enc Encoder) error {
	lack := t.lacks(enc)
	if lack == "" {
		return nil
	}
	var work []string
	for _, name := range Names() {
		if o, err := Named(name); err == nil && o.lacks(enc) == "" {
			work = append(work, name)
		}
	}
	if len(work) == 0 {
		return fmt.Errorf("template %s: %s; no built-in template works with this vocabulary", t.name, lack)
	}
	return fmt.Errorf("template %s: %s; templates that work with this vocabulary: %s", t.name, lack, strings.Join(work, ", "))
}

const lackBOS = "the tokenizer is to add a beginning-of-sequence token but has none"

func (t *Template) lacks(enc Encoder) string {
	for _, c := range t.control {
		if _, ok := enc.TokenID(c); !ok {
			return fmt.Sprintf("the vocabulary has no token %s, and none is added", c)
		}
	}
	if _, ok := enc.EOS(); !ok && t.turnEnd == "" {
		return "the vocabulary has no end-of-sequence token, so an answer could never end"
	}
	if _, ok := enc.BOS(); !ok && enc.AddsBOS() {
		return lackBOS
	}
	return ""
}

// add puts tokens at the end.
func (r *Rendered) add(train bool, ids ...int32) {
	from := len(r.IDs)
	r.IDs = append(r.IDs, ids...)
	for range ids {
		// Nothing comes before token 0, so nothing can predict it.
		r.Train = append(r.Train, train && len(r.Train) > 0)
	}
	if from = max(from, 1); !train || from >= len(r.IDs) {
		return
	}
	if n := len(r.Spans); n > 0 && r.Spans[n-1].To == from {
		r.Spans[n-1].To = len(r.IDs)
		return
	}
	r.Spans = append(r.Spans, Span{From: from, To: len(r.IDs)})
}

// encode turns a conversation into tokens, with an answer where closed says so and up to where one begins otherwise. Only
// a text at the very beginning of the sequence (BOS does not count) is encoded as first.
func (t *Template) encode(enc Encoder, conv []Message, closed bool) (Rendered, error) {
	if err := t.fits(enc); err != nil {
		return Rendered{}, err
	}
	var r Rendered
	if enc.AddsBOS() {
		id, _ := enc.BOS()
		r.add(false, id)
	}
	for i, p := range t.pieces(conv, !closed) {
		switch p.kind {
		case text:
			if p.text != "" {
				r.add(p.train, enc.EncodeText(p.text, i == 0)...)
			}
		case control:
			id, _ := enc.TokenID(p.text)
			r.add(p.train, id)
		case end:
			id, _ := enc.EOS()
			r.add(p.train, id)
		}
	}
	return r, nil
}
