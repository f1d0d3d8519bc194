package detect

import (
	"strings"
	"unicode"
)

// languages tells languages apart: by their script where it is theirs alone, else by their most frequent words. Of the Latin
// script it knows those that have a list below; another is not known, or rarely taken for a relative.
type languages struct {
	words   map[string][]string // the languages in which a word is frequent
	scripts []script
}

// script is an alphabet and the languages that are written in it.
type script struct {
	table *unicode.RangeTable
	names []string
}

func newLanguages() *languages {
	frequent := map[string]string{
		"english": `the of and to in is that it was for on are as with his they at be this from have or had by but what were when your
			can said there an which she how their if will about out then them these so some her would him into has two more could
			i am my me we our us do does did not no yes please made make how why should here any like just over very than only also most many much good up its being may`,
		"german": `der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie
			nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch ich wir kann ihr`,
		"french": `de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec ou son nous vous je
			elle mais comme aux été cette ces sa leur tout fait ont être même très où si d'un d'une c'est l'on qu'il`,
		"spanish": `de la que el en y a los del se las por un para con no una su al lo como más pero sus le ya o este sí porque esta entre
			cuando muy sin sobre también me hasta hay donde quien desde todo nos durante es está son mi te usted qué fue`,
		"italian": `di e il la che in a per un è del non sono le si con i da una dei al come più ma gli alla anche della nel ha lo sua o
			su se questo mi ti cosa delle degli nella dal tutto essere molto ho hanno io ci loro dalla`,
		"portuguese": `de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser
			quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo são você`,
		"dutch": `de en van ik te dat die in een hij het niet zijn is was op aan met als voor had er maar om hem dan zou of wat mijn men
			dit zo door over ze zich bij ook tot je mij uit der daar haar naar heb hoe heeft hebben deze u want nog zal wordt`,
		"swedish": `och i att det som en på är av för med den till inte har de ett om var jag han men hade vi från kan så eller sig när
			man hon också efter mycket där bara vara blir vid hur detta dig mig din sin`,
		"danish": `og i at det er en til på som for de med den af ikke der var jeg et han har men om vi hun fra kan så eller sig når man
			også efter meget hvor bare være bliver ved hvordan dette dig mig blev`,
		"polish": `w i na się z do nie że to jest jak o po co tak za od przez dla ale czy tym był są przy może ich bardzo tego już tylko
			oraz jego być które który która ma`,
		"turkish":    `ve bir bu da de için ile çok daha olarak ne gibi kadar ben sen olan var en ama o değil ise sonra her mi mı olduğu şey`,
		"romanian":   `și de în a la cu pe că nu o este din un pentru care mai se sunt al ca să sau fost ale fi prin după acest foarte eu au`,
		"indonesian": `yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena ada mereka bisa oleh atau adalah kita anda sudah`,
		"vietnamese": `và của là có trong được cho một không người các với này những đã để khi từ về như tôi ở bạn rất nhiều`,
		"czech":      `a se v na je že to s z do o i ve jako za by ale po jsem jsou pro k tak co od která který není být nebo ze si`,
		"hungarian":  `a az és hogy nem is egy ez van meg de csak volt ha már mint még azt vagy én nagyon kell lesz mert ezt`,
		"finnish":    `ja on ei se että hän oli mutta ovat kun niin kuin myös ole tai joka minä sen mitä jos ne vain hyvin voi`,
		"latin":      `et in est non ad ut cum sed quod qui ex si ab esse sunt quae per quam aut hoc nec enim atque`,
	}
	l := &languages{words: map[string][]string{}, scripts: []script{
		{unicode.Han, []string{"chinese", "japanese"}}, {unicode.Hiragana, []string{"japanese"}}, {unicode.Katakana, []string{"japanese"}},
		{unicode.Hangul, []string{"korean"}}, {unicode.Cyrillic, []string{"russian", "ukrainian", "bulgarian", "serbian", "macedonian"}},
		{unicode.Arabic, []string{"arabic", "persian", "urdu"}}, {unicode.Hebrew, []string{"hebrew"}}, {unicode.Greek, []string{"greek"}},
		{unicode.Thai, []string{"thai"}}, {unicode.Devanagari, []string{"hindi", "marathi", "nepali", "sanskrit"}},
		{unicode.Bengali, []string{"bengali"}}, {unicode.Tamil, []string{"tamil"}},
	}}
	for name, list := range frequent {
		for w := range strings.FieldsSeq(list) {
			l.words[w] = append(l.words[w], name)
		}
	}
	return l
}

// reading is what is known of a text's language.
type reading struct {
	name  string             // the likeliest language; one of several where only the script is known; "" where nothing is
	sure  bool               // that no other known language is near
	share map[string]float64 // for Latin: the share of its words that are frequent in a language and not in several
	names []string           // the languages that it can be in
	latin bool
	often float64 // for Latin: the share of its words that are frequent in the language
}

// read says which language a text is in. It looks at its first 20,000 bytes.
func (l *languages) read(text string) reading {
	text = strings.ToLower(text[:min(len(text), 20000)])
	latin, kana, total := 0, 0, 0
	count := make([]int, len(l.scripts))
	for _, r := range text {
		if !unicode.IsLetter(r) {
			continue
		}
		total++
		if unicode.Is(unicode.Latin, r) {
			latin++
			continue
		}
		for i, s := range l.scripts {
			if unicode.Is(s.table, r) {
				count[i]++
				if len(s.names) == 1 && s.names[0] == "japanese" {
					kana++
				}
				break
			}
		}
	}
	for i, n := range count {
		s := l.scripts[i]
		// A character of these scripts says more than a letter does.
		if s.table == unicode.Han || s.table == unicode.Hangul || s.table == unicode.Hiragana || s.table == unicode.Katakana {
			n *= 3
		}
		if n > 0 && n > latin {
			if s.table == unicode.Han && kana > 0 {
				return reading{name: "japanese", sure: true, names: []string{"japanese"}}
			}
			return reading{name: s.names[0], sure: count[i] >= 3, names: s.names}
		}
	}
	if latin == 0 {
		return reading{}
	}
	r := reading{latin: true, share: map[string]float64{}}
	n, met := 0, map[string]bool{}
	distinct, raw := map[string]int{}, map[string]int{}
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }) {
		n++
		in := l.words[w]
		if len(w) < 2 || len(in) == 0 { // a letter alone is as often a variable
			continue
		}
		for _, name := range in {
			raw[name]++
			r.share[name] += 1 / float64(len(in))
			if !met[w] {
				distinct[name]++
			}
		}
		met[w] = true
	}
	best := ""
	for name, v := range r.share {
		if best == "" || v > r.share[best] || v == r.share[best] && name < best {
			best = name
		}
	}
	if best == "" {
		return r
	}
	r.name, r.names = best, []string{best}
	r.often = float64(raw[best]) / float64(n)
	// Of three frequent words or more, in at least three of ten places, and more than of any other language.
	r.sure = n >= 4 && distinct[best] >= 3 && r.often >= 0.3
	for name, v := range raw {
		r.sure = r.sure && (name == best || v < raw[best])
	}
	for name := range r.share {
		r.share[name] /= float64(n)
	}
	return r
}
