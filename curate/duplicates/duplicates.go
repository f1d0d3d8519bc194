// Package duplicates finds rows that say what others say already, and rows that answer one question differently.
//
// Each of its detectors looks at all rows together. A finding names the row that could go; its Rows are those that it
// repeats, first the one to keep, which is the one with the longest answer and of equals the earliest. Which of two answers
// that contradict each other is right they do not know.
//
//	for _, d := range duplicates.All(nil) {
//		found, err := d.LookAll(ctx, rows)
//	}
package duplicates

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/similarity"
)

const (
	nearly  = 0.7  // Jaccard similarity of a near duplicate's shingles
	alike   = 0.8  // cosine of a semantic duplicate's vectors once they point in all directions
	few     = 200  // rows that are too few to bring their vectors to that
	narrow  = 0.97 // cosine of those as they are
	overlap = 0.33 // share of the words that say what is asked for, of two questions that are one
	mention = 20   // rows that a finding names at most
)

// Embed gives each text a unit vector.
type Embed func(ctx context.Context, texts []string) ([][]float32, error)

// All are the detectors, each of which leaves out what those before it find. Without an embed there is none of meanings.
func All(embed Embed) []curate.Detector {
	all := []curate.Detector{exact(), near()}
	if embed != nil {
		all = append(all, semantic(embed))
	}
	return append(all, contradiction())
}

func exact() curate.Detector {
	return curate.Detector{
		Name:      "duplicate-exact",
		About:     "All texts of the row are those of another, but for capitals, white space, the last punctuation and words for there being no input.",
		Example:   "Name a prime. → 7\nname a prime → 7",
		Precision: curate.Share{Count: 45, Of: 45},
		LookAll: func(ctx context.Context, rows []*curate.Row) ([]curate.Finding, error) {
			return groups("duplicate-exact", rows, same(rows), func(kept *curate.Row) (float64, string) {
				return 1, fmt.Sprintf("the same as row %d, which is enough", kept.Index)
			}), ctx.Err()
		},
	}
}

func near() curate.Detector {
	return curate.Detector{
		Name:      "duplicate-near",
		About:     "Of all runs of three words in this row and another, 7 in 10 are in both, and the answers are alike too.",
		Example:   "Name three rivers that flow through the city of Paris or near it. → The Seine, the Marne and the Oise.\nName three rivers that flow through the city of Paris or near it! → the Seine, the Marne and the Oise, for example.",
		Precision: curate.Share{Count: 4, Of: 5},
		LookAll: func(ctx context.Context, rows []*curate.Row) ([]curate.Finding, error) {
			lead := leads(len(rows), same(rows))
			texts := make([]string, len(lead))
			for i, at := range lead {
				texts[i] = text(rows[at])
			}
			found := similarity.NearDuplicates(texts, nearly)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			for n, g := range found {
				for i, k := range g {
					g[i] = lead[k]
				}
				found[n] = answeredAlike(rows, g)
			}
			return groups("duplicate-near", rows, found, func(kept *curate.Row) (float64, string) {
				return 0.8, fmt.Sprintf("nearly the same as row %d, which has the longer answer", kept.Index)
			}), nil
		},
	}
}

func semantic(embed Embed) curate.Detector {
	return curate.Detector{
		Name:    "duplicate-semantic",
		About:   "A model's vectors of this row and of another point the same way, and their questions share words and numbers: it says the same in other words.",
		Example: "What is the capital city of France? → The capital of France is Paris.\nName France's capital. → It is Paris.",
		// With the vectors of stories3M, which knows little of Alpaca's subjects.
		Precision: curate.Share{Count: 11, Of: 20},
		LookAll: func(ctx context.Context, rows []*curate.Row) ([]curate.Finding, error) {
			texts := make([]string, len(rows))
			for i, r := range rows {
				texts[i] = text(r)
			}
			lead := leads(len(rows), similarity.NearDuplicates(texts, nearly))
			for i, at := range lead {
				texts[i] = texts[at]
			}
			vectors, err := embed(ctx, texts[:len(lead)])
			switch {
			case ctx.Err() != nil:
				return nil, ctx.Err()
			case err != nil:
				return nil, fmt.Errorf("embed %d rows: %w", len(lead), err)
			}
			threshold := narrow
			if len(vectors) >= few {
				vectors, threshold = similarity.Isotropic(vectors), alike
			}
			var found [][]int
			for _, g := range similarity.Alike(vectors, threshold) {
				for _, g := range stars(rows, lead, vectors, g, threshold) {
					for i, k := range g {
						g[i] = lead[k]
					}
					found = append(found, g)
				}
			}
			return groups("duplicate-semantic", rows, found, func(kept *curate.Row) (float64, string) {
				return 0.5, fmt.Sprintf("may say what row %d says, which has the longer answer", kept.Index)
			}), nil
		},
	}
}

// stars parts a group of rows, by their places in vectors, each of which is alike to some other, into groups in which all
// are alike to one, the row to keep.
func stars(rows []*curate.Row, lead []int, vectors [][]float32, group []int, threshold float64) [][]int {
	type member struct {
		at      int
		length  int
		words   map[string]bool
		numbers string
		said    []string // the words of a brief answer
	}
	members := make([]member, len(group))
	for i, k := range group {
		r := rows[lead[k]]
		members[i] = member{at: k, length: length(r)}
		members[i].words, members[i].numbers = content(r)
		if all := r.Exchanges(); len(all) == 1 {
			members[i].said = answerOf(all[0].Output.Text).words
		}
	}
	slices.SortStableFunc(members, func(a, b member) int { return b.length - a.length })
	var kept []member
	by := map[int][]int{} // by the row to keep
	for _, m := range members {
		at := slices.IndexFunc(kept, func(k member) bool {
			return k.numbers == m.numbers && inCommon(k.words, m.words) >= overlap && (k.said == nil || m.said == nil || shares(k.said, m.said)) &&
				similarity.Cosine(vectors[k.at], vectors[m.at]) >= threshold
		})
		if at < 0 {
			kept = append(kept, m)
			at = len(kept) - 1
		}
		by[kept[at].at] = append(by[kept[at].at], m.at)
	}
	var out [][]int
	for _, k := range kept {
		if g := by[k.at]; len(g) > 1 {
			slices.Sort(g)
			out = append(out, g)
		}
	}
	return out
}

// content is what a row's questions are about: their words without those that any may have, and the numbers in them.
func content(r *curate.Row) (words map[string]bool, numbers string) {
	words = map[string]bool{}
	var digits []string
	for _, x := range r.Exchanges() {
		for _, w := range similarity.Words(x.Ask()) {
			switch {
			case w[0] >= '0' && w[0] <= '9':
				digits = append(digits, w)
			case !filler(w) && !asking(w):
				words[w] = true
			}
		}
	}
	slices.Sort(digits)
	return words, strings.Join(digits, " ")
}

// asking says whether a word only asks, whatever for.
func asking(word string) bool {
	switch word {
	case "write", "generate", "create", "make", "list", "give", "provide", "describe", "explain", "construct", "compose", "design", "suggest",
		"come", "up", "with", "and", "or", "that", "it", "how", "why", "be", "by", "on", "at", "from", "as", "your", "my", "some":
		return true
	}
	return false
}

// inCommon is the share of two sets of words that is in both.
func inCommon(a, b map[string]bool) float64 {
	both := 0
	for w := range a {
		if b[w] {
			both++
		}
	}
	if both == 0 {
		return 0
	}
	return float64(both) / float64(len(a)+len(b)-both)
}

// text is all that a row says.
func text(r *curate.Row) string {
	var b strings.Builder
	for _, t := range r.Record.Turns {
		b.WriteString(t.Text)
		b.WriteByte('\n')
	}
	return b.String()
}

// plainly is a text as two people would write it alike: Unicode composed, in lower case, one space for white space, without
// punctuation at the end.
func plainly(text string) string {
	text = strings.Join(strings.Fields(strings.ToLower(norm.NFC.String(text))), " ")
	return strings.TrimRightFunc(text, func(c rune) bool { return unicode.IsPunct(c) || c == ' ' })
}

// noInput is what stands where there is no input, written out plainly.
var noInput = regexp.MustCompile(`^<?\s*(?:no[- ]?inputs?(?: (?:required|needed|given|provided|necessary))?|n/?a|none|not applicable)\s*>?$`)

// input is an input written plainly, "" where it says that there is none.
func input(text string) string {
	text = plainly(text)
	if noInput.MatchString(strings.TrimRight(text, "> ")) {
		return ""
	}
	return text
}

// same groups the rows that have the same texts, by their places in rows. Rows that say nothing are in no group.
func same(rows []*curate.Row) [][]int {
	by := map[string][]int{}
	var order []string
	for i, r := range rows {
		var parts []string
		said := false
		for _, t := range r.Record.Turns {
			p := plainly(t.Text)
			if t.Input {
				if p = input(t.Text); p == "" {
					continue // as if the row had no such field
				}
			}
			said = said || p != ""
			parts = append(parts, string(t.Role)+"\x00"+p)
		}
		if !said {
			continue
		}
		key := strings.Join(parts, "\x00")
		if by[key] == nil {
			order = append(order, key)
		}
		by[key] = append(by[key], i)
	}
	var out [][]int
	for _, key := range order {
		if len(by[key]) > 1 {
			out = append(out, by[key])
		}
	}
	return out
}

// leads are the places of n rows without those that repeat an earlier one of their group.
func leads(n int, groups [][]int) []int {
	repeats := map[int]bool{}
	for _, g := range groups {
		for _, i := range g[1:] {
			repeats[i] = true
		}
	}
	var out []int
	for i := range n {
		if !repeats[i] {
			out = append(out, i)
		}
	}
	return out
}

// answeredAlike leaves those of a group whose answers are alike too: a long input that two rows share makes no duplicates.
func answeredAlike(rows []*curate.Row, group []int) []int {
	answers := make(map[int][]uint64, len(group))
	for _, i := range group {
		var b strings.Builder
		for _, x := range rows[i].Exchanges() {
			b.WriteString(x.Output.Text + "\n")
		}
		answers[i] = similarity.Shingles(b.String())
	}
	kept := keep(rows, group)
	return slices.DeleteFunc(group, func(i int) bool {
		return i != kept && similarity.Jaccard(answers[i], answers[kept]) < nearly/2
	})
}

// keep is the row of a group to keep.
func keep(rows []*curate.Row, group []int) int {
	kept := group[0]
	for _, i := range group {
		if length(rows[i]) > length(rows[kept]) {
			kept = i
		}
	}
	return kept
}

// groups turns groups of rows that say the same into findings, one for every row but the one to keep.
func groups(name string, rows []*curate.Row, found [][]int, say func(kept *curate.Row) (float64, string)) []curate.Finding {
	var out []curate.Finding
	for _, g := range found {
		kept := keep(rows, g)
		confidence, why := say(rows[kept])
		for _, i := range g {
			if i != kept {
				out = append(out, curate.Finding{Row: rows[i].Index, Detector: name, Field: field(rows[i]), Confidence: confidence,
					Why: why, Rows: others(rows, g, i, kept)})
			}
		}
	}
	return sorted(out)
}

// others are the indices of a group's rows without the one at i: first the one to keep, then the nearest, so many as a
// finding names.
func others(rows []*curate.Row, group []int, i, kept int) []int {
	out := []int{rows[kept].Index}
	at := slices.Index(group, i)
	for step := 1; step < len(group) && len(out) < mention; step++ {
		for _, k := range []int{at - step, at + step} {
			if k >= 0 && k < len(group) && group[k] != kept && len(out) < mention {
				out = append(out, rows[group[k]].Index)
			}
		}
	}
	return out
}

// length is that of a row's answers, in characters.
func length(r *curate.Row) int {
	n := 0
	for _, x := range r.Exchanges() {
		n += utf8.RuneCountInString(x.Output.Text)
	}
	return n
}

// field is the one that a finding about a whole row names: its first instruction.
func field(r *curate.Row) string {
	for _, x := range r.Exchanges() {
		if x.Instruction.Field != "" {
			return x.Instruction.Field
		}
	}
	if len(r.Record.Turns) > 0 {
		return r.Record.Turns[0].Field
	}
	return ""
}

// sorted puts findings in the order of rows.
func sorted(found []curate.Finding) []curate.Finding {
	slices.SortStableFunc(found, func(a, b curate.Finding) int { return a.Row - b.Row })
	return found
}
