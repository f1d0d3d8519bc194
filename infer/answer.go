package infer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cria-llm/cria/tokenizer"
)

// answer is one that is being given, token by token. Who gives it runs the model.
type answer struct {
	o       Options
	limit   int // tokens
	stop    []int32
	history []int32 // prompt and answer
	draw    *sampler
	fits    *held
	decoder *tokenizer.Decoder
	lead    string // what is still to be taken off the beginning
	ends    stopText
	text    strings.Builder
	emit    func(text string) error
	began   time.Time // when the first token was drawn
	res     Result
}

// newAnswer is one of which nothing is said yet.
func (a *Assistant) newAnswer(prompt []int32, o Options, emit func(text string) error) (*answer, error) {
	if a.tokErr != nil {
		return nil, a.tokErr
	}
	if err := o.Sampling.Check(); err != nil {
		return nil, err
	}
	if slices.Contains(o.StopText, "") {
		return nil, fmt.Errorf("a stop text is empty: every answer would end before it begins")
	}
	limit, err := a.limit(len(prompt), o.MaxTokens)
	if err != nil {
		return nil, err
	}
	stop := o.Stop
	if stop == nil {
		stop = a.stop
	}
	return &answer{o: o, limit: limit, stop: stop, history: slices.Clone(prompt), draw: newSampler(o.Sampling, len(prompt)),
		fits: a.hold(o.Grammar, stop), decoder: a.tok.NewDecoder(), lead: o.Lead, ends: stopText{stops: o.StopText}, emit: emit,
		res: Result{StopReason: Length, StopID: -1, PromptTokens: len(prompt)}}, nil
}

// next draws a token of the logits behind all that was said, which it changes. more says that the logits behind the new one
// are wanted too.
func (s *answer) next(logits []float32) (more bool, err error) {
	if len(s.res.IDs) == 0 {
		s.began = time.Now()
		s.res.Alternatives = alternatives(logits, s.o.Alternatives)
	}
	if err := s.fits.bound(logits, s.limit-len(s.res.IDs)); err != nil {
		return false, err
	}
	id, err := s.draw.next(logits, s.history)
	if err != nil {
		return false, fmt.Errorf("after %d tokens of the answer: %w", len(s.res.IDs), err)
	}
	if slices.Contains(s.stop, id) {
		s.res.StopReason, s.res.StopID = Stopped, id
		return false, nil
	}
	s.res.IDs, s.history = append(s.res.IDs, id), append(s.history, id)
	if err := s.say(s.shown(s.decoder.Next(id))); err != nil {
		return false, err
	}
	s.fits.take(id)
	if s.ends.found || s.fits.ended() {
		s.res.StopReason = Stopped
		return false, nil
	}
	return len(s.res.IDs) < s.limit, nil
}

// shown is what can be said of the answer once a piece has come.
func (s *answer) shown(piece string) string {
	if s.lead != "" && piece != "" {
		piece, s.lead = strings.TrimPrefix(piece, s.lead), ""
	}
	return s.ends.next(piece)
}

func (s *answer) say(text string) error {
	if text == "" {
		return nil
	}
	s.text.WriteString(text)
	if s.emit == nil {
		return nil
	}
	return s.emit(text)
}

// result ends the answer.
func (s *answer) result() (Result, error) {
	if len(s.res.IDs) > 0 {
		s.res.AnswerTime = time.Since(s.began)
	}
	if !s.ends.found {
		if err := s.say(s.shown(s.decoder.Flush()) + s.ends.rest()); err != nil {
			return Result{}, err
		}
	}
	if s.fits.late() && s.res.StopReason == Stopped {
		s.res.StopReason = Length
	}
	s.res.Text = s.text.String()
	return s.res, nil
}
