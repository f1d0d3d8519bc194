package infer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/wholefile"
	"github.com/cria-llm/cria/model"
)

// Comparison is how far what one model expects is from what another does, over the tokens of given answers.
type Comparison struct {
	Base   string  `json:"base"`    // that the reference stands on, by name
	KLMean float64 `json:"kl_mean"` // KL(reference ‖ other) of the next token, in nats: the mean over the tokens
	KLMax  float64 `json:"kl_max"`  // and the most of any
	// Agreement is the share of tokens of which both models find the same one likeliest.
	Agreement float64 `json:"agreement"`
	Tokens    int     `json:"tokens"`
	Prompts   int     `json:"prompts"`
	// TooLong counts the prompts that do not fit the models' positions and were left out.
	TooLong int `json:"too_long,omitempty"`
}

// sameKL is how far a model may be from another that computes the same with sums in another order.
const sameKL = 1e-5

// Same says whether the models differ by rounding alone.
func (c Comparison) Same() bool { return c.KLMax <= sameKL }

const comparisonFile = "comparison.json"

// Write keeps the comparison in the folder of what was compared.
func (c Comparison) Write(dir string) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, comparisonFile), append(text, '\n'))
}

// ReadComparison reads what [Comparison.Write] kept; nil where there is none.
func ReadComparison(dir string) (*Comparison, error) {
	var c Comparison
	if err := wholefile.JSON(filepath.Join(dir, comparisonFile), 1<<20, &c); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return &c, nil
}

// SaveCompared writes an adapter that was made of others into a folder, loads it again, and compares it, on their base,
// with the weighted sum of the others. The comparison is kept beside it. Nothing is written where the sum does not fit
// the base.
func SaveCompared(ctx context.Context, be compute.Backend, base string, list []adapter.Weighted, made *adapter.Adapter, dir string) (_ Comparison, err error) {
	sum, err := adapter.Stack(list)
	if err != nil {
		return Comparison{}, err
	}
	open := func(a *adapter.Adapter) (*Assistant, error) {
		return Open(ctx, be, base, OpenOptions{Exact: true, Adapters: []*adapter.Adapter{a}})
	}
	reference, err := open(sum)
	if err != nil {
		return Comparison{}, err
	}
	defer func() { err = errors.Join(err, reference.Close()) }()
	if err := made.Save(dir); err != nil {
		return Comparison{}, err
	}
	written, err := adapter.Load(dir)
	if err != nil {
		return Comparison{}, err
	}
	other, err := open(written)
	if err != nil {
		return Comparison{}, err
	}
	defer func() { err = errors.Join(err, other.Close()) }()
	c, err := Compare(ctx, reference, other)
	if err != nil {
		return Comparison{}, err
	}
	return c, c.Write(dir)
}

// Compare runs both models over the same short conversations, in the reference's template, and compares what they expect
// at each token of the answers, in float32. The models share a tokenizer.
func Compare(ctx context.Context, reference, other *Assistant) (Comparison, error) {
	c, err := compare(ctx, reference, other)
	if err != nil {
		return Comparison{}, fmt.Errorf("compare %s with %s: %w", reference.Name(), other.Name(), err)
	}
	return c, nil
}

func compare(ctx context.Context, reference, other *Assistant) (Comparison, error) {
	if r, o := reference.m.Config().Vocab, other.m.Config().Vocab; r != o {
		return Comparison{}, fmt.Errorf("vocabularies of %d and %d tokens", r, o)
	}
	if reference.templateErr != nil {
		return Comparison{}, reference.templateErr
	}
	c := Comparison{Base: reference.m.Name()}
	var sum float64
	var agree int
	for _, conv := range comparisonSet() {
		r, err := reference.Answered(conv)
		if err != nil {
			return Comparison{}, err
		}
		// What comes after the last answer's end is not looked at.
		span := r.Spans[len(r.Spans)-1]
		ids := r.IDs[:span.To]
		if len(ids) > min(reference.Context(), other.Context()) {
			c.TooLong++
			continue
		}
		want, err := reference.logitsOf(ctx, ids, span.From-1, len(ids)-1)
		if err != nil {
			return Comparison{}, err
		}
		got, err := other.logitsOf(ctx, ids, span.From-1, len(ids)-1)
		if err != nil {
			return Comparison{}, err
		}
		for i := range want {
			kl := divergence(want[i], got[i])
			sum += kl
			c.KLMax = max(c.KLMax, kl)
			if argmax(want[i]) == argmax(got[i]) {
				agree++
			}
		}
		c.Tokens += len(want)
		c.Prompts++
	}
	if c.Tokens == 0 {
		return Comparison{}, errors.New("none of the prompts fits the models' positions")
	}
	c.KLMean = sum / float64(c.Tokens)
	c.Agreement = float64(agree) / float64(c.Tokens)
	if math.IsNaN(c.KLMean) {
		return Comparison{}, errors.New("the logits are not finite")
	}
	return c, nil
}

// logitsOf is the logits after each of the tokens at positions from to to, to not included.
func (a *Assistant) logitsOf(ctx context.Context, ids []int32, from, to int) ([][]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := model.Batch{IDs: ids, Pos: make([]int32, len(ids)), Starts: []int{0}}
	for i := range b.Pos {
		b.Pos[i] = int32(i)
	}
	rows := make([][]float32, 0, to-from)
	vocab := a.m.Config().Vocab
	ws := a.m.NewWorkspace(len(ids), model.Inference)
	err := a.m.Exactly(func() error {
		return a.m.Logits(ws, b, b.Pos[from:to], func(_ int, logits compute.Buffer) {
			for i := range logits.Len() / vocab {
				row := make([]float32, vocab)
				a.m.Backend().Read(row, logits.Slice(i*vocab, (i+1)*vocab))
				rows = append(rows, row)
			}
		})
	})
	return rows, err
}

// divergence is KL(p ‖ q) of two rows of logits, in nats and float64. Rounding alone can put it below 0, which it never is.
func divergence(p, q []float32) float64 {
	lp, lq := logSum(p), logSum(q)
	var kl float64
	for i := range p {
		a := float64(p[i]) - lp
		kl += math.Exp(a) * (a - (float64(q[i]) - lq))
	}
	return max(0, kl)
}

// logSum is log Σ exp.
func logSum(logits []float32) float64 {
	top := float64(logits[argmax(logits)])
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - top)
	}
	return math.Log(sum) + top
}

// comparisonSet is a small set of questions and answers of many kinds, the same for every comparison.
func comparisonSet() [][]chat.Message {
	var set [][]chat.Message
	for _, row := range [][3]string{ // instruction, input, answer
		{"Name three fruits that grow on trees.", "", "Apples, pears and cherries grow on trees."},
		{"What is the opposite of \"heavy\"?", "", "Light."},
		{"Say in one sentence what a bridge is for.", "", "A bridge lets people and vehicles cross a river, a road or a valley."},
		{"Put the sentence into the past tense.", "The children walk to school.", "The children walked to school."},
		{"Is the review good or bad?", "The soup was cold and nobody came to our table.", "Bad."},
		{"How much is 17 + 25?", "", "17 + 25 = 42."},
		{"Who is the text about?", "Mara fed the goats before she went to the market with her uncle.", "The text is about Mara."},
		{"Write the words in alphabetical order.", "river, apple, stone, cloud", "apple, cloud, river, stone"},
		{"Give two tips for keeping a bicycle in good order.", "", "1. Oil the chain every few weeks.\n2. Check the brakes and the air in the tyres before a long ride."},
		{"Write a short note that thanks a neighbour for watering the plants.", "", "Dear Sam, thank you for watering my plants while I was away. They look better than before!"},
		{"Write a Python function that returns the larger of two numbers.", "", "def larger(a, b):\n    return a if a > b else b"},
		{"Translate into French.", "Good morning, my friend.", "Bonjour, mon ami."},
		{"Why does ice float on water?", "", "Ice floats because water becomes less dense when it freezes, so a piece of ice weighs less than the water it displaces."},
		{"Continue the story with one sentence.", "The lantern went out, and the old sailor reached for the rope.", "He pulled it twice, and far below a bell answered him."},
	} {
		set = append(set, []chat.Message{{Role: chat.User, Content: row[0], Input: row[1]}, {Role: chat.Assistant, Content: row[2]}})
	}
	return set
}
