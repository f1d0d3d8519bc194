package arena

import (
	"context"
	"math"

	"github.com/cria-llm/cria/internal/several"
	"github.com/cria-llm/cria/statistics"
)

// Agreement is how a judge's verdicts go with those of people. Shares are from 0 to 1; numbers that are not known are nil.
type Agreement struct {
	Judge    string      `json:"judge"`
	Accuracy *float64    `json:"accuracy"` // the share of pairs on which both seats together say what most people do, ties counting as such
	Interval [2]float64  `json:"ci95"`     // of the accuracy, in which pairs of one prompt hang together, see [statistics.Scores]
	Kappa    *float64    `json:"kappa"`    // Cohen's, of the same
	BySeat   [2]*float64 `json:"by_seat"`  // the accuracy of single verdicts, with the file's first answer in the first seat, and in the second
	N        int         `json:"n"`        // pairs counted

	Failed   int      `json:"failed"`     // pairs without a verdict
	Split    int      `json:"split"`      // pairs on which no more than half of the people agree; nobody was asked about them
	Flips    int      `json:"seat_flips"` // pairs of which the seats named different winners
	First    *float64 `json:"first_won"`  // the share of verdicts that went to the first seat, ties half
	Humans   *float64 `json:"humans"`     // how often two people agree on a pair
	Majority float64  `json:"majority"`   // the accuracy of always saying what people say most often

	// Confusion counts pairs, by what people said and then by what the judge did: a tie, A, B.
	Confusion [3][3]int `json:"confusion"`
}

// Agree asks a judge about every pair from both seats, so many questions at once. told, where it is not nil, hears of each verdict.
// Identical answers are a tie for any judge. What comes of it does not depend on the order in which the verdicts come.
func Agree(ctx context.Context, j Judge, rows []Labelled, parallel int, told func(done, total int)) (Agreement, error) {
	verdicts := make([][2]Verdict, len(rows)) // by seat of A
	type look struct {
		row  int
		seat Seat
	}
	var open []look
	for i, row := range rows {
		verdicts[i][First].First, verdicts[i][Second].First = 0.5, 0.5
		if _, ok := row.Majority(); ok && !row.Identical() {
			open = append(open, look{i, First}, look{i, Second})
		}
	}
	err := several.Do(ctx, len(open), parallel, func(ctx context.Context, i int) (err error) {
		l := open[i]
		verdicts[l.row][l.seat], err = j.Judge(ctx, rows[l.row].Show(l.seat))
		return err
	}, told)
	if err != nil {
		return Agreement{}, err
	}
	return agreement(j.Name(), rows, verdicts), nil
}

// agreement counts verdicts on rows, with A in the first seat and in the second.
func agreement(judge string, rows []Labelled, verdicts [][2]Verdict) Agreement {
	g := Agreement{Judge: judge}
	var humans, judged []Label
	var prompts []string
	var hits []float64
	var right [2]float64
	var first, seated, same, couples float64
	for i, row := range rows {
		for k, x := range row.Humans {
			for _, y := range row.Humans[:k] {
				couples++
				if x == y {
					same++
				}
			}
		}
		want, ok := row.Majority()
		if !ok {
			g.Split++
			continue
		}
		v := verdicts[i]
		o := Combine(row.Pair, v[First], v[Second])
		if o.Failed != "" {
			g.Failed++
			continue
		}
		got := label(o.A)
		humans, judged, prompts = append(humans, want), append(judged, got), append(prompts, row.ID)
		hit := 0.0
		if got == want {
			hit = 1
		}
		hits = append(hits, hit)
		g.Confusion[want][got]++
		if label(v[First].First) == want {
			right[First]++
		}
		if label(1-v[Second].First) == want {
			right[Second]++
		}
		if o.Flipped {
			g.Flips++
		}
		if !math.IsNaN(o.FirstWon) {
			first += o.FirstWon
			seated++
		}
	}
	g.N = len(humans)
	most := 0
	for _, row := range g.Confusion {
		most = max(most, row[0]+row[1]+row[2])
	}
	n := float64(g.N)
	g.Accuracy, g.Kappa = statistics.Known(statistics.Mean(hits)), statistics.Known(statistics.Kappa(humans, judged))
	g.Interval[0], g.Interval[1] = statistics.Scores(hits, prompts)
	g.BySeat = [2]*float64{statistics.Known(right[First] / n), statistics.Known(right[Second] / n)}
	g.First, g.Humans = statistics.Known(first/seated), statistics.Known(same/couples)
	if g.N > 0 {
		g.Majority = float64(most) / n
	}
	return g
}
