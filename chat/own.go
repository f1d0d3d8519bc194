package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cria-llm/cria/format/jinja"
)

// MarkupEncoder is what a model's own template needs of a tokenizer: it writes one text, in which control tokens are
// spelled out. outside are the ranges of bytes of it, in order, that people wrote: no control token is recognised there.
type MarkupEncoder interface {
	Encoder
	// Controls calls yield for each control token of the text, in order, with its bytes and those of the white space
	// that it takes with it.
	Controls(text string, outside [][2]int, yield func(from, to int, id int32))
	// EncodeTemplate gives the tokens of the text before the first of cuts, those up to the next, and so on. No token
	// crosses one. first is as for EncodeText.
	EncodeTemplate(text string, first bool, outside [][2]int, cuts []int) [][]int32
	// Token is how a token is spelled.
	Token(id int32) string
}

// Own is the name of the template that a model's files carry, where it is none of the built-in ones.
const Own = "model"

// today is what templates that write the date are told, always: what a model is asked must be what it was taught, and a
// run that goes on tomorrow must see the same tokens. It is what Llama's templates write where there is no clock.
var today = time.Date(2024, 7, 26, 12, 0, 0, 0, time.UTC)

// own is a template in the language that models carry theirs in.
type own struct {
	source   string
	bos, eos string // as the vocabulary spells them, "" for none
	parsed   *jinja.Template
}

// FromJinja is the template that a model carries in its files, as Hugging Face's transformers render it, under a name
// for people. bos and eos are the model's tokens of that kind, as it spells them; "" is none.
//
// What people wrote is told from the template's own text, and only in the latter are control tokens recognised. A token
// is a label where it stands in {% generation %}; in a template without, where it follows what the template writes for
// the messages before an answer, to the control token after the answer's text. That token ends every turn.
func FromJinja(name, source, bos, eos string) (*Template, error) {
	parsed, err := jinja.Parse(source)
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	o := &own{source: source, bos: bos, eos: eos, parsed: parsed}
	return &Template{name: name, lead: o.lead(), own: o}, nil
}

// lead is the white space that a template writes between what it asks for an answer with and the answer.
func (o *own) lead() string {
	conv := []Message{{Role: User, Content: "one"}, {Role: Assistant, Content: "two"}}
	before, err := o.write(conv[:1], true)
	if err != nil {
		return ""
	}
	after, err := o.write(conv, false)
	if err != nil {
		return ""
	}
	rest, ok := strings.CutPrefix(after.text, before.text)
	if !ok {
		return ""
	}
	lead, _, _ := strings.Cut(rest, "two")
	if strings.TrimSpace(lead) != "" {
		return ""
	}
	return lead
}

// Source is the text of a template that is not built in, "" of one that is.
func (t *Template) Source() string {
	if t.own == nil {
		return ""
	}
	return t.own.source
}

func (o *own) hash() string {
	h := sha256.New()
	put(h, "cria chat template in jinja", o.source, o.bos, o.eos, today.Format(time.RFC3339))
	return hex.EncodeToString(h.Sum(nil))
}

// written is a conversation as a template writes it.
type written struct {
	text    string
	outside [][2]int // what people wrote
	marked  []jinja.Span
}

// write has the template write a conversation. open asks for what stands before an answer.
func (o *own) write(conv []Message, open bool) (written, error) {
	if len(conv) > 0 && conv[0].Role == System && strings.TrimSpace(conv[0].Content) == "" {
		conv = conv[1:]
	}
	list := make([]any, len(conv))
	for i, m := range conv {
		d := jinja.NewDict()
		d.Set("role", string(m.Role))
		d.Set("content", jinja.Data(joined(m)))
		list[i] = d
	}
	vars := jinja.NewDict()
	vars.Set("messages", list)
	vars.Set("tools", nil)
	vars.Set("documents", nil)
	vars.Set("add_generation_prompt", open)
	vars.Set("bos_token", o.bos)
	vars.Set("eos_token", o.eos)
	r, err := o.parsed.Render(context.Background(), vars, jinja.Options{Now: today})
	if err != nil {
		return written{}, err
	}
	w := written{text: r.Text, marked: r.Generation, outside: make([][2]int, len(r.Data))}
	for i, d := range r.Data {
		w.outside[i] = [2]int{d.From, d.To}
	}
	return w, nil
}

// writeConv is write, with an error that names the message which the template refuses.
func (t *Template) writeConv(conv []Message, open bool) (written, error) {
	w, err := t.own.write(conv, open)
	var refused *jinja.Error
	if err == nil || !errors.As(err, &refused) || !refused.Raised {
		if err != nil {
			err = fmt.Errorf("template %s: %w", t.name, err)
		}
		return w, err
	}
	last := len(conv) - 1
	for i := range conv[:last] {
		if _, err := t.own.write(conv[:i+1], conv[i].Role == User); err != nil {
			last = i
			break
		}
	}
	return w, &MessageError{Index: last, Role: conv[last].Role, Part: "role", Problem: fmt.Sprintf("template %s refuses it: %s", t.name, refused.Msg)}
}

// mark is a control token in a text.
type mark struct {
	from, to int
	id       int32
}

func (w written) controls(enc MarkupEncoder) []mark {
	var list []mark
	enc.Controls(w.text, w.outside, func(from, to int, id int32) { list = append(list, mark{from, to, id}) })
	return list
}

// endOf is the first control token after the text of an answer, which begins at from or later; or EOS, where nothing but
// control tokens stands between.
func (w written) endOf(answer string, from int, controls []mark, eos int32) (mark, bool) {
	i := slices.IndexFunc(w.outside, func(o [2]int) bool { return o[1] > from })
	// Where a question ends and its answer begins at once, they are one range.
	if i < 0 || !strings.Contains(answer, w.text[max(from, w.outside[i][0]):w.outside[i][1]]) {
		return mark{}, false
	}
	j := slices.IndexFunc(controls, func(c mark) bool { return c.from >= w.outside[i][1] })
	if j < 0 {
		return mark{}, false
	}
	for k := j; k < len(controls) && (k == j || controls[k].from == controls[k-1].to); k++ {
		if controls[k].id == eos {
			return controls[k], true
		}
		if c := w.text[controls[k].from:controls[k].to]; strings.TrimSpace(c) != c {
			break
		}
	}
	return controls[j], true
}

// errNoEnd is what is wrong with a template whose answers end with no token.
func (t *Template) errNoEnd() error {
	return fmt.Errorf("template %s: no control token of this vocabulary follows the text of an answer, so it could never end: --template names another", t.name)
}

// errPast is what is wrong with a template that writes the same messages in two ways.
func (t *Template) errPast() error {
	return fmt.Errorf("template %s: with an answer it writes the messages before it otherwise than when it asks for one, so nothing says what to learn: --template names another (chatml, or a file with {%% generation %%} around answers)", t.name)
}

// plan says which ranges of a text are learned, and which places no token crosses.
type plan struct {
	learned [][2]int
	cuts    []int
}

// plan lays out a conversation. A template that cannot be learned from is an error only where strict says so: it can be
// spoken with.
func (t *Template) plan(w written, conv []Message, controls []mark, eos int32, strict bool) (plan, error) {
	var p plan
	for i, m := range conv {
		if m.Role != Assistant || len(w.marked) > 0 && !(strict && i == len(conv)-1) {
			continue
		}
		before, err := t.writeConv(conv[:i], true)
		if err != nil {
			return p, err
		}
		if !strings.HasPrefix(w.text, before.text) {
			if strict {
				return p, t.errPast()
			}
			continue
		}
		from := len(before.text)
		p.cuts = append(p.cuts, from)
		if len(w.marked) > 0 {
			continue
		}
		if end, ok := w.endOf(m.Content, from, controls, eos); ok {
			p.learned = append(p.learned, [2]int{from, end.to})
		} else if strict {
			return p, t.errNoEnd()
		}
	}
	for _, m := range w.marked {
		p.cuts = append(p.cuts, m.From)
		// The last control token of the block where only white space follows, or else the first after it.
		i := slices.IndexFunc(controls, func(c mark) bool {
			return c.from >= m.To || c.to > m.From && strings.TrimSpace(w.text[min(c.to, m.To):m.To]) == ""
		})
		switch n := len(p.learned); {
		case i < 0 && strict:
			return p, t.errNoEnd()
		case i < 0:
		case n > 0 && p.learned[n-1][1] >= m.From:
			p.learned[n-1][1] = max(p.learned[n-1][1], controls[i].to)
		default:
			p.learned = append(p.learned, [2]int{m.From, controls[i].to})
		}
	}
	for _, l := range p.learned {
		p.cuts = append(p.cuts, l[1])
	}
	slices.Sort(p.cuts)
	p.cuts = slices.Compact(p.cuts)
	return p, nil
}

// markup is the encoder, where it can read text with control tokens in it.
func (t *Template) markup(enc Encoder) (MarkupEncoder, error) {
	m, ok := enc.(MarkupEncoder)
	if !ok {
		return nil, fmt.Errorf("template %s: needs the model's tokenizer", t.name)
	}
	return m, nil
}

// endID is EOS, -1 for none.
func endID(enc Encoder) int32 {
	if id, ok := enc.EOS(); ok {
		return id
	}
	return -1
}

// encodeOwn turns a conversation into tokens. strict is for learning.
func (t *Template) encodeOwn(enc Encoder, conv []Message, strict bool) (Rendered, error) {
	m, err := t.markup(enc)
	if err != nil {
		return Rendered{}, err
	}
	w, err := t.writeConv(conv, !strict)
	if err != nil {
		return Rendered{}, err
	}
	controls := w.controls(m)
	p, err := t.plan(w, conv, controls, endID(enc), strict)
	if err != nil {
		return Rendered{}, err
	}
	var r Rendered
	bos, has := enc.BOS()
	written := len(controls) > 0 && controls[0].from == 0 && has && controls[0].id == bos
	if enc.AddsBOS() && !written {
		if !has {
			return Rendered{}, fmt.Errorf("template %s: %s", t.name, lackBOS)
		}
		r.add(false, bos)
	}
	from := 0
	for i, ids := range m.EncodeTemplate(w.text, true, w.outside, p.cuts) {
		if i > 0 {
			from = p.cuts[i-1]
		}
		r.add(slices.ContainsFunc(p.learned, func(l [2]int) bool { return l[0] <= from && from < l[1] }), ids...)
	}
	return r, nil
}

// ends are the control tokens that end an answer.
func (t *Template) ends(enc Encoder) ([]int32, error) {
	m, err := t.markup(enc)
	if err != nil {
		return nil, err
	}
	// A template may end the last answer and those before it with different tokens.
	conv := []Message{{Role: User, Content: "one"}, {Role: Assistant, Content: "two"}, {Role: User, Content: "three"}, {Role: Assistant, Content: "four"}}
	var ids []int32
	w, err := t.writeConv(conv, false)
	if err != nil {
		return nil, err
	}
	controls := w.controls(m)
	for _, answer := range []Message{conv[1], conv[3]} {
		i := slices.IndexFunc(w.outside, func(o [2]int) bool { return strings.HasSuffix(w.text[o[0]:o[1]], answer.Content) })
		if i < 0 {
			return nil, t.errNoEnd()
		}
		end, ok := w.endOf(answer.Content, w.outside[i][1]-len(answer.Content), controls, endID(enc))
		if !ok {
			return nil, t.errNoEnd()
		}
		if !slices.Contains(ids, end.id) {
			ids = append(ids, end.id)
		}
	}
	return ids, nil
}
