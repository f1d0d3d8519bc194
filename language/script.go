package language

import (
	"strings"
	"unicode"
)

// script is an alphabet and the languages that are written in it.
type script struct {
	table *unicode.RangeTable
	names []string
	tells []tell // what tells these apart

	words map[string][]int // by word, the tells that have it
}

// tell is what is seen in one language of a script and not, or rarely, in the others.
type tell struct {
	name    string
	letters string
	words   string
}

// How much a letter and a word say.
const (
	letterSays = 1
	wordSays   = 2
	// leadSays is what a language is told by at least, and twice what the next has.
	leadSays = 3
)

func scripts() []script {
	return []script{
		{table: unicode.Han, names: []string{"chinese", "japanese"}},
		{table: unicode.Hiragana, names: []string{"japanese"}},
		{table: unicode.Katakana, names: []string{"japanese"}},
		{table: unicode.Hangul, names: []string{"korean"}},
		{
			table: unicode.Cyrillic, names: []string{"russian", "ukrainian", "bulgarian", "serbian", "macedonian"},
			tells: []tell{
				{"russian", "ыэё", `что это как из но же все был его они для он она мы вы ты который также если может быть чтобы только когда я`},
				{"ukrainian", "іїєґ", `та що це як від але був його вони він вона ми ви який також якщо може бути щоб тільки коли до і й з`},
				{"bulgarian", "ъ", `е са се да това че като ще който която може има съм си към беше при те тя той ние вие също или от`},
				{"serbian", "јљњћђџ", `је су се да у што као али који може има сам није било они она ми ви такође`},
				{"macedonian", "јљњџѓќѕ", `е се да во од што како но кој може има сум беше тие таа тој ние вие исто ќе со`},
			},
		},
		{
			table: unicode.Arabic, names: []string{"arabic", "persian", "urdu"},
			tells: []tell{
				{"arabic", "ةىأإ", `في من على إلى أن هذا هذه التي الذي ما لا هو هي كان عن مع أو لم بين كل`},
				{"persian", "پچژگکی", `در به از که این است را با برای آن می ها های شما یک بود تا هم یا ما من هر`},
				{"urdu", "پچژگکیٹڈڑےںھہےںھہ", `کے کی میں ہے اور سے کو کا پر نے یہ ہیں ہو تھا جو بھی نہیں ایک لئے`},
			},
		},
		{table: unicode.Hebrew, names: []string{"hebrew"}},
		{table: unicode.Greek, names: []string{"greek"}},
		{table: unicode.Thai, names: []string{"thai"}},
		{
			table: unicode.Devanagari, names: []string{"hindi", "marathi", "nepali", "sanskrit"},
			tells: []tell{
				{"hindi", "", `है के में की का को से और हैं यह पर ने कि भी था थी लिए नहीं इस जो तो ही कर आप हम मैं होता होती करने`},
				{"marathi", "ळ", `आहे आणि आहेत या मध्ये नाही हे ते ती होते केले मी त्यांनी असे हा ही व तुम्ही आम्ही साठी आपण खूप झाला झाली झाले होता पण मला`},
				{"nepali", "", `छ र मा लाई हो छन् गर्न यो पनि भएको गरेको तपाईं तपाईंको हुन् लागि गर्ने थियो भने छैन म हामी गर्नुहोस् हुन्छ`},
				{"sanskrit", "ऽ", `अस्ति च तु एव इति सः भवति किम् अहम् तत् सन्ति न`},
			},
		},
		{table: unicode.Bengali, names: []string{"bengali"}},
		{table: unicode.Tamil, names: []string{"tamil"}},
		{table: unicode.Telugu, names: []string{"telugu"}},
		{table: unicode.Kannada, names: []string{"kannada"}},
		{table: unicode.Malayalam, names: []string{"malayalam"}},
		{table: unicode.Gujarati, names: []string{"gujarati"}},
		{table: unicode.Gurmukhi, names: []string{"punjabi"}},
	}
}

func (s *script) prepare() {
	s.words = map[string][]int{}
	for i, t := range s.tells {
		for w := range strings.FieldsSeq(t.words) {
			s.words[w] = append(s.words[w], i)
		}
	}
}

// tell says which of the script's languages a text is in, and which it can be in: all, where not enough tells them apart.
func (s *script) tell(text string) (name string, names []string) {
	if len(s.tells) == 0 {
		return s.names[0], s.names
	}
	says := make([]int, len(s.tells))
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		for _, i := range s.words[w] {
			says[i] += wordSays
		}
	}
	for i, t := range s.tells {
		for _, r := range t.letters {
			says[i] += letterSays * strings.Count(text, string(r))
		}
	}
	best, next := 0, 0
	for i, n := range says {
		if n > says[best] {
			best = i
		}
	}
	for i, n := range says {
		if i != best {
			next = max(next, n)
		}
	}
	if says[best] >= leadSays && says[best] >= 2*next {
		return s.tells[best].name, []string{s.tells[best].name}
	}
	return s.tells[best].name, s.names
}
