package weigh

import (
	"slices"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/similarity"
)

var keywords = Score{
	Name: "keywords", version: 1,
	About: "the largest worth of the rules' categories whose words the row has, 1 where it has none",
}

// Category is a subject that the user knows by its words.
type Category struct {
	Name  string
	Words []string // or phrases; upper and lower case are the same
	Worth float64
}

// matcher finds the categories of texts.
type matcher struct {
	categories []Category
	phrases    map[string][]phrase // by their first word
}

type phrase struct {
	words    []string
	category int
}

func newMatcher(list []Category) *matcher {
	m := &matcher{categories: list, phrases: map[string][]phrase{}}
	for c, category := range list {
		for _, text := range category.Words {
			if words := similarity.Words(text); len(words) > 0 {
				m.phrases[words[0]] = append(m.phrases[words[0]], phrase{words, c})
			}
		}
	}
	return m
}

// of lists the categories of a row, by number: those whose words its questions or answers have, next to each other and whole.
func (m *matcher) of(r *curate.Row) []int {
	var found []int
	for _, t := range r.Record.Turns {
		words := similarity.Words(t.Text)
		for i, w := range words {
			for _, p := range m.phrases[w] {
				if i+len(p.words) <= len(words) && slices.Equal(words[i:i+len(p.words)], p.words) && !slices.Contains(found, p.category) {
					found = append(found, p.category)
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// worth is the score of a row with these categories.
func (m *matcher) worth(found []int) float64 {
	if len(found) == 0 {
		return 1
	}
	most := m.categories[found[0]].Worth
	for _, c := range found[1:] {
		most = max(most, m.categories[c].Worth)
	}
	return most
}
