package chat

import "strings"

// Jinja is a built-in template in the language that models carry theirs in, for programs that know no other: it takes
// messages of role and content, bos_token, eos_token and add_generation_prompt. begin says that the model expects its
// tokenizer's BOS before a conversation. A separate input has no place in it.
//
// A template that is not built in is its own text, whatever begin says.
func (t *Template) Jinja(begin bool) string {
	if t.own != nil {
		return t.own.source
	}
	var b strings.Builder
	if begin {
		b.WriteString("{{ bos_token }}")
	}
	const split = "{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] %}{% set turns = messages[1:] %}" +
		"{% else %}{% set system = '' %}{% set turns = messages %}{% endif %}"
	none := func(system string) string {
		return "{% if not system.strip() %}{% set system = " + system + " %}{% endif %}"
	}
	turns := func(answer, question string) string {
		return "{% for m in turns %}{% if m['role'] == 'assistant' %}{{ " + answer + " }}{% else %}{{ " + question + " }}{% endif %}{% endfor %}"
	}
	switch t.name {
	case "alpaca":
		b.WriteString(split + none(quoted(alpacaIntro)) + turns("m['content'] + eos_token",
			"(system if loop.first else '') + "+quoted(alpacaInstruction)+" + m['content'] + "+quoted(alpacaResponse)))
	case "chatml":
		b.WriteString("{% for m in messages %}{% if not (loop.first and m['role'] == 'system' and not m['content'].strip()) %}" +
			"{{ " + quoted(imStart) + " + m['role'] + '\\n' + m['content'] + " + quoted(imEnd+"\n") + " }}{% endif %}{% endfor %}" +
			"{% if add_generation_prompt %}{{ " + quoted(imStart+"assistant\n") + " }}{% endif %}")
	case "vicuna":
		b.WriteString(split + none(quoted(vicunaSystem)) + turns(quoted(vicunaLead)+" + m['content'] + eos_token",
			"(system + ' ' if loop.first else '') + 'USER: ' + m['content'] + ' ASSISTANT:'"))
	case "plain":
		b.WriteString(split + none("''") + turns("m['content'] + eos_token",
			"(system + '\\n\\n' if loop.first and system else '') + m['content']"))
	default:
		return ""
	}
	return b.String()
}

// quoted is a string as Jinja writes it.
func quoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(s) + "'"
}
