package syntax

import (
	"regexp"
	"strings"

	"github.com/cria-llm/cria/curate"
)

// block is code in an answer.
type block struct {
	language string // a value of languages
	code     string
	start    int // byte of the answer
	fenced   bool
}

var fence = regexp.MustCompile("(?m)^[ \t]*```[ \t]*([A-Za-z0-9+#-]*)[ \t]*\n")

// blocks are the fenced ones of an answer or, where it has no fence at all, the answer itself if it is code.
func blocks(x curate.Exchange) []block {
	text := x.Output.Text
	if strings.Contains(text, "```") {
		var out []block
		for at := 0; ; {
			m := fence.FindStringSubmatchIndex(text[at:])
			if m == nil {
				return out
			}
			start := at + m[1]
			end := strings.Index(text[start:], "\n```")
			if end < 0 {
				return out
			}
			tag := strings.ToLower(text[at+m[2] : at+m[3]])
			code := text[start : start+end]
			if language, ok := languages[tag]; strings.TrimSpace(code) != "" && !elided(code) {
				if tag == "" {
					language, ok = recognise(x, code)
				}
				if ok {
					out = append(out, block{language, code, start, true})
				}
			}
			if at = start + end + 4; at >= len(text) {
				return out
			}
		}
	}
	code := strings.TrimSpace(text)
	start := strings.Index(text, code)
	language, ok := recognise(x, code)
	if intro, rest, cut := strings.Cut(code, ":\n\n"); !ok && cut && !strings.Contains(intro, "\n") { // "Here it is:"
		if language, ok = recognise(x, rest); ok {
			start, code = start+len(intro)+3, rest
		}
	}
	if !ok || elided(code) {
		return nil
	}
	return []block{{language, code, start, false}}
}

// recognise says which language a code is unmistakably of.
func recognise(x curate.Exchange, code string) (string, bool) {
	ask := strings.ToLower(x.Ask())
	switch {
	case isGo(ask, code):
		return "Go", true
	case isJSON(ask, code):
		return "JSON", true
	case isSQL(ask, code):
		return "SQL", true
	case isPython(ask, code):
		return "Python", true
	}
	return "", false
}

// elided says whether code leaves something out for the reader to fill in.
func elided(code string) bool { return placeholder.MatchString(code) }

var placeholder = regexp.MustCompile(`(?m)^\s*(?:\.\.\.|…)\s*$|…|<[A-Za-z][A-Za-z0-9_ -]*>|\[[A-Za-z ]*(?:name|here|insert|your)[A-Za-z ]*\]|, ?\.\.\.|^>>> |\.\.\. ?[,)\]}]`)

func isGo(ask, code string) bool {
	return strings.HasPrefix(code, "package ") && strings.Contains(code, "func ") && (strings.Contains(code, ":=") || strings.Contains(code, "fmt.") || strings.Contains(ask, "golang") || goWord.MatchString(ask))
}

var goWord = regexp.MustCompile(`\b(?:in|a|using) go\b`)

func isJSON(ask, code string) bool {
	if !jsonWord.MatchString(ask) || strings.Contains(ask, "javascript") || strings.Contains(ask, "json-ld") || strings.Contains(ask, "schema") && strings.Contains(code, "...") {
		return false
	}
	return strings.HasPrefix(code, "{") && strings.HasSuffix(code, "}") && strings.Contains(code, ":") ||
		strings.HasPrefix(code, "[") && strings.HasSuffix(code, "]") && strings.Contains(code, "{")
}

var jsonWord = regexp.MustCompile(`\bjson\b`)

var (
	sqlWord  = regexp.MustCompile(`\b(?:sql|query|queries|database|table|mysql|postgres(?:ql)?|sqlite)\b`)
	sqlProse = regexp.MustCompile(`(?i)^(?:select|update|create|drop|alter)\s+(?:the|every|each|all (?:of|the)|any)\b`)
	sqlStart = regexp.MustCompile(`(?i)^(?:select\b.+?\bfrom\b|insert into\b|update\b.+?\bset\b|delete from\b|create (?:temp(?:orary)? )?(?:table|view|index|unique index)\b|with \w+ as \(|alter table\b|drop (?:table|view|index)\b)`)
)

func isSQL(ask, code string) bool {
	return sqlWord.MatchString(ask) && sqlStart.MatchString(strings.ReplaceAll(code, "\n", " ")) && !sqlProse.MatchString(code)
}

var (
	pythonWord = regexp.MustCompile(`\bpython\b`)
	otherWord  = regexp.MustCompile(`\b(?:java|javascript|js|ruby|c\+\+|c#|php|rust|swift|kotlin|scala|perl|haskell|golang|matlab|typescript|julia|react|nodejs|node\.js|html|css|bash|shell|pseudo ?code|lua|dart|cobol|basic)\b| c program| in c\b| in r\b`)
	translated = regexp.MustCompile(`\b(?:convert|translate|port|rewrite|transform|equivalent)\b`)
	// Lines that only Python has.
	pythonLine = regexp.MustCompile(`(?m)^[ \t]*(?:(?:async )?def \w+\(.*\)[ \t]*(?:->.*)?:[ \t]*(?:#.*)?$|from [\w.]+ import [\w*]|class \w+(?:\([\w., ]*\))?:[ \t]*$|elif .*:[ \t]*$|if __name__ ==|for \w+(?:, ?\w+)* in .*:[ \t]*$|print ?[("']|import \w+(?:\.\w+)*(?: as \w+)?[ \t]*$|def \w+\(.*\)[ \t]*$)`)
	// Lines that another language has and Python hasn't.
	otherLine = regexp.MustCompile(`(?m)[{;][ \t]*$|^[ \t]*(?:\}|end[ \t]*$|function\b|var |let |const |public |private |#include|fn |//|/\*|\* |then\b|endif|END|BEGIN|IF |FOR |WHILE |PRINT |<|\$|%|!|SELECT |Step|\d+\.|puts |import \{|import \w+ from|class \w+ extends|using |namespace |val |fun |int |double |float |String |void )`)
	// Prose between code.
	proseLine = regexp.MustCompile(`^(?:[A-Z][\w'’,-]*|[Aa]n?|[Tt]he)(?: [\w'’",.()-]+){3,}[.:!?]?$`)
)

// isPython takes an answer that begins with a line of Python and has nothing in it of another language.
func isPython(ask, code string) bool {
	first, _, _ := strings.Cut(code, "\n")
	if !pythonStart.MatchString(first) || proseLine.MatchString(strings.TrimSpace(first)) {
		return false
	}
	asked := pythonWord.MatchString(ask)
	if otherWord.MatchString(ask) && (!asked || translated.MatchString(ask)) || strings.Contains(code, ">>>") || otherLine.MatchString(code) {
		return false
	}
	hits := pythonLine.FindAllString(code, 2)
	return len(hits) > 1 || len(hits) > 0 && (asked || strings.HasSuffix(strings.TrimSpace(hits[0]), ":"))
}

// pythonStart is what a file of Python begins with: a statement with marks of code in it, a comment, a text.
var pythonStart = regexp.MustCompile(`^(?:#|"""|'''|@\w|(?:async )?def \w|class \w|import \w|from \w[\w.]* import|(?:if|for|while|with|try)\b.*:|print ?[("']|\w+(?:\[.*\])?(?:\.\w+)* ?(?:=|\+=)[^=]|\w+(?:\.\w+)*\()`)
