package selfinstruct

import (
	"fmt"
	"strings"
)

// evol makes instructions harder, or another like them, and has what came of it answered. What was made is evolved again, up
// to some rounds; an instruction whose evolving gave nothing has two more tries.
type evol struct {
	language string
	rounds   int
	queue    []evolving // that can be evolved, the next first
	seeded   bool       // the seeds are in it
}

type evolving struct {
	task          Task
	round, failed int
}

// tries is how often an instruction is evolved to no end before it is let go.
const tries = 3

// change is a way to evolve an instruction.
type change struct{ name, how string }

// changes are the ways: five that deepen and one that widens.
func changes() []change {
	const same = " Keep what it is about and all that it says; what you add has to be answerable, and makes it longer by no more than about 20 words."
	return []change{
		{"constraints", "Make it harder by one more requirement or constraint that an answer must keep to." + same},
		{"deepening", "Make it harder by asking for more depth and breadth where it asks a question about something." + same},
		{"concretising", "Make it harder by putting something more particular in the place of what is general in it." + same},
		{"reasoning", "Make it harder so that it cannot be answered in one simple step: it must ask for several steps of thought." + same},
		{"input", "Make it harder by giving it something to work on, such as a table, a formula, a piece of code or of text, written out in full within it." + same},
		{"widening", "Write another instruction in its place: from the same field and about as long and as hard, but rarer in what it asks for."},
	}
}

func (m *evol) next(p *pool) *ask {
	if !m.seeded {
		m.seeded = true
		for _, t := range draw(p, p.seeds, len(p.seeds)) {
			m.queue = append(m.queue, evolving{task: t})
		}
	}
	if len(m.queue) == 0 {
		return nil
	}
	e := m.queue[0]
	m.queue = m.queue[1:]
	ways := changes()
	way := ways[p.random.IntN(len(ways))]
	given := e.task.Instruction
	if e.task.Input != "" {
		given += "\n\n" + e.task.Input
	}
	prompt := fmt.Sprintf(`Here is an instruction for an assistant that reads and writes text, between the lines of dashes:

----
%s
----

%s A person must be able to understand it and to answer it without seeing the instruction above, and it must not mention that there was one. %s

Answer with JSON alone: an object whose "instruction" is the new instruction.`, given, way.how, in(m.language, "instruction above"))
	a := &ask{step: "evolve", change: way.name, parents: []string{e.task.ID},
		request: single(prompt, textSchema("instruction"), sampling{temperature: 1, topP: 0.9, max: 1024})}
	a.read = func(x answer) ([]candidate, []*ask) {
		text, ok := readText(p, x, "instruction")
		if ok && p.rules.Leak && leaks(text) {
			p.drop("leak", 1)
			ok = false
		}
		var like resemblance
		if ok {
			like, ok = p.admit(text)
		}
		if !ok {
			m.again(e)
			return nil, nil
		}
		return nil, []*ask{m.answer(a, e, candidate{instruction: text, admitted: true, like: like})}
	}
	return a
}

// again puts an instruction whose evolving came to nothing at the end of the queue.
func (m *evol) again(e evolving) {
	if e.failed++; e.failed < tries {
		m.queue = append(m.queue, e)
	}
}

// answer has an evolved instruction answered, by the words of the instruction alone.
func (m *evol) answer(from *ask, e evolving, c candidate) *ask {
	a := &ask{step: "answer", change: from.change, parents: from.parents,
		request: single(c.instruction, nil, sampling{temperature: 0.7, topP: 0.95, max: 2048})}
	a.read = func(x answer) ([]candidate, []*ask) {
		from.pool.records++
		if x.cut {
			from.pool.drop(truncated, 1)
			m.again(e)
			return nil, nil
		}
		c := c
		c.instances = []instance{{"", strings.TrimSpace(x.text)}}
		c.kept = func(t Task) {
			if e.round+1 < m.rounds {
				m.queue = append(m.queue, evolving{task: t, round: e.round + 1})
			}
		}
		return []candidate{c}, nil
	}
	return a
}

// leaks says whether an evolved instruction speaks of how it was made.
func leaks(text string) bool {
	t := strings.ToLower(text)
	for _, words := range []string{"given instruction", "given prompt", "new instruction", "rewritten instruction", "rewritten prompt", "instruction above", "prompt above", "created prompt"} {
		if strings.Contains(t, words) {
			return true
		}
	}
	return false
}

func (*evol) begun(ahead int) int { return ahead }

func (m *evol) prior() (requests, tokens Interval) {
	return Interval{2.1, 2.8, 4.5}, Interval{80, 200, 500}
}
