package tasks

// Averaged is one measurement of several of the same task: of each item that counts in all of them, its mean scores. What was
// said or lost is of the first.
func Averaged(list []Result) Result {
	var mean Result
	if len(list) == 0 {
		return mean
	}
	mean.Of, mean.Shots, mean.Source, mean.numbers = list[0].Of, list[0].Shots, list[0].Source, list[0].numbers
	others := make([]map[string][]Score, len(list)-1)
	for i, r := range list[1:] {
		others[i] = map[string][]Score{}
		for _, o := range r.Outcomes {
			others[i][o.Where] = o.Scores
		}
	}
outcomes:
	for _, o := range list[0].Outcomes {
		all := [][]Score{o.Scores}
		for _, found := range others {
			scores, ok := found[o.Where]
			if !ok {
				continue outcomes
			}
			all = append(all, scores)
		}
		o.Scores = nil
		for k := range mean.numbers {
			o.Scores = append(o.Scores, meanScore(all, k))
		}
		mean.Outcomes = append(mean.Outcomes, o)
	}
	mean.total()
	return mean
}

// meanScore is of the k-th score of each, and none where one is none.
func meanScore(all [][]Score, k int) Score {
	var sum Score
	for _, scores := range all {
		if scores[k].none() {
			return Score{}
		}
		sum.Num, sum.Den = sum.Num+scores[k].Num, sum.Den+scores[k].Den
	}
	n := float64(len(all))
	return Score{sum.Num / n, sum.Den / n}
}
