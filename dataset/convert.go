package dataset

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/internal/plainjson"
)

// Targets are the formats that [Record.Convert] writes.
func Targets() []string { return []string{"alpaca", "messages", "sharegpt", "prompt-completion"} }

// Convert gives the row in another format, one of [Targets], with every other field that it has in its order. It says all that
// the row says, or is a [*RowError]: alpaca and prompt-completion have one question and one answer. Where the target has no
// place for an input, it goes below the instruction after a blank line, as it does in a prompt; a system text of a row that is
// no list of turns is its field "system".
func (r *Record) Convert(to string) (*Record, error) {
	if !slices.Contains(Targets(), to) {
		return nil, fmt.Errorf("unknown format %q to convert to: must be one of %s", to, strings.Join(Targets(), ", "))
	}
	name := strings.Replace(to, "prompt-completion", "prompt+completion", 1)
	if r.Format == name {
		return r.Clone(), nil
	}
	all := Conversations.shapes()
	target := &all[slices.IndexFunc(all, func(s shape) bool { return s.name == name })]
	source := &all[slices.IndexFunc(all, func(s shape) bool { return s.name == r.Format })]
	fields, bad := r.said(target.name)
	if bad != nil {
		return nil, r.unfit(bad)
	}
	out := record{values: map[string]json.RawMessage{}}
	place := func() {
		for _, f := range fields.names {
			out.names = append(out.names, f)
			out.values[f] = fields.values[f]
		}
	}
	placed := false
	for _, f := range r.fields.names {
		if slices.Contains(source.need, f) || slices.Contains(source.may, f) || f == "system" && !listed(r.Format) {
			// What the conversation was made of gives way to what it is made of now.
			if !placed {
				place()
				placed = true
			}
			continue
		}
		if fields.has(f) {
			return nil, r.unfit(wrong(f, "stands in the way: %s rows have a field of that name; rename it first", to))
		}
		out.names = append(out.names, f)
		out.values[f] = r.fields.values[f]
	}
	made, bad := recordOf(out, target)
	if bad != nil {
		return nil, r.unfit(bad)
	}
	made.Ref = r.Ref
	return made, nil
}

// unfit is the error of a row that cannot be said in another format.
func (r *Record) unfit(bad *problem) error {
	text, err := r.MarshalJSON()
	if err != nil {
		return err
	}
	return &RowError{Ref: r.Ref, Field: bad.field, Problem: bad.text, Excerpt: excerpt(text, 80)}
}

// said is the row's conversation in the fields of a format.
func (r *Record) said(format string) (record, *problem) {
	out := record{values: map[string]json.RawMessage{}}
	set := func(name string, value any) *problem {
		text, err := plainjson.Marshal(value)
		if err != nil {
			return wrong(name, "%v", err)
		}
		out.names = append(out.names, name)
		out.values[name] = text
		return nil
	}
	if listed(format) {
		turns, bad := r.turns(format)
		if bad != nil {
			return out, bad
		}
		list := map[string]string{"messages": "messages", "sharegpt": "conversations"}[format]
		return out, set(list, turns)
	}
	var system, instruction, input, output *Turn
	for i := range r.Turns {
		t := &r.Turns[i]
		var slot **Turn
		switch {
		case t.Role == chat.System:
			slot = &system
		case t.Input:
			slot = &input
		case t.Role == chat.User:
			slot = &instruction
		default:
			slot = &output
		}
		if *slot != nil || slot == &instruction && output != nil {
			return out, wrong(t.Field, "a conversation of several turns: %s has one question and one answer", strings.Replace(format, "+", "-", 1))
		}
		*slot = t
	}
	switch {
	case instruction == nil:
		return out, wrong("", "no text of a user: %s has a question", format)
	case output == nil:
		return out, wrong(instruction.Field, "no answer to it: %s has one", format)
	}
	type part struct{ name, text string }
	var parts []part
	if system != nil {
		parts = append(parts, part{"system", system.Text})
	}
	if format == "alpaca" {
		in := ""
		if input != nil {
			in = input.Text
		}
		parts = append(parts, part{"instruction", instruction.Text}, part{"input", in}, part{"output", output.Text})
	} else {
		parts = append(parts, part{"prompt", joined(instruction, input)}, part{"completion", output.Text})
	}
	for _, p := range parts {
		if bad := set(p.name, p.text); bad != nil {
			return out, bad
		}
	}
	return out, nil
}

// joined is an instruction with its input, as a template has it that knows no input.
func joined(instruction, input *Turn) string {
	if input == nil || input.Text == "" {
		return instruction.Text
	}
	return instruction.Text + "\n\n" + input.Text
}

// turns are the conversation as a list of turns. Between the formats that are lists a turn keeps its other fields.
func (r *Record) turns(format string) ([]record, *problem) {
	role, content := "role", "content"
	speaker := func(r chat.Role) string { return string(r) }
	if format == "sharegpt" {
		role, content = "from", "value"
		speaker = func(r chat.Role) string {
			return map[chat.Role]string{chat.System: "system", chat.User: "human", chat.Assistant: "gpt"}[r]
		}
	}
	var old []record
	if list := map[string]string{"messages": "messages", "sharegpt": "conversations"}[r.Format]; list != "" {
		var bad *problem
		if old, bad = r.fields.list(list); bad != nil {
			return nil, bad
		}
	}
	out := []record{}
	for i := 0; i < len(r.Turns); i++ {
		t := &r.Turns[i]
		text := t.Text
		switch {
		case t.Role == chat.System && text == "" && old == nil:
			continue // a field that says nothing
		case i+1 < len(r.Turns) && r.Turns[i+1].Input:
			text = joined(t, &r.Turns[i+1])
		}
		turn := record{values: map[string]json.RawMessage{}}
		for name, value := range map[string]string{role: speaker(t.Role), content: text} {
			v, err := plainjson.Marshal(value)
			if err != nil {
				return nil, wrong(t.Field, "%v", err)
			}
			turn.values[name] = v
		}
		turn.names = []string{role, content}
		if len(old) == len(r.Turns) {
			for _, name := range old[i].names {
				switch {
				case isTurn(r.Format, name):
				case turn.has(name):
					return nil, wrong(old[i].path+name, "stands in the way: a turn of %s has a field of that name", format)
				default:
					turn.names = append(turn.names, name)
					turn.values[name] = old[i].values[name]
				}
			}
		}
		if i+1 < len(r.Turns) && r.Turns[i+1].Input {
			i++
		}
		out = append(out, turn)
	}
	if len(out) == 0 {
		return nil, wrong("", "a row that says nothing")
	}
	return out, nil
}

// listed says whether a format has conversations as lists of turns.
func listed(format string) bool { return format == "messages" || format == "sharegpt" }

// isTurn says whether a field of a turn is its speaker or its text.
func isTurn(format, name string) bool {
	if format == "messages" {
		return name == "role" || name == "content"
	}
	return name == "from" || name == "value"
}

// instances are the conversations of a self-instruct row, each as an Alpaca row with the other fields of the row and of the
// instance.
func instances(r record) ([]record, *problem) {
	items, bad := r.list("instances")
	if bad != nil {
		return nil, bad
	}
	var out []record
	for _, item := range items {
		single := record{values: map[string]json.RawMessage{}}
		for _, name := range r.names {
			from, names := r, []string{name}
			if name == "instances" {
				from, names = item, item.names
			}
			for _, field := range names {
				if single.has(field) {
					return nil, wrong(from.path+field, "stands in the way: the row and its instance both have a field of that name; rename one first")
				}
				single.names = append(single.names, field)
				single.values[field] = from.values[field]
			}
		}
		out = append(out, single)
	}
	return out, nil
}
