package ifeval

import (
	"encoding/json"
	"regexp"
	"strings"
)

// The kinds "detectable_content:", "detectable_format:", "combination:", "startend:" and "punctuation:".

func placeholders(a *arguments) check {
	want := a.number("num_placeholders")
	bracket := regexp.MustCompile(`\[.*?\]`)
	return func(text string, _ Identify) bool { return len(bracket.FindAllStringIndex(text, -1)) >= want }
}

// postscript asks for a mark anywhere, in either case. P.S. and P.P.S may have a space after each of their first points.
func postscript(a *arguments) check {
	mark := strip(a.text("postscript_marker"))
	pattern := regexp.QuoteMeta(strings.ToValidUTF8(strings.ToLower(mark), "�"))
	switch mark {
	case "P.P.S":
		pattern = `p\.` + space + `?p\.` + space + `?s`
	case "P.S.":
		pattern = `p\.` + space + `?s\.`
	}
	found := regexp.MustCompile(pattern)
	return func(text string, _ Identify) bool { return found.MatchString(strings.ToLower(text)) }
}

// bullets counts lines that begin with one * or with -.
func bullets(a *arguments) check {
	want := a.number("num_bullets")
	star := regexp.MustCompile(`(?m)^` + space + `*\*[^*].*$`)
	dash := regexp.MustCompile(`(?m)^` + space + `*-.*$`)
	return func(text string, _ Identify) bool {
		return len(star.FindAllStringIndex(text, -1))+len(dash.FindAllStringIndex(text, -1)) == want
	}
}

// constrained asks for one of three answers, anywhere.
func constrained(text string, _ Identify) bool {
	return strings.Contains(text, "My answer is yes.") || strings.Contains(text, "My answer is no.") ||
		strings.Contains(text, "My answer is maybe.")
}

// highlights counts what stands between asterisks in a line, or between two on each side; what has three counts twice.
func highlights(a *arguments) check {
	want := a.number("num_highlights")
	one, two := regexp.MustCompile(`\*[^\n*]*\*`), regexp.MustCompile(`\*\*[^\n*]*\*\*`)
	return func(text string, _ Identify) bool {
		n := 0
		for _, r := range []*regexp.Regexp{one, two} {
			for _, s := range r.FindAllString(text, -1) {
				if strip(strings.Trim(s, "*")) != "" {
					n++
				}
			}
		}
		return n >= want
	}
}

// sections counts a heading with a number behind it, anywhere.
func sections(a *arguments) check {
	heading := strip(a.text("section_spliter"))
	want := a.number("num_sections")
	split := regexp.MustCompile(regexp.QuoteMeta(strings.ToValidUTF8(heading, "�")) + space + `?\p{Nd}+`)
	return func(text string, _ Identify) bool { return len(split.FindAllStringIndex(text, -1)) >= want }
}

func titled(text string, _ Identify) bool {
	for line := range strings.SplitSeq(text, "\n") {
		from := strings.Index(line, "<<")
		if from < 0 {
			continue
		}
		to := strings.LastIndex(line, ">>")
		if to > from+2 && strip(strings.TrimRight(strings.TrimLeft(line[from:to], "<"), ">")) != "" {
			return true
		}
	}
	return false
}

// jsonFormat asks for one JSON value, with or without Markdown's fence around it. Python's NaN and Infinity are JSON here too.
func jsonFormat(text string, _ Identify) bool {
	text = strip(text)
	for _, fence := range []string{"```json", "```Json", "```JSON", "```"} {
		text = strings.TrimPrefix(text, fence)
	}
	text = strip(strings.TrimSuffix(text, "```"))
	return json.Valid([]byte(withoutConstants(text)))
}

// withoutConstants writes null for NaN, Infinity and -Infinity outside strings.
func withoutConstants(text string) string {
	if !strings.Contains(text, "NaN") && !strings.Contains(text, "Infinity") {
		return text
	}
	var b strings.Builder
	in := false
	for text != "" {
		n := 1
		switch {
		case in && text[0] == '\\':
			n = min(2, len(text))
		case text[0] == '"':
			in = !in
		case !in:
			for _, name := range []string{"NaN", "-Infinity", "Infinity"} {
				if strings.HasPrefix(text, name) {
					b.WriteString("null")
					text, n = text[len(name):], 0
					break
				}
			}
		}
		b.WriteString(text[:n])
		text = text[n:]
	}
	return b.String()
}

// twoResponses asks for two different answers with ****** between them.
func twoResponses(text string, _ Identify) bool {
	all := strings.Split(text, "******")
	var given []string
	for i, s := range all {
		if s = strip(s); s != "" {
			given = append(given, s)
		} else if i != 0 && i != len(all)-1 {
			return false
		}
	}
	return len(given) == 2 && given[0] != given[1]
}

func repeatPrompt(a *arguments) check {
	prompt := strings.ToLower(strip(a.text("prompt_to_repeat")))
	return func(text string, _ Identify) bool { return strings.HasPrefix(strings.ToLower(strip(text)), prompt) }
}

func endsWith(a *arguments) check {
	phrase := strings.ToLower(strip(a.text("end_phrase")))
	return func(text string, _ Identify) bool {
		return strings.HasSuffix(strings.ToLower(strings.Trim(strip(text), `"`)), phrase)
	}
}

func noComma(text string, _ Identify) bool { return !strings.Contains(text, ",") }

func quoted(text string, _ Identify) bool {
	text = strip(text)
	return len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"'
}
