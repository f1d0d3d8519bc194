// Package language tells in which language a text is: by its script, by the letters and words that tell the languages of a script
// apart, and for Latin letters by the most frequent words of the nineteen languages that [Known.Read] knows.
//
// It never translates and never guesses from the shape of words: of a text without frequent words it says that it does not know.
//
//	known := language.New()
//	r := known.Read("Wo ist der Hund, und was macht die Katze?")
//	fmt.Println(r.Name, r.Sure) // german true
package language

import (
	"slices"
	"strings"
	"unicode"
)

// Known are the languages that are told apart. Of the Latin script it knows those that have a list of frequent words; another is not
// known, or rarely taken for a relative.
type Known struct {
	words   map[string][]string // the languages of the Latin script in which a word is frequent
	scripts []script
}

// New makes the languages ready.
func New() *Known {
	k := &Known{words: map[string][]string{}, scripts: scripts()}
	for name, list := range frequent() {
		for w := range strings.FieldsSeq(list) {
			k.words[w] = append(k.words[w], name)
		}
	}
	for i := range k.scripts {
		k.scripts[i].prepare()
	}
	return k
}

// Reading is what is known of a text's language. Names of languages are English, in small letters.
type Reading struct {
	Name  string             // the likeliest language; one of several where only the script is known; "" where nothing is
	Sure  bool               // that no other known language is near
	Share map[string]float64 // for Latin: the share of its words that are frequent in a language and not in several
	Names []string           // the languages that it can be in
	Latin bool
	Often float64 // for Latin: the share of its words that are frequent in the language
}

// Scripts are the alphabets, other than the Latin, that a language is written in.
func (k *Known) Scripts(name string) []*unicode.RangeTable {
	var all []*unicode.RangeTable
	for _, s := range k.scripts {
		if slices.Contains(s.names, name) {
			all = append(all, s.table)
		}
	}
	return all
}

// longest is how many bytes of a text are looked at.
const longest = 20000

// Read says which language a text is in. It looks at its first 20,000 bytes.
func (k *Known) Read(text string) Reading {
	text = strings.ToLower(text[:min(len(text), longest)])
	latin, kana := 0, 0
	count := make([]int, len(k.scripts))
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) { // vowels are marks in the scripts of India
			continue
		}
		if unicode.Is(unicode.Latin, r) {
			latin++
			continue
		}
		for i, s := range k.scripts {
			if unicode.Is(s.table, r) {
				count[i]++
				if len(s.names) == 1 && s.names[0] == "japanese" {
					kana++
				}
				break
			}
		}
	}
	most, script := latin, -1
	for i, n := range count {
		// A character of these scripts says more than a letter does.
		if t := k.scripts[i].table; t == unicode.Han || t == unicode.Hangul || t == unicode.Hiragana || t == unicode.Katakana {
			n *= 3
		}
		if n > most {
			most, script = n, i
		}
	}
	if script >= 0 {
		s := &k.scripts[script]
		if s.table == unicode.Han && kana > 0 {
			return Reading{Name: "japanese", Sure: true, Names: []string{"japanese"}}
		}
		name, names := s.tell(text)
		return Reading{Name: name, Sure: count[script] >= 3, Names: names}
	}
	if latin == 0 {
		return Reading{}
	}
	r := Reading{Latin: true, Share: map[string]float64{}}
	n, met := 0, map[string]bool{}
	distinct, raw := map[string]int{}, map[string]int{}
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }) {
		n++
		in := k.words[w]
		if len(w) < 2 || len(in) == 0 { // a letter alone is as often a variable
			continue
		}
		for _, name := range in {
			raw[name]++
			r.Share[name] += 1 / float64(len(in))
			if !met[w] {
				distinct[name]++
			}
		}
		met[w] = true
	}
	best := ""
	for name, v := range r.Share {
		if best == "" || v > r.Share[best] || v == r.Share[best] && name < best {
			best = name
		}
	}
	if best == "" {
		return r
	}
	r.Name, r.Names = best, []string{best}
	r.Often = float64(raw[best]) / float64(n)
	// Of three frequent words or more, in at least three of ten places, and more than of any other language.
	r.Sure = n >= 4 && distinct[best] >= 3 && r.Often >= 0.3
	for name, v := range raw {
		r.Sure = r.Sure && (name == best || v < raw[best])
	}
	for name := range r.Share {
		r.Share[name] /= float64(n)
	}
	return r
}
