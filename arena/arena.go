// Package arena says who answers better: it has judges look at two answers to one prompt from both seats, counts what they say,
// and tells how far chance alone could have moved the count.
//
// It never shows a judge who wrote an answer, and never turns a verdict that failed into one.
//
//	o := arena.Combine(p, forth, back)  // two verdicts on one pair, the seats swapped in the second
//	s := arena.Summarise(outcomes, 1)
//	fmt.Println(s.WinRate, s.Interval)
package arena

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"unicode/utf8"
)

// Answer is what a contestant said to a prompt.
type Answer struct {
	By   string
	Text string
}

// Pair is a prompt and the answers of two contestants.
type Pair struct {
	ID     string // of the prompt: pairs with one ID hang together and are drawn together when intervals are computed
	Prompt string
	Input  string // what the prompt is about; may be empty
	Right  string // the right answer, where one is known
	A, B   Answer
}

// Seat is where a judge sees an answer.
type Seat int

// The first and the second answer that a judge reads.
const (
	First Seat = iota
	Second
)

// Shown is what a judge sees of a pair: no names, and A in one of the seats.
type Shown struct {
	Prompt, Input, Right string
	Answers              [2]string // by seat
}

// Show seats A.
func (p Pair) Show(a Seat) Shown {
	s := Shown{Prompt: p.Prompt, Input: p.Input, Right: p.Right}
	s.Answers[a], s.Answers[1-a] = p.A.Text, p.B.Text
	return s
}

// Hash tells what is seen from anything else, seats included: the SHA-256, in hex, of the texts with their lengths.
func (s Shown) Hash() string {
	h := sha256.New()
	for _, text := range []string{s.Prompt, s.Input, s.Right, s.Answers[First], s.Answers[Second]} {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text))))
		h.Write([]byte(text))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Identical says that there is nothing to judge.
func (p Pair) Identical() bool { return p.A.Text == p.B.Text }

// Verdict is what a judge said of two answers.
type Verdict struct {
	// First is how sure the judge is that the answer in the first seat is the better one: 1, 0, 0.5 for a tie, or a
	// probability.
	First float64
	// Failed is why there is no verdict; empty where there is one.
	Failed string
	// Said is what the judge wrote, where it wrote something.
	Said string
}

// Judge compares two answers. Its name goes into reports, so it has what another needs to ask the same again. An error ends the
// comparison; a verdict that could not be had of one pair is none, but a verdict that failed.
type Judge interface {
	Name() string
	Judge(ctx context.Context, s Shown) (Verdict, error)
}

// Outcome is what both seats together said of a pair.
type Outcome struct {
	ID        string  // of the prompt
	A         float64 // 1 A won, 0 B won, 0.5 a tie
	Flipped   bool    // the seats named different winners: a tie
	Identical bool    // the answers were the same to the letter: a tie, and no judge was asked
	Failed    string  // why there is no outcome, which then counts nowhere else
	Longer    float64 // 1 A's answer is the longer in characters, 0 B's, 0.5 neither
	FirstWon  float64 // the share of the verdicts that went to the first seat, ties half; NaN where that isn't known
}

// Combine takes the verdict with A in the first seat and that with A in the second. A wins or loses where both say so;
// otherwise it is a tie.
func Combine(p Pair, forth, back Verdict) Outcome {
	o := Outcome{ID: p.ID, A: 0.5, FirstWon: math.NaN(), Longer: longer(p.A.Text, p.B.Text)}
	if p.Identical() {
		o.Identical = true
		return o
	}
	for _, v := range []Verdict{forth, back} {
		if v.Failed != "" {
			o.Failed = v.Failed
			return o
		}
		if !(v.First >= 0 && v.First <= 1) {
			o.Failed = "the verdict is no number from 0 to 1"
			return o
		}
	}
	a, b := sign(forth.First), -sign(back.First)
	if a == b {
		o.A = 0.5 + a/2
	}
	o.Flipped = a*b < 0
	o.FirstWon = 0.5 + (a-b)/4
	return o
}

// Compare asks a judge from both seats.
func Compare(ctx context.Context, j Judge, p Pair) (Outcome, error) {
	var v [2]Verdict
	if !p.Identical() {
		for seat := range v {
			var err error
			if v[seat], err = j.Judge(ctx, p.Show(Seat(seat))); err != nil {
				return Outcome{}, err
			}
		}
	}
	return Combine(p, v[First], v[Second]), nil
}

// sign is 1 where the first seat won, -1 where the second did, 0 for a tie.
func sign(first float64) float64 {
	switch {
	case first > 0.5:
		return 1
	case first < 0.5:
		return -1
	}
	return 0
}

// longer is 1 where a has more characters, 0 where b has, 0.5 otherwise.
func longer(a, b string) float64 {
	switch d := length(a) - length(b); {
	case d > 0:
		return 1
	case d < 0:
		return 0
	}
	return 0.5
}

// length of a text is counted in characters.
func length(s string) int { return utf8.RuneCountInString(s) }
