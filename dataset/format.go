package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cria-llm/cria/chat"
)

// shape is a format of rows.
type shape struct {
	name    string
	kind    Kind
	need    []string // the fields that make a row this format
	may     []string // further fields that it uses
	mapping string
	read    func(r record) ([]talk, *problem)
}

// talk is a conversation and the names that its parts have in the row.
type talk struct {
	messages []chat.Message
	names    []partNames

	prompt  int     // messages that are no answer to rate, of a row with a preference
	against *talk   // of a pair, the same prompt with the rejected answer
	verdict Verdict // of a judged row
}

// partNames are the fields that a message came from, for naming them in errors.
type partNames struct{ role, content, input string }

func (t *talk) add(m chat.Message, n partNames) {
	t.messages = append(t.messages, m)
	t.names = append(t.names, n)
}

// conversationShapes are the formats of rows whose answers are to be learned.
func conversationShapes() []shape {
	return []shape{
		pair("alpaca", "instruction", "input", "output"),
		pair("dolly", "instruction", "context", "response"),
		{
			name: "self-instruct", need: []string{"instruction", "instances"},
			mapping: "instruction+instances[].input → user, instances[].output → assistant", read: readInstances,
		},
		unjudged(pair("prompt+completion", "prompt", "", "completion")),
		pair("prompt+response", "prompt", "", "response"),
		pair("question+answer", "question", "", "answer"),
		{
			name: "messages", need: []string{"messages"},
			mapping: "messages[].content → system, user or assistant by role", read: readMessages,
		},
		{
			name: "sharegpt", need: []string{"conversations"},
			mapping: "conversations[].value → user (from human), assistant (from gpt) or system", read: readShareGPT,
		},
	}
}

// Formats lists the names of the formats of conversations, for Options.Format.
func Formats() []string { return Conversations.formats() }

func (k Kind) formats() []string {
	var names []string
	for _, s := range k.shapes() {
		names = append(names, s.name)
	}
	return names
}

// pair is a format of one question and one answer. input may be "": no such field.
func pair(name, question, input, answer string) shape {
	s := shape{name: name, need: []string{question, answer}, mapping: question + " → user, " + answer + " → assistant"}
	if input != "" {
		s.may = []string{input}
		s.mapping = question + "+" + input + " → user, " + answer + " → assistant"
	}
	s.read = func(r record) ([]talk, *problem) {
		q, bad := r.text(question)
		if bad != nil {
			return nil, bad
		}
		a, bad := r.text(answer)
		if bad != nil {
			return nil, bad
		}
		in := ""
		if input != "" {
			if in, bad = r.maybe(input); bad != nil {
				return nil, bad
			}
		}
		var t talk
		t.add(chat.Message{Role: chat.User, Content: q, Input: in}, partNames{question, question, input})
		t.add(chat.Message{Role: chat.Assistant, Content: a}, partNames{answer, answer, answer})
		return []talk{t}, nil
	}
	return s
}

// unjudged is a format whose rows must not say that their answer is one to avoid, or to give: it would be learned all the
// same.
func unjudged(s shape) shape {
	read := s.read
	s.read = func(r record) ([]talk, *problem) {
		if v := r.values["label"]; kindOf(v) == "true or false" {
			return nil, wrong("label", "%s: a judged row (for objective kto), and its answer would be learned whatever it says; remove the field where that is meant", v)
		}
		return read(r)
	}
	return s
}

func readInstances(r record) ([]talk, *problem) {
	q, bad := r.text("instruction")
	if bad != nil {
		return nil, bad
	}
	items, bad := r.list("instances")
	if bad != nil {
		return nil, bad
	}
	if len(items) == 0 {
		return nil, wrong("instances", "empty: there is nothing to learn")
	}
	var out []talk
	for _, item := range items {
		in, bad := item.maybe("input")
		if bad != nil {
			return nil, bad
		}
		a, bad := item.text("output")
		if bad != nil {
			return nil, bad
		}
		var t talk
		t.add(chat.Message{Role: chat.User, Content: q, Input: in}, partNames{"instruction", "instruction", item.path + "input"})
		name := item.path + "output"
		t.add(chat.Message{Role: chat.Assistant, Content: a}, partNames{name, name, name})
		out = append(out, t)
	}
	return out, nil
}

func readMessages(r record) ([]talk, *problem) {
	return readTurns(r, "messages", "role", "content", roleOf, roleNames)
}

// roleOf is the role of an OpenAI message's name for it.
func roleOf(s string) (chat.Role, bool) {
	role := chat.Role(s)
	return role, role == chat.System || role == chat.User || role == chat.Assistant
}

const roleNames = "system, user or assistant"

func readShareGPT(r record) ([]talk, *problem) {
	return readTurns(r, "conversations", "from", "value", func(s string) (chat.Role, bool) {
		switch s {
		case "human", "user":
			return chat.User, true
		case "gpt", "assistant":
			return chat.Assistant, true
		case "system":
			return chat.System, true
		}
		return "", false
	}, "human, gpt, system, user or assistant")
}

// readTurns reads a list of turns; known translates the name of a speaker.
func readTurns(r record, list, role, content string, known func(string) (chat.Role, bool), roles string) ([]talk, *problem) {
	items, bad := r.list(list)
	if bad != nil {
		return nil, bad
	}
	if len(items) == 0 {
		return nil, wrong(list, "empty: there is nothing to learn")
	}
	var t talk
	for _, item := range items {
		who, bad := item.text(role)
		if bad != nil {
			return nil, bad
		}
		as, ok := known(who)
		if !ok {
			return nil, wrong(item.path+role, "unknown role %q: must be %s", who, roles)
		}
		// Fields that change what is to be learned must not pass as ignored.
		for _, name := range []string{"tool_calls", "function_call"} {
			if v, ok := item.values[name]; ok && kindOf(v) != "null" {
				return nil, wrong(item.path+name, "tool calls cannot be learned yet")
			}
		}
		if v, ok := item.values["weight"]; ok && string(v) != "1" && kindOf(v) != "null" {
			return nil, wrong(item.path+"weight", "%s: a single message cannot be weighted, only the row", excerpt(v, 20))
		}
		text, bad := item.text(content)
		if bad != nil {
			return nil, bad
		}
		t.add(chat.Message{Role: as, Content: text}, partNames{item.path + role, item.path + content, item.path + content})
	}
	return []talk{t}, nil
}

// choose finds the format of a row among all. file is that of the rows before it, nil where there are none; forced says that the
// user named it.
func choose(r record, all []shape, file *shape, forced bool) (*shape, *problem) {
	var fit []*shape
	for i := range all {
		if r.hasAll(all[i].need) {
			fit = append(fit, &all[i])
		}
	}
	var near *shape
	if len(fit) == 0 && !forced {
		var most int
		if near, most = nearest(r, all); most < 2 {
			if bad := otherKind(r, all[0].kind); bad != nil {
				return nil, bad
			}
		}
	}
	if file != nil && (forced || len(fit) == 0) {
		for _, n := range file.need {
			if !r.has(n) {
				return nil, wrong(n, "missing: %s rows have %s", file.name, list(file.need))
			}
		}
		return file, nil
	}
	switch {
	case len(fit) > 1:
		a, b := fit[0], fit[1]
		only := slices.DeleteFunc(slices.Clone(b.need), func(n string) bool { return slices.Contains(a.need, n) })
		other := slices.DeleteFunc(slices.Clone(a.need), func(n string) bool { return slices.Contains(b.need, n) })
		return nil, wrong("", "mixes two formats: %s (%s) and %s (%s); name the one that is meant, or remove a field",
			a.name, list(other), b.name, list(only))
	case len(fit) == 1 && file != nil && fit[0].name != file.name:
		return nil, wrong("", "a %s row (%s) in a file whose rows are %s (%s)", fit[0].name, list(fit[0].need), file.name, list(file.need))
	case len(fit) == 1:
		return fit[0], nil
	}
	// Nothing fits: the format most of whose fields are there says which is missing.
	if near != nil {
		return choose(r, all, near, true)
	}
	names := make([]string, 0, len(r.names))
	for _, n := range r.names[:min(len(r.names), 8)] {
		names = append(names, excerpt([]byte(n), 30))
	}
	if len(names) == 0 {
		names = []string{"none"}
	}
	return nil, wrong("", "no known format (its fields: %s; known formats: %s)", strings.Join(names, ", "), strings.Join(all[0].kind.formats(), ", "))
}

// nearest is the format that has most of its fields in a row, and how many; nil where none has any.
func nearest(r record, all []shape) (near *shape, most int) {
	for i := range all {
		n := 0
		for _, f := range all[i].need {
			if r.has(f) {
				n++
			}
		}
		if n > most {
			near, most = &all[i], n
		}
	}
	return near, most
}

// list writes ["a" "b"] as "a" and "b".
func list(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(quoted, " and ")
}

// parseRow turns the JSON text of a row into its conversations, and gives the row's format and fields.
func parseRow(data []byte, all []shape, file *shape, forced bool) ([]Example, *shape, record, *problem) {
	r, bad := parseRecord(data, "")
	if bad != nil {
		return nil, nil, r, bad
	}
	s, bad := choose(r, all, file, forced)
	if bad != nil {
		return nil, nil, r, bad
	}
	weight, repeat, bad := r.weights()
	if bad != nil {
		return nil, s, r, bad
	}
	system, bad := r.maybe("system")
	if bad != nil {
		return nil, s, r, bad
	}
	talks, bad := s.read(r)
	if bad != nil {
		return nil, s, r, bad
	}
	var out []Example
	for _, t := range talks {
		e := Example{Weight: weight, Repeat: repeat, Verdict: t.verdict}
		if bad := t.complete(system); bad != nil {
			return nil, s, r, bad
		}
		e.Messages, e.Prompt = t.messages, t.prompt
		if t.against != nil {
			if bad := t.against.complete(system); bad != nil {
				return nil, s, r, bad
			}
			e.Rejected = t.against.messages
		}
		out = append(out, e)
	}
	return out, s, r, nil
}

// complete puts the row's system text, if any, before a conversation, and checks it.
func (t *talk) complete(system string) *problem {
	if strings.TrimSpace(system) != "" {
		if t.messages[0].Role == chat.System {
			return wrong("system", "the conversation has a system message already")
		}
		t.messages = slices.Insert(t.messages, 0, chat.Message{Role: chat.System, Content: system})
		t.names = slices.Insert(t.names, 0, partNames{"system", "system", "system"})
		if t.prompt > 0 {
			t.prompt++
		}
	}
	if err := chat.Check(t.messages); err != nil {
		return named(err, t.names)
	}
	return nil
}

// named says a problem of a message with the name of the field that it came from.
func named(err error, names []partNames) *problem {
	var m *chat.MessageError
	if !errors.As(err, &m) || m.Index >= len(names) {
		return wrong("", "%v", err)
	}
	n := names[m.Index]
	field := map[string]string{"role": n.role, "content": n.content, "input": n.input}[m.Part]
	return &problem{field: field, text: m.Problem}
}

// uses says whether a format reads a field.
func (s *shape) uses(name string) bool {
	return slices.Contains(s.need, name) || slices.Contains(s.may, name) ||
		name == "weight" || name == "repeat" || name == "system"
}
