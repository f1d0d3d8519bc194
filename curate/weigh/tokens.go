package weigh

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/infer"
)

// tokenScore is a score that follows from how likely a model finds some texts of a row. Of a row with several answers it is
// the mean of theirs.
type tokenScore struct {
	// texts are what is to be measured of an exchange, or why nothing can be. A loss of no token is why, too.
	texts func(e encoder, x curate.Exchange) ([]infer.Pair, string, error)
	// conversation says that the row is measured as a whole, as it is trained, and texts is not there.
	conversation bool
	value        func([]infer.Loss) float64
}

// Why a row has no score.
const (
	tooLong     = "too long for the model"
	emptyAnswer = "empty answer"
	noAnswer    = "no answer"
	tooShort    = "no token to measure"
	notFinite   = "not a finite number"
)

// encoder makes the tokens of texts.
type encoder struct{ a *infer.Assistant }

func (e encoder) context() int { return e.a.Context() }

// encode gives a text's tokens, with the one before it that the model expects.
func (e encoder) encode(text string) ([]int32, error) { return e.a.Encode(text) }

// prompted is a text before what is measured, and the most tokens of both.
type prompted struct {
	prompt string
	most   int
}

// after measures a text after each of the prompts. Both are tokenised together, and the text is taken to begin after as many
// tokens as the prompt has by itself.
func (e encoder) after(text string, prompts []prompted) ([]infer.Pair, string, error) {
	if text == "" {
		return nil, emptyAnswer, nil
	}
	var pairs []infer.Pair
	for _, p := range prompts {
		before, err := e.encode(p.prompt)
		if err != nil {
			return nil, "", err
		}
		ids, err := e.encode(p.prompt + text)
		if err != nil {
			return nil, "", err
		}
		ids = ids[:min(len(ids), max(0, p.most))]
		if len(before) >= len(ids) {
			return nil, tooShort, nil
		}
		pairs = append(pairs, infer.Pair{Prompt: ids[:len(before)], Response: ids[len(before):]})
	}
	return pairs, "", nil
}

// whole measures all answers of a row as they are trained.
func (e encoder) whole(r *curate.Row) ([]infer.Pair, string) {
	list := r.Exchanges()
	if len(list) == 0 {
		return nil, noAnswer
	}
	for _, x := range list {
		if x.Output.Text == "" {
			return nil, emptyAnswer
		}
	}
	rendered, err := e.a.Answered(conversation(r))
	if err != nil {
		return nil, err.Error()
	}
	if len(rendered.IDs) > e.context() {
		return nil, tooLong
	}
	var pairs []infer.Pair
	for _, s := range rendered.Spans {
		pairs = append(pairs, infer.Pair{Prompt: rendered.IDs[:s.From], Response: rendered.IDs[s.From:s.To]})
	}
	return pairs, ""
}

// batch collects what is to be measured of some rows, the same texts once, and measures it.
type batch struct {
	e      encoder
	pairs  []infer.Pair
	places map[string]int // of each pair, in pairs
	wanted []wanted
	losses []infer.Loss
}

// wanted is a value to be made of losses.
type wanted struct {
	row   int
	score int
	parts [][]int // of each exchange, the places of its pairs
	value func([]infer.Loss) float64
}

// want asks for a score of a row; what cannot be measured is said at once.
func (b *batch) want(r *curate.Row, score int, t *tokenScore) (missing string, err error) {
	w := wanted{row: r.Index, score: score, value: t.value}
	if t.conversation {
		pairs, missing := b.e.whole(r)
		if missing != "" {
			return missing, nil
		}
		w.parts = [][]int{b.add(pairs)}
		b.wanted = append(b.wanted, w)
		return "", nil
	}
	list := r.Exchanges()
	if len(list) == 0 {
		return noAnswer, nil
	}
	for _, x := range list {
		pairs, missing, err := t.texts(b.e, x)
		if err != nil || missing != "" {
			return missing, err
		}
		w.parts = append(w.parts, b.add(pairs))
	}
	b.wanted = append(b.wanted, w)
	return "", nil
}

// rows counts the rows of which something is measured.
func (b *batch) rows() int {
	n := 0
	for k, w := range b.wanted { // those of a row stand together
		if k == 0 || b.wanted[k-1].row != w.row {
			n++
		}
	}
	return n
}

func (b *batch) add(pairs []infer.Pair) []int {
	var at []int
	for _, p := range pairs {
		key := binary.LittleEndian.AppendUint32(nil, uint32(len(p.Prompt)))
		for _, ids := range [][]int32{p.Prompt, p.Response} {
			for _, id := range ids {
				key = binary.LittleEndian.AppendUint32(key, uint32(id))
			}
		}
		place, ok := b.places[string(key)]
		if !ok {
			place = len(b.pairs)
			b.places[string(key)] = place
			b.pairs = append(b.pairs, p)
		}
		at = append(at, place)
	}
	return at
}

// measure gives each value that was wanted, or why there is none.
func (b *batch) measure(ctx context.Context, give func(row, score int, value float64, missing string)) (err error) {
	if b.losses, err = b.e.a.Losses(ctx, b.pairs); err != nil {
		return err
	}
	for _, w := range b.wanted {
		value, missing := b.valueOf(w)
		give(w.row, w.score, value, missing)
	}
	return nil
}

func (b *batch) valueOf(w wanted) (float64, string) {
	sum := 0.0
	for _, part := range w.parts {
		var list []infer.Loss
		for _, place := range part {
			l := b.losses[place]
			if l.Tokens == 0 {
				return 0, tooShort
			}
			list = append(list, l)
		}
		sum += w.value(list)
	}
	value := sum / float64(len(w.parts))
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, notFinite
	}
	return value, ""
}
