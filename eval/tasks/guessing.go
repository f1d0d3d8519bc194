package tasks

import "slices"

// Guessing is the share that is right of one who knows nothing: who takes each choice as often as another, or always the same
// where all items have the same choices, whichever is right more often. ok is false of numbers that are no share of right choices.
func (r Result) Guessing() (share float64, ok bool) {
	if len(r.numbers) == 0 || r.numbers[0].length == nil || len(r.Outcomes) == 0 {
		return 0, false
	}
	right, same := map[int]int{}, r.sameChoices()
	for _, o := range r.Outcomes {
		share += 1 / float64(len(o.Choices))
		right[o.Right]++
	}
	share /= float64(len(r.Outcomes))
	if same {
		for _, n := range right {
			share = max(share, float64(n)/float64(len(r.Outcomes)))
		}
	}
	return share, true
}

// Usual is the choice that the model takes most often, and of how many items, where all have the same choices; elsewhere it takes
// none.
func (r Result) Usual() (choice string, n int) {
	if len(r.numbers) == 0 || r.numbers[0].length == nil || !r.sameChoices() {
		return "", 0
	}
	taken := make([]int, len(r.Outcomes[0].Choices))
	for _, o := range r.Outcomes {
		taken[likeliest(o.Item, o.Measured, r.numbers[0].length)]++
	}
	most := 0
	for k, n := range taken {
		if n > taken[most] {
			most = k
		}
	}
	return r.Outcomes[0].Choices[most], taken[most]
}

func (r Result) sameChoices() bool {
	for _, o := range r.Outcomes {
		if !slices.Equal(o.Choices, r.Outcomes[0].Choices) {
			return false
		}
	}
	return len(r.Outcomes) > 0
}
