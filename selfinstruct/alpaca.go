package selfinstruct

import "fmt"

// method makes requests.
type method interface {
	// next is a new request, given all that was read until then; nil where there is nothing to ask for, which may change
	// while answers are outstanding.
	next(p *pool) *ask
	// begun is how many such requests, with those that follow from them, are outstanding at most; ahead is how many in all.
	begun(ahead int) int
	// prior is what a row takes before anything was seen: requests, and tokens of an answer.
	prior() (requests, tokens Interval)
}

// alpaca asks for many tasks at once.
type alpaca struct {
	language string
	count    int // tasks a request
}

// exampleTasks are the seeds that a request shows.
const exampleTasks = 3

func (m alpaca) next(p *pool) *ask {
	shown := draw(p, p.seeds, exampleTasks)
	type task struct {
		Instruction string `json:"instruction"`
		Input       string `json:"input"`
		Output      string `json:"output"`
	}
	examples := struct {
		Tasks []task `json:"tasks"`
	}{}
	for _, t := range shown {
		examples.Tasks = append(examples.Tasks, task{t.Instruction, t.Input, t.Output})
	}
	prompt := fmt.Sprintf(`Think up %d different tasks for an assistant that reads and writes text, and carry each of them out. A task is an instruction, an input where the instruction needs one, and the output that a good assistant would give.

What the tasks must be like:
%s

Examples of tasks:
%s

Answer with JSON alone, in the form of the examples: an object whose "tasks" is a list of %d new tasks, none of which is among the examples.`,
		m.count, numbered([]string{
			"No two instructions begin with the same verb, as far as that is possible.",
			"They are put in different ways: as orders, as questions, in a few words and in many.",
			"They are of many kinds: open questions, sorting into classes, rewriting, extracting, summing up, planning, calculating, inventing, explaining, writing code.",
			"A model of language can do them. It cannot see or make pictures or sound, open files, look at the web, set reminders, or act in the world.",
			in(m.language, "examples"),
			"An instruction is one or two sentences long.",
			"An input is real and complete, never a placeholder, up to about 100 words. Where an instruction needs none, as with a question about the world, the input is an empty text.",
			"An output is right and complete, up to about 100 words, and says nothing of these requirements.",
		}), indentedJSON(examples), m.count)
	a := &ask{step: "tasks", parents: ids(shown),
		request: single(prompt, listSchema("tasks", m.count, m.count, "instruction", "input", "output"), sampling{temperature: 1, topP: 1, max: 3072})}
	a.read = func(x answer) (made []candidate, more []*ask) {
		for _, f := range p.read(readRecords(x.text, "tasks", []string{"instruction", "output"}, []string{"input"}, x.cut)) {
			made = append(made, candidate{instruction: f["instruction"], instances: []instance{{f["input"], f["output"]}}})
		}
		return made, nil
	}
	return a
}

func (alpaca) begun(ahead int) int { return ahead }

func (m alpaca) prior() (requests, tokens Interval) {
	n := float64(m.count)
	return Interval{1 / (0.95 * n), 1 / (0.7 * n), 1 / (0.35 * n)}, Interval{40 * n, 85 * n, min(3072, 150*n)}
}
