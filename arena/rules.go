package arena

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"

	"github.com/cria-llm/cria/similarity"
)

// Rules are the judges that need no model, for help.
const Rules = "longer|shorter|first|second|random|exact|rouge|matches:REGEXP|" + TestsPrefix + "COMMAND"

// Rule is a judge that goes by a rule:
//
//	longer, shorter    the one with more, or fewer, characters wins
//	first, second      that seat wins
//	random             a coin, the same one for the same question and seed
//	exact              the right answer wins, but for space around it; it fails where none is known
//	rouge              the answer that is more like the right one wins, by ROUGE-L's F-measure; it fails where none is known
//	matches:REGEXP     an answer that matches wins against one that doesn't
//
// Besides these there is [Tests] alone: an error says so.
func Rule(name string, seed uint64) (Judge, error) {
	first := func(v float64) func(Shown) Verdict { return func(Shown) Verdict { return Verdict{First: v} } }
	switch name {
	case "longer":
		return rule{name, func(s Shown) Verdict { return Verdict{First: longer(s.Answers[0], s.Answers[1])} }}, nil
	case "shorter":
		return rule{name, func(s Shown) Verdict { return Verdict{First: longer(s.Answers[1], s.Answers[0])} }}, nil
	case "first":
		return rule{name, first(1)}, nil
	case "second":
		return rule{name, first(0)}, nil
	case "random":
		return rule{fmt.Sprint(randomly, seed), func(s Shown) Verdict { return Verdict{First: coin(s, seed)} }}, nil
	case "exact":
		return rule{name, exact}, nil
	case "rouge":
		return rule{name, closer}, nil
	}
	if pattern, ok := strings.CutPrefix(name, "matches:"); ok {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, err
		}
		return rule{name, func(s Shown) Verdict { return better(re.MatchString(s.Answers[0]), re.MatchString(s.Answers[1])) }}, nil
	}
	return nil, fmt.Errorf("there is no rule %q: want %s", name, Rules)
}

// randomly begins the name of a coin.
const randomly = "random, seed "

type rule struct {
	name  string
	judge func(Shown) Verdict
}

func (r rule) Name() string { return r.name }

func (r rule) Judge(ctx context.Context, s Shown) (Verdict, error) { return r.judge(s), ctx.Err() }

// better is the verdict where one of two answers is right.
func better(first, second bool) Verdict {
	switch {
	case first && !second:
		return Verdict{First: 1}
	case second && !first:
		return Verdict{First: 0}
	}
	return Verdict{First: 0.5}
}

func exact(s Shown) Verdict {
	right := strings.TrimSpace(s.Right)
	if right == "" {
		return Verdict{Failed: errNoRight.Error()}
	}
	return better(strings.TrimSpace(s.Answers[0]) == right, strings.TrimSpace(s.Answers[1]) == right)
}

// closer is for the answer that is more like the right one.
func closer(s Shown) Verdict {
	right := similarity.Words(s.Right)
	if len(right) == 0 {
		return Verdict{Failed: errNoRight.Error()}
	}
	var like [2]float64
	for i, text := range s.Answers {
		like[i] = similarity.RougeL(similarity.Words(text), right)
	}
	return better(like[0] > like[1], like[1] > like[0])
}

var errNoRight = errors.New("no right answer is known")

// coin is 0 or 1.
func coin(s Shown, seed uint64) float64 {
	h := fnv.New64a()
	var word [8]byte
	for _, text := range []string{s.Prompt, s.Input, s.Answers[0], s.Answers[1]} {
		binary.LittleEndian.PutUint64(word[:], uint64(len(text)))
		h.Write(word[:])
		h.Write([]byte(text))
	}
	binary.LittleEndian.PutUint64(word[:], seed)
	h.Write(word[:])
	// The low bits of the hash barely mix (Steele, Lea and Flood 2014, splitmix's finish).
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x ^ x>>31) >> 63)
}
