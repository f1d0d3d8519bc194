package report

import "unicode"

// script is the writing that most letters of a text are in, by the name Unicode gives it; "none" where it has no letters.
// Japanese is told by its own letters, which stand between Chinese ones.
func script(text string) string {
	counts := map[string]int{}
	latin, kana := 0, 0
	for _, c := range text {
		if c < 0x80 {
			if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
				latin++
			}
			continue
		}
		if !unicode.IsLetter(c) {
			continue
		}
		switch {
		case unicode.Is(unicode.Latin, c):
			latin++
		case unicode.In(c, unicode.Hiragana, unicode.Katakana):
			kana++
		default:
			for _, s := range [...]struct {
				name  string
				table *unicode.RangeTable
			}{
				{"Han", unicode.Han}, {"Hangul", unicode.Hangul}, {"Cyrillic", unicode.Cyrillic}, {"Arabic", unicode.Arabic},
				{"Devanagari", unicode.Devanagari}, {"Greek", unicode.Greek}, {"Hebrew", unicode.Hebrew}, {"Thai", unicode.Thai},
				{"Bengali", unicode.Bengali}, {"Tamil", unicode.Tamil}, {"other", unicode.L},
			} {
				if unicode.Is(s.table, c) {
					counts[s.name]++
					break
				}
			}
		}
	}
	best, most := "none", 0
	if latin > 0 {
		best, most = "Latin", latin
	}
	if kana > 0 && 5*kana > counts["Han"] {
		counts["Japanese"] = kana + counts["Han"]
		delete(counts, "Han")
	}
	for name, n := range counts {
		if n > most || n == most && name < best {
			best, most = name, n
		}
	}
	return best
}
