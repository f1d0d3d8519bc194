package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/infer"
)

// logitsJSON is what the model makes of given tokens, for other programs.
type logitsJSON struct {
	Argmax []int32   `json:"argmax"` // per position
	Last   []float32 `json:"last"`   // the whole vocabulary
	NLL    *float64  `json:"nll"`    // mean loss of each next token, in nats; null for a single token
}

func newLogitsCommand(a *app) *cobra.Command {
	var list string
	var threads int
	var asJSON bool
	c := &cobra.Command{
		Use:   "logits MODEL --tokens ID,ID,...",
		Short: "Show what a model makes of given tokens",
		Long: `logits runs the tokens as they are, with nothing added, and shows what the model expects next: at every position the
likeliest token, at the last the logits of the whole vocabulary, and the mean loss of the tokens given those before them.`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("tokens") {
				return usagef(c, "--tokens is missing: ids with commas between them")
			}
			ids, err := parseIDs(list)
			if err != nil {
				return usagef(c, "--tokens: %v", err)
			}
			return withModel(c, args[0], infer.OpenOptions{Exact: true}, threads, func(m *infer.Assistant) error {
				s, err := m.Score(c.Context(), ids)
				if err != nil {
					return err
				}
				j := logitsJSON{Argmax: s.Argmax, Last: s.Last}
				if len(ids) > 1 {
					j.NLL = &s.NLL
				}
				if asJSON {
					return printJSON(a.stdout, j)
				}
				showLogits(a, m, j)
				return nil
			})
		},
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&list, "tokens", "", "`IDS`, with commas between them")
	c.Flags().IntVar(&threads, "threads", 0, "processor threads (default all)")
	c.Flags().BoolVar(&asJSON, "json", false, `print one line of JSON, {"argmax":[…],"last":[…],"nll":…}`)
	return c
}

func parseIDs(list string) ([]int32, error) {
	var ids []int32
	for part := range strings.SplitSeq(list, ",") {
		id, err := strconv.ParseInt(strings.TrimSpace(part), 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%q is no token id", part)
		}
		ids = append(ids, int32(id))
	}
	return ids, nil
}

// showLogits shows the ten likeliest next tokens.
func showLogits(a *app, m *infer.Assistant, j logitsJSON) {
	if j.NLL != nil {
		fmt.Fprintf(a.stdout, "loss %.4f (perplexity %.4g)\n", *j.NLL, math.Exp(*j.NLL))
	}
	order := make([]int, len(j.Last))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(j.Last[y], j.Last[x]) })
	sum := 0.0
	for _, x := range j.Last {
		sum += math.Exp(float64(x - j.Last[order[0]]))
	}
	tok, err := m.Tokenizer()
	t := table{heading: "likeliest next tokens", right: map[int]bool{0: true, 1: true, 2: true}}
	for _, id := range order[:min(10, len(order))] {
		spelling := ""
		if err == nil {
			spelling = fmt.Sprintf("%q", tok.Token(int32(id)))
		}
		t.row(fmt.Sprint(id), fmt.Sprintf("%.4f", j.Last[id]), percent(math.Exp(float64(j.Last[id]-j.Last[order[0]]))/sum), spelling)
	}
	t.print(a.stdout, a.paint(a.stdout))
}
