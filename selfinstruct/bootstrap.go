package selfinstruct

import (
	"fmt"
	"slices"
	"strings"
)

// bootstrap is Self-Instruct: instructions first, and their inputs and outputs in further requests.
type bootstrap struct {
	language string
	count    int // instructions a request
}

// What a request for instructions shows: so many in all, of which so many that the teacher made itself; and how many
// instances an instruction may have.
const (
	shownInstructions = 8
	shownMade         = 2
	mostInstances     = 5
)

func (m bootstrap) next(p *pool) *ask {
	shown := draw(p, p.made, min(shownMade, len(p.made)))
	shown = append(shown, draw(p, p.seeds, shownInstructions-len(shown))...)
	p.random.Shuffle(len(shown), func(i, j int) { shown[i], shown[j] = shown[j], shown[i] })
	lines := make([]string, len(shown))
	for i, t := range shown {
		lines[i] = oneLine(t.Instruction)
	}
	prompt := fmt.Sprintf(`Here are instructions for an assistant that reads and writes text:

%s

Think up %d more. They differ from these and from each other in what they ask for and in how they put it, and an assistant can follow them with text alone: without pictures, sound, files or the web. %s

Answer with JSON alone: an object whose "instructions" is a list of %d texts.`, numbered(lines), m.count, in(m.language, "instructions above"), m.count)
	a := &ask{step: "instructions", parents: ids(shown),
		request: single(prompt, listOf("instructions", m.count, m.count, `{"type":"string"}`), sampling{temperature: 0.7, topP: 0.5, presence: 2, max: 1024})}
	a.read = func(x answer) ([]candidate, []*ask) {
		r := readRecords(x.text, "instructions", []string{"instruction"}, nil, x.cut)
		if len(r.records) == 0 {
			r = plainList(x.text, x.cut)
		}
		var list []candidate
		for _, f := range p.read(r) {
			if like, ok := p.admit(f["instruction"]); ok {
				c := candidate{id: fmt.Sprintf("%s.%d", a.id, len(list)), instruction: f["instruction"], admitted: true, like: like}
				list = append(list, c)
				p.made = append(p.made, Task{ID: c.id, Instruction: c.instruction})
			}
		}
		if len(list) == 0 {
			return nil, nil
		}
		return nil, []*ask{m.classify(p, a, list)}
	}
	return a
}

// classify asks which instructions are classifications.
func (m bootstrap) classify(p *pool, from *ask, list []candidate) *ask {
	lines := make([]string, len(list))
	for i, c := range list {
		lines[i] = oneLine(c.instruction)
	}
	var examples strings.Builder
	for _, kind := range []bool{true, false} {
		var known []Task
		for _, t := range p.seeds {
			if t.Classification != nil && *t.Classification == kind {
				known = append(known, t)
			}
		}
		for _, t := range draw(p, known, min(4, len(known))) {
			fmt.Fprintf(&examples, "%s → %t\n", oneLine(t.Instruction), kind)
		}
	}
	shown := ""
	if examples.Len() > 0 {
		shown = "\nExamples:\n" + examples.String()
	}
	prompt := fmt.Sprintf(`A task is a classification where every right output is one of a few labels that could be listed beforehand, such as yes and no, or the names of some classes. Which of these tasks are classifications?
%s
Tasks:
%s

Answer with JSON alone: an object whose "classification" is a list of %d values, true or false, one for each task in order.`, shown, numbered(lines), len(list))
	a := &ask{step: "classification", parents: from.parents,
		request: single(prompt, listOf("classification", len(list), len(list), `{"type":"boolean"}`), sampling{max: 16 + 8*len(list)})}
	a.read = func(x answer) ([]candidate, []*ask) {
		verdicts := readVerdicts(x.text, len(list))
		if verdicts == nil {
			p.unclassified += len(list)
		}
		var more []*ask
		for i, c := range list {
			more = append(more, m.instances(p, from, c, verdicts != nil && verdicts[i]))
		}
		return nil, more
	}
	return a
}

// readVerdicts is a list of n truth values; nil where the answer has no such list.
func readVerdicts(text string, n int) []bool {
	items, whole := elements(text, "classification")
	if items == nil {
		if at := strings.IndexByte(text, '['); at >= 0 {
			items, whole = elements(`"classification":`+text[at:], "classification")
		}
	}
	if !whole || len(items) != n {
		return nil
	}
	out := make([]bool, n)
	for i, item := range items {
		switch strings.ToLower(strings.Trim(string(item), `"`)) {
		case "true", "yes":
			out[i] = true
		case "false", "no":
		default:
			return nil
		}
	}
	return out
}

// instances asks for inputs and outputs of an instruction. For a classification the output comes first: a model that thinks
// of the input first thinks of inputs for one label alone.
func (m bootstrap) instances(p *pool, from *ask, c candidate, classification bool) *ask {
	step, order := "input-first", []string{"input", "output"}
	how := `Think up inputs that differ from each other, and give for each the output that a good assistant would. Where the task needs no input, give one instance whose input is an empty text.`
	if classification {
		step, order = "output-first", []string{"output", "input"}
		how = `Its outputs are labels of classes. For each possible label give the label as the output, and after it an input to which that label is the right answer.`
	}
	prompt := fmt.Sprintf(`Here is a task for an assistant that reads and writes text:

%s

%s Give at most %d instances. Inputs are real and complete, never placeholders. %s

Answer with JSON alone: an object whose "instances" is a list of objects with "%s" and "%s".`, c.instruction, how, mostInstances, in(m.language, "task"), order[0], order[1])
	a := &ask{step: step, parents: from.parents,
		request: single(prompt, listSchema("instances", 1, mostInstances, order...), sampling{max: 1024})}
	a.read = func(x answer) ([]candidate, []*ask) {
		c := c
		for _, f := range p.read(readRecords(x.text, "instances", []string{"output"}, []string{"input"}, x.cut)) {
			c.instances = append(c.instances, instance{f["input"], f["output"]})
		}
		if extra := len(c.instances) - mostInstances; extra > 0 {
			c.instances = slices.Delete(c.instances, mostInstances, len(c.instances))
			p.drop("surplus", extra)
		}
		if len(c.instances) == 0 {
			return nil, nil
		}
		return []candidate{c}, nil
	}
	return a
}

// One request for instructions leads to many others, which would wait behind more of its kind.
func (bootstrap) begun(ahead int) int { return max(1, ahead/4) }

func (m bootstrap) prior() (requests, tokens Interval) {
	n := float64(m.count)
	// For n instructions 2 + (those kept) requests, each instruction with 1 to 5 instances.
	each := func(kept, instances float64) float64 { return (2 + kept*n) / (kept * n * instances) }
	return Interval{each(0.95, 3), each(0.7, 1.8), each(0.35, 1)}, Interval{60, 150, 350}
}

// plainList reads instructions that came as the lines of a numbered list.
func plainList(text string, cut bool) (r reading) {
	for _, m := range listed.FindAllStringSubmatch(text, -1) {
		r.records = append(r.records, fields{"instruction": strings.TrimSpace(m[1])})
	}
	if cut && len(r.records) > 0 {
		r.records, r.truncated = r.records[:len(r.records)-1], 1
	}
	if len(r.records)+r.truncated == 0 && strings.TrimSpace(text) != "" {
		r.malformed = 1
	}
	return r
}
