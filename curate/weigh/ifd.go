package weigh

import (
	"math"
	"strings"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/infer"
)

// The two published definitions of instruction-following difficulty. They are not the same number, and rows are not ordered
// alike by them:
//
//   - ifd-loss divides mean losses, ifd-ppl perplexities: ifd-ppl is e to the difference of the losses, so ifd-loss
//     stretches the rows whose answers are likely anyway, and ifd-ppl does not care how likely they are.
//   - ifd-loss asks in Alpaca's prompt and compares with the answer after "### Response:"; ifd-ppl asks with the bare texts
//     and compares with the answer after nothing.
//   - Cherry takes the rows up to a ratio of 1 and a share of what is left, Superfiltering those below 1 and a share of all.
//
// Both leave out the system text and earlier turns, which the published data do not have. What a tokenizer puts before a text
// by itself, such as <s>, is there in every text, as it is in the published programs.
var (
	ifdLoss = Score{
		Name: "ifd-loss", Model: true, version: 1,
		About:  "mean loss of the answer after Alpaca's prompt, over its mean loss after \"### Response:\" alone",
		Source: "Li et al. 2023, arXiv 2308.12032; Cherry_LLM, data_by_IFD.py with --prompt alpaca",
		tokens: &tokenScore{texts: cherryTexts, value: func(l []infer.Loss) float64 { return mean(l[0]) / mean(l[1]) }},
	}
	ifdPPL = Score{
		Name: "ifd-ppl", Model: true, version: 1,
		About:  "perplexity of the answer after the instruction and input, over its perplexity after nothing",
		Source: "Li et al. 2024, arXiv 2402.00530; Superfiltering, code_ifd/data_analysis.py",
		tokens: &tokenScore{texts: superTexts, value: func(l []infer.Loss) float64 { return math.Exp(mean(l[0]) - mean(l[1])) }},
	}
)

// The most tokens of a text in the published programs' instructions, or what the model has positions for.
const (
	cherryLength = 512
	superLength  = 1024
)

const alpacaAnswer = "### Response:"

// cherryPrompt is Alpaca's prompt, word for word.
func cherryPrompt(x curate.Exchange) string {
	var b strings.Builder
	b.WriteString("Below is an instruction that describes a task")
	if x.Input.Text != "" {
		b.WriteString(", paired with an input that provides further context")
	}
	b.WriteString(". Write a response that appropriately completes the request.\n\n### Instruction:\n" + x.Instruction.Text)
	if x.Input.Text != "" {
		b.WriteString("\n\n### Input:\n" + x.Input.Text)
	}
	return b.String() + "\n\n" + alpacaAnswer
}

// cherryTexts: the text with the whole prompt is cut at the most tokens there may be, the direct one at as many less the
// instruction's own and 2 more; what leaves that one less than 5 tokens is not measured.
func cherryTexts(e encoder, x curate.Exchange) ([]infer.Pair, string, error) {
	most := min(cherryLength, e.context())
	instruction, err := e.encode(x.Instruction.Text)
	if err != nil {
		return nil, "", err
	}
	left := most - len(instruction) - 2
	if left <= 4 {
		return nil, tooLong, nil
	}
	return e.after(x.Output.Text, []prompted{{cherryPrompt(x), most}, {alpacaAnswer, left}})
}

// superTexts: the text with the question is cut at the most tokens there may be, the answer alone so that as many of its
// tokens are measured as of the other.
func superTexts(e encoder, x curate.Exchange) ([]infer.Pair, string, error) {
	most := min(superLength, e.context())
	question := x.Instruction.Text + "\n"
	if x.Input.Text != "" {
		question += x.Input.Text + "\n"
	}
	prompt, err := e.encode(question)
	if err != nil {
		return nil, "", err
	}
	if len(prompt) >= most {
		return nil, tooLong, nil
	}
	return e.after(x.Output.Text, []prompted{{question, most}, {"", most - len(prompt) + 1}})
}

func mean(l infer.Loss) float64 { return l.Sum / float64(l.Tokens) }
