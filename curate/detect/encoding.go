package detect

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/cria-llm/cria/curate"
)

func encoding() curate.Detector {
	entity := regexp.MustCompile(`&(?:amp|lt|gt|quot|apos|nbsp|rsquo|lsquo|ldquo|rdquo|mdash|ndash|hellip|eacute|copy|#\d{2,5}|#x[0-9a-fA-F]{2,5});`)
	address := regexp.MustCompile(`://\S*&`)
	markup := regexp.MustCompile(`(?i)</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>|\b(?:x?html|xml|entit|escape|encode|decode|url)`)
	breaks := regexp.MustCompile(`\\r\\n|\\n`)
	code := regexp.MustCompile("(?i)```|[{};=]|\\b(?:print|regex|regular expression|escape|newline|line break|string|code|latex|path|python|java|c\\+\\+)|\\\\[^n\\s]|[\"'][^\"'\\n]*\\\\n")
	return detector(curate.Detector{
		Name:      "encoding",
		About:     "Characters are damaged: UTF-8 read as another encoding, replacement characters, HTML entities, invisible or control characters, line ends written as \\n.",
		Example:   "Write a sentence about a cafe. → The cafÃ© isnâ€™t open.",
		Precision: curate.Share{Count: 4, Of: 4},
	}, func(x curate.Exchange) []fault {
		var out []fault
		for _, t := range texts(x) {
			better, sure := t.Text, true
			var what []string
			say := func(format string, args ...any) { what = append(what, fmt.Sprintf(format, args...)) }
			if s, first, certain := demojibake(better); first != "" {
				better, sure = s, sure && certain
				say("UTF-8 that was read as another encoding (%s)", quote(first, 30))
			}
			if s, r := visible(better); r != 0 {
				better = s
				say("the invisible character %U", r)
			}
			if strings.Contains(better, "&") {
				if found := entity.FindString(better); found != "" && !markup.MatchString(x.Instruction.Text) && !markup.MatchString(better) && !address.MatchString(better) {
					better = entity.ReplaceAllStringFunc(better, html.UnescapeString)
					say("an HTML entity (%s)", found)
				}
			}
			if strings.Contains(better, `\n`) && !strings.Contains(better, "\n") && !code.MatchString(better) && !code.MatchString(x.Instruction.Text) {
				sure = sure && len(breaks.FindAllStringIndex(better, 2)) > 1
				better = breaks.ReplaceAllString(better, "\n")
				say(`a line end written as \n`)
			}
			lost := strings.ContainsRune(better, utf8.RuneError)
			if lost {
				say("characters that were lost (U+FFFD)")
			}
			switch {
			case what == nil:
			case better == t.Text:
				out = append(out, one(t, 0.95, "the text has %s", what[0])...)
			default:
				out = append(out, mend(t, 0.95, sure && !lost, better, "the text has %s", strings.Join(what, ", "))...)
			}
		}
		return out
	})
}

// demojibake reads every run of characters that are bytes of Windows-1252 or Latin-1 as the UTF-8 that they spell, and says
// what the first was. It is not certain where a capital stands before the run, as in a shouted BÖ with a quotation mark after it.
func demojibake(s string) (better, first string, certain bool) {
	certain = true
	for range 3 { // what was damaged twice is mended twice
		b, f, c := demojibakeOnce(s)
		if f == "" {
			return s, first, certain
		}
		if first == "" {
			first = f
		}
		s, certain = b, certain && c
	}
	return s, first, certain
}

func demojibakeOnce(s string) (better, first string, certain bool) {
	if strings.IndexFunc(s, func(r rune) bool { return r >= 0xC2 && r <= 0xF4 }) < 0 {
		return s, "", true
	}
	certain = true
	var out strings.Builder
	last := rune(0)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		n := 0
		switch {
		case r >= 0xC2 && r <= 0xDF:
			n = 2
		case r >= 0xE0 && r <= 0xEF:
			n = 3
		case r >= 0xF0 && r <= 0xF4:
			n = 4
		}
		bytes, end := make([]byte, 0, 4), i
		for n > 0 && len(bytes) < n && end < len(s) {
			c, w := utf8.DecodeRuneInString(s[end:])
			b, ok := oneByte(c)
			if !ok || w == 1 {
				break
			}
			bytes, end = append(bytes, b), end+w
		}
		if spelled, w := utf8.DecodeRune(bytes); n > 0 && len(bytes) == n && w == n && likely(spelled) {
			out.Write(bytes)
			if first == "" {
				first = s[i:end]
			}
			certain = certain && !unicode.IsUpper(last)
			last, i = spelled, end
			continue
		}
		out.WriteString(s[i : i+size])
		last, i = r, i+size
	}
	return out.String(), first, certain
}

// oneByte is the byte that Windows-1252 has for the character, or Latin-1 where it has none.
func oneByte(r rune) (byte, bool) {
	if b, ok := charmap.Windows1252.EncodeRune(r); ok {
		return b, true
	}
	return byte(r), r < 0x100
}

// likely says whether damage is a likelier reason for the bytes of the character to stand there than chance: it is for the
// letters of western Europe, for punctuation and signs, and for emoji.
func likely(r rune) bool {
	return r >= 0xA0 && r <= 0x17F || r >= 0x2010 && r <= 0x2044 || r == 0x20AC || r == 0x2122 || r >= 0x2190 && r <= 0x27BF ||
		r >= 0x1F300 && r <= 0x1FAFF || r == 0xFEFF
}

// visible is the text without characters that are not seen and mean nothing where they stand, and the first of them.
// Joiners stay between letters of the scripts that use them and in emoji, marks of direction in what is written from the right.
func visible(s string) (string, rune) {
	bad := func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r >= 0x7F && r < 0xA0 || r == 0xAD || r == 0x200B || r == 0x2060 || r == 0xFEFF
	}
	i := strings.IndexFunc(s, bad)
	if i < 0 {
		return s, 0
	}
	first, _ := utf8.DecodeRuneInString(s[i:])
	return strings.Map(func(r rune) rune {
		if r == '\v' || r == '\f' {
			return '\n'
		}
		if bad(r) {
			return -1
		}
		return r
	}, s), first
}
