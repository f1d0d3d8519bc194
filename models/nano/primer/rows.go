package main

import (
	"hash/fnv"
	"math/rand/v2"
	"strings"
)

// row is one line of the instruction set.
type row struct {
	Instruction string `json:"instruction"`
	Input       string `json:"input,omitempty"`
	Output      string `json:"output"`
	Kind        string `json:"kind"`
}

// parts are the instruction set: what is learned from, and two parts that are held out. The inputs part has exercises that
// are never learned from, in phrasings that are; the phrasings part has exercises that are learned from, in phrasings that
// never are.
type parts struct{ learn, inputs, phrasings []row }

// heldOut says whether an exercise is kept from learning: one in six, by its key.
func heldOut(k kind, e exercise) bool {
	h := fnv.New32a()
	h.Write([]byte(k.name + "\x00" + e.key))
	return h.Sum32()%6 == 0
}

// set puts an exercise in words.
func set(phrasing string, e exercise) row {
	fill := strings.NewReplacer("{q}", e.question, "{}", e.item)
	ask, input, _ := strings.Cut(phrasing, "|")
	ask = fill.Replace(ask)
	return row{Instruction: capital(ask), Input: fill.Replace(input), Output: e.answer}
}

// instructions draws the rows: of each kind so many to learn from, and so many for each part that is held out. No two rows
// are the same, and no row of the learned part has the exercise of one of the inputs part.
func instructions(l *lexicon, r *rand.Rand, learn, held int) parts {
	var p parts
	for _, k := range kinds() {
		seen := map[string]bool{}
		draw := func(to *[]row, n int, phrasings []string, keep bool) {
			for tries := 0; n > 0 && tries < 200*learn; tries++ {
				e := k.draw(l, r)
				if heldOut(k, e) != keep {
					continue
				}
				x := set(pick(r, phrasings), e)
				x.Kind = k.name
				if id := x.Instruction + "\x00" + x.Input; !seen[id] {
					seen[id] = true
					*to = append(*to, x)
					n--
				}
			}
		}
		draw(&p.learn, learn, k.asked, false)
		draw(&p.inputs, held, k.asked, true)
		draw(&p.phrasings, held, k.unseen, false)
	}
	r.Shuffle(len(p.learn), func(i, j int) { p.learn[i], p.learn[j] = p.learn[j], p.learn[i] })
	return p
}
