package dataset

import (
	"slices"

	"github.com/cria-llm/cria/chat"
)

// Kind is what the rows of a set are for.
type Kind int

const (
	// Conversations hold answers to learn.
	Conversations Kind = iota
	// Pairs hold two answers to one prompt, one preferred to the other.
	Pairs
	// Judged rows hold an answer, and whether it is one to give.
	Judged
)

// Each is how many sequences a row of the kind becomes.
func (k Kind) Each() int {
	if k == Pairs {
		return 2
	}
	return 1
}

// want says what rows of the kind look like, and the objectives that learn from them.
func (k Kind) want() (rows, objective string) {
	switch k {
	case Pairs:
		return `pairs of answers ("prompt", "chosen" and "rejected")`, "dpo, ipo, orpo or simpo"
	case Judged:
		return `judged answers ("prompt", "completion" and "label")`, "kto"
	}
	return `conversations ("messages", "instruction" and "output", "prompt" and "completion", …)`, "sft"
}

// shapes lists the formats of a kind, in the order in which they are shown and, where a row is incomplete, considered.
func (k Kind) shapes() []shape {
	var list []shape
	switch k {
	case Pairs:
		list = []shape{{
			name: "preference", need: []string{"chosen", "rejected"}, may: []string{"prompt"},
			mapping: "prompt → conversation, chosen → its better answer, rejected → its worse", read: readPair,
		}}
	case Judged:
		list = []shape{{
			name: "judged", need: []string{"prompt", "completion", "label"},
			mapping: "prompt → conversation, completion → its answer, label → whether that is desirable", read: readJudged,
		}}
	default:
		list = conversationShapes()
	}
	for i := range list {
		list[i].kind = k
	}
	return list
}

// otherKind says that a row is one of another kind than those wanted, or nil.
func otherKind(r record, wanted Kind) *problem {
	rows, _ := wanted.want()
	for _, k := range []Kind{Pairs, Judged, Conversations} {
		_, objective := k.want()
		for _, s := range k.shapes() {
			if k != wanted && r.hasAll(s.need) {
				return wrong("", "%s rows (%s) are for objective %s; wanted are %s", s.name, list(s.need), objective, rows)
			}
		}
	}
	return nil
}

// Verdict is what a judged row says of its answer.
type Verdict int

// The verdicts. Rows that are not judged have the first.
const (
	Unjudged Verdict = iota
	Desirable
	Undesirable
)

// readPair reads the two answers of a pair. What their conversations begin with alike is the prompt, whatever part of it
// the row names so.
func readPair(r record) ([]talk, *problem) {
	var sides [2]talk
	for i, name := range []string{"chosen", "rejected"} {
		t, bad := readPart(r, name, chat.Assistant)
		if bad != nil {
			return nil, bad
		}
		if v, ok := r.values["prompt"]; ok && kindOf(v) != "null" {
			if t, bad = answerTo(r, name, t); bad != nil {
				return nil, bad
			}
		} else if t.messages[0].Role == chat.Assistant {
			return nil, wrong("prompt", "missing: nothing says what %s answers", name)
		}
		sides[i] = t
	}
	chosen, rejected := &sides[0], &sides[1]
	if slices.Equal(chosen.messages, rejected.messages) {
		return nil, wrong("rejected", "the same as chosen: neither is preferred")
	}
	last := min(len(chosen.messages), len(rejected.messages)) - 1
	n := 0
	for n < last && chosen.messages[n] == rejected.messages[n] {
		n++
	}
	if chosen.messages[n].Role != chat.Assistant || rejected.messages[n].Role != chat.Assistant {
		return nil, wrong(rejected.names[n].content, "differs from %s: both must answer the same prompt", chosen.names[n].content)
	}
	chosen.prompt, rejected.prompt = n, n
	chosen.against = rejected
	return []talk{*chosen}, nil
}

func readJudged(r record) ([]talk, *problem) {
	t, bad := readPart(r, "completion", chat.Assistant)
	if bad != nil {
		return nil, bad
	}
	if t, bad = answerTo(r, "completion", t); bad != nil {
		return nil, bad
	}
	switch v := r.values["label"]; string(v) {
	case "true":
		t.verdict = Desirable
	case "false":
		t.verdict = Undesirable
	default:
		return nil, wrong("label", "%s: must be true (a desirable answer) or false", excerpt(v, 20))
	}
	return []talk{t}, nil
}

// readPart reads a text that one role says, or a list of messages.
func readPart(r record, name string, role chat.Role) (talk, *problem) {
	switch k := kindOf(r.values[name]); k {
	case "a list":
		list, bad := readTurns(r, name, "role", "content", roleOf, roleNames)
		if bad != nil {
			return talk{}, bad
		}
		return list[0], nil
	case "a string":
		text, bad := r.text(name)
		if bad != nil {
			return talk{}, bad
		}
		var t talk
		t.add(chat.Message{Role: role, Content: text}, partNames{name, name, name})
		return t, nil
	case "":
		return talk{}, wrong(name, "missing")
	default:
		return talk{}, wrong(name, "%s, must be a string or a list of messages", k)
	}
}

// answerTo puts the row's prompt before an answer. Where the answer is the whole conversation, it must begin with the
// prompt.
func answerTo(r record, name string, answer talk) (talk, *problem) {
	t, bad := readPart(r, "prompt", chat.User)
	if bad != nil {
		return t, bad
	}
	if last := len(t.messages) - 1; t.messages[last].Role != chat.User {
		return t, wrong(t.names[last].role, "%s: the prompt ends with the user's message", t.messages[last].Role)
	}
	if answer.messages[0].Role == chat.Assistant {
		t.prompt = len(t.messages)
		t.messages = append(t.messages, answer.messages...)
		t.names = append(t.names, answer.names...)
		return t, nil
	}
	at := 0
	if answer.messages[0].Role == chat.System && t.messages[0].Role != chat.System {
		at = 1
	}
	for i, m := range t.messages {
		if i+at >= len(answer.messages)-1 || answer.messages[i+at] != m {
			return t, wrong(name, "neither an answer of the assistant nor a conversation that begins with the prompt")
		}
	}
	answer.prompt = at + len(t.messages)
	return answer, nil
}
