package weigh

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/openai"
)

// judgeScore is a mark that a judge gives an exchange. Of a row with several answers it is the mean of theirs.
type judgeScore struct {
	ask       string // what to mark, and how
	answer    bool   // the judge sees the answer too
	low, high float64
	// expected says that the marks are whole numbers of a digit, and that where the judge tells how likely each of them was,
	// their mean by likelihood is the mark.
	expected bool
}

// The marks of DEITA and AlpaGasus are asked for in other words than theirs.
var (
	complexity = Score{
		Name: "complexity", Judge: true, version: 1,
		About:  "how demanding a judge finds the instruction, 1 to 6",
		Source: "after Liu et al. 2023 (DEITA), arXiv 2312.15685, whose scorer was tuned for it",
		judge: &judgeScore{low: 1, high: 6, expected: true,
			ask: "Below is a task that was given to an assistant. Mark how demanding the task is: how much knowledge, how many steps of thought and how many conditions it takes to do it well. 1 is trivial, 6 is as demanding as tasks get. Do not do the task."},
	}
	quality = Score{
		Name: "quality", Judge: true, version: 1,
		About:  "how good a judge finds the answer to its instruction, 1 to 6",
		Source: "after Liu et al. 2023 (DEITA), arXiv 2312.15685, whose scorer was tuned for it",
		judge: &judgeScore{low: 1, high: 6, expected: true, answer: true,
			ask: "Below is a task and the answer that an assistant gave. Mark the answer: whether it is right, does what the task asks, is as complete as the task needs, and is clearly written. 1 is useless, 6 could not be better. Length by itself is no merit."},
	}
	deita = Score{
		Name: "deita", Judge: true, version: 1, of: []string{"complexity", "quality"},
		About:  "complexity × quality",
		Source: "Liu et al. 2023 (DEITA), arXiv 2312.15685",
	}
	alpagasus = Score{
		Name: "alpagasus", Judge: true, version: 1,
		About:  "how accurate a judge finds the answer, 0 to 5 in halves",
		Source: "after Chen et al. 2023 (AlpaGasus), arXiv 2307.08701",
		judge: &judgeScore{low: 0, high: 5, answer: true,
			ask: "Below is a task and the answer that an assistant gave. Mark the accuracy of the answer: whether what it says is true and is what the task asks for. 0 is wrong throughout, 5 is accurate throughout; halves, such as 3.5, are allowed."},
	}
)

// longestMark is how many tokens a judge may take for its mark, some of them for thoughts that end in </think>.
const longestMark = 512

const endOfThought = "</think>"

// request asks for the mark of an exchange.
func (j *judgeScore) request(x curate.Exchange) openai.Request {
	var b strings.Builder
	b.WriteString(j.ask + "\n\nAnswer with the number alone, from " + number(j.low) + " to " + number(j.high) + ".\n")
	part := func(name, text string) { fmt.Fprintf(&b, "\n[%s]\n%s\n[end of %s]\n", name, text, name) }
	part("task", x.Ask())
	if j.answer {
		part("answer", x.Output.Text)
	}
	b.WriteString("\nMark:")
	zero := 0.0
	r := openai.Request{Messages: []openai.Message{{Role: "user", Content: b.String()}}, Temperature: &zero, MaxTokens: longestMark}
	if j.expected {
		r.TopLogprobs = 20
	}
	key := sha256.Sum256([]byte(r.Messages[0].Content))
	r.Key = "weigh " + hex.EncodeToString(key[:16])
	return r
}

// noMark is the reason of a row whose judge said something else.
const noMark = "no mark in the judge's answer"

// mark asks for the mark of a row, or says why there is none; of noMark, said is what the judge said instead. An error is of
// the judge as a whole.
func (j *judgeScore) mark(ctx context.Context, m openai.Model, row *curate.Row) (value float64, missing, said string, err error) {
	list := row.Exchanges()
	if len(list) == 0 {
		return 0, noAnswer, "", nil
	}
	sum := 0.0
	for _, x := range list {
		if j.answer && x.Output.Text == "" {
			return 0, emptyAnswer, "", nil
		}
		answer, err := m.Chat(ctx, j.request(x))
		var refused *openai.RequestError
		if errors.As(err, &refused) {
			return 0, "the judge cannot take it: " + clip(refused.Error(), 80), "", nil
		}
		if err != nil {
			return 0, "", "", err
		}
		value, ok := j.read(answer)
		if !ok {
			return 0, noMark, answer.Text, nil
		}
		sum += value
	}
	return sum / float64(len(list)), "", "", nil
}

// read finds the mark in an answer.
func (j *judgeScore) read(r *openai.Response) (float64, bool) {
	if j.expected {
		if mark, ok := j.mean(r.Logprobs); ok {
			return mark, true
		}
	}
	text := r.Text
	if i := strings.LastIndex(text, endOfThought); i >= 0 {
		text = text[i+len(endOfThought):]
	}
	return readMark(text, j.low, j.high)
}

// mean is the mean of the marks by how likely each was as the first token, where they were more likely than all else.
func (j *judgeScore) mean(list []openai.TokenLogprob) (float64, bool) {
	all, sum := 0.0, 0.0
	for _, t := range list {
		x, err := strconv.Atoi(strings.TrimSpace(t.Token))
		if err == nil && float64(x) >= j.low && float64(x) <= j.high {
			p := math.Exp(t.Logprob)
			all, sum = all+p, sum+p*float64(x)
		}
	}
	mark := sum / all
	return mark, all > 0.5 && mark >= j.low && mark <= j.high
}

// readMark finds the only number of the answer's first line that has one, but for what it is out of ("4/6", "4 out of 6"). A
// number outside the marks, and a second one, are no mark.
func readMark(text string, low, high float64) (float64, bool) {
	for line := range strings.Lines(text) {
		line = strings.ReplaceAll(line, "out of", "/")
		found, mark, over := 0, 0.0, false
		for i := 0; i < len(line); {
			c := line[i]
			switch {
			case c == '/':
				over = true
				i++
			case c >= '0' && c <= '9':
				end := i
				for end < len(line) && (line[end] >= '0' && line[end] <= '9' || line[end] == '.' && end+1 < len(line) && line[end+1] >= '0' && line[end+1] <= '9') {
					end++
				}
				x, err := strconv.ParseFloat(line[i:end], 64)
				if err != nil {
					return 0, false
				}
				if !over {
					if i > 0 && line[i-1] == '-' {
						x = -x
					}
					found, mark = found+1, x
				}
				over = false
				i = end
			default:
				over = over && c == ' '
				i++
			}
		}
		if found > 0 {
			return mark, found == 1 && mark >= low && mark <= high
		}
	}
	return 0, false
}

// clip is a text's beginning in one line.
func clip(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
