package dataset

import "slices"

// mismatchReach is how many rows back an answer is looked for.
const mismatchReach = 64

// Mismatch gives for each sequence its prompt with the answer of another: the nearest before it, the last coming before
// the first, whose prompt differs, or else the nearest at all. KTO measures on them how far a model has moved (Ethayarajh
// et al. 2024, §4.1). What would be longer than maxLen tokens (0 for no limit) is passed over; a sequence for which
// nothing is left has no tokens.
func Mismatch(list []Tokens, maxLen int) []Tokens {
	out := make([]Tokens, len(list))
	for i := range list {
		t := &list[i]
		prompt := t.IDs[:t.prompt()+1]
		var other *Tokens
		for back := 1; back < min(len(list), mismatchReach+1); back++ {
			o := &list[(i+len(list)-back)%len(list)]
			theirs := o.IDs[:o.prompt()+1]
			if maxLen > 0 && len(prompt)+len(o.IDs)-len(theirs) > maxLen {
				continue
			}
			if !slices.Equal(prompt, theirs) {
				other = o
				break
			}
			if other == nil {
				other = o
			}
		}
		out[i] = Tokens{Weight: t.Weight, Repeat: t.Repeat, Ref: t.Ref, Verdict: t.Verdict}
		if other == nil {
			continue
		}
		from := other.prompt() + 1
		out[i].IDs = slices.Concat(prompt, other.IDs[from:])
		out[i].Train = slices.Concat(make([]bool, len(prompt)), other.Train[from:])
	}
	return out
}
