package detect

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cria-llm/cria/curate"
)

func wrongLanguage() curate.Detector {
	const names = `english|german|french|spanish|italian|portuguese|dutch|swedish|danish|norwegian|polish|turkish|romanian|indonesian|malay|vietnamese|czech|hungarian|finnish|latin|chinese|mandarin|cantonese|japanese|korean|russian|ukrainian|bulgarian|serbian|arabic|persian|farsi|urdu|hebrew|greek|thai|hindi|bengali|tamil`
	const end = `(?:$|[.:,;?!)\n"“]| language| using| please)`
	known := newLanguages()
	code := regexp.MustCompile(`[{}=;]|\(\w*\)|->|</`)
	quoted := regexp.MustCompile(`"[^"]*"|“[^”]*”|'[^']{6,}'|«[^»]*»`)
	translate := regexp.MustCompile(`\btranslat\w+\b[^?!\n]*?\b(?:in|into|to) (?:\w+ )?(` + names + `)\s*` + end)
	write := regexp.MustCompile(`\b(?:write|create|compose|generate|answer|respond|reply|construct|tell|express|describe|explain|summari[sz]e)\b[^?!.\n]{0,80}?\bin (` + names + `)\s*` + end)
	several := regexp.MustCompile(`\b(?:` + names + `)\b`)
	// Words with which people ask for another language than the one they ask in.
	asks := regexp.MustCompile(`(?i)translat|language|\b(?:` + names + `)\b|pig latin|übersetz|auf (?:deutsch|englisch)|traduis|traduire|traduci|traduce|traduz|en (?:inglés|español|anglais|français)|翻译|翻譯|英文|英语|中文|訳|英語|日本語|번역|영어|перевед|англий|ترجم|bahasa|code|sql|python`)
	alias := map[string]string{"mandarin": "chinese", "cantonese": "chinese", "farsi": "persian"}
	return detector(curate.Detector{
		Name:    "wrong-language",
		About:   "The answer is not in the language that is asked for, or else not in the language of the question.",
		Example: "Translate the sentence to German. | The weather is fine and we are in the garden. → The weather is nice and we are all in the garden.",
	}, func(x curate.Exchange) []fault {
		if len(x.Output.Text) < 6 {
			return nil
		}
		low := lower(x.Instruction.Text)
		ask, confidence := "", 0.0
		if strings.Contains(low, "translat") || strings.Contains(low, " in ") {
			bare := quoted.ReplaceAllString(low, "\"")
			if m := translate.FindStringSubmatch(bare); m != nil {
				ask, confidence = m[1], 0.85
			} else if m := write.FindStringSubmatch(bare); m != nil {
				ask, confidence = m[1], 0.6
			}
			if ask != "" && len(several.FindAllString(strings.ReplaceAll(bare, "from ", ""), 4)) > 2 {
				return nil // several languages are asked for
			}
		}
		got := known.read(x.Output.Text)
		if ask != "" {
			want := ask
			if alias[ask] != "" {
				want = alias[ask]
			}
			return otherThan(known, x, got, want, confidence)
		}
		// Names alone can be in another language; in prose four words of ten are frequent ones.
		if !got.sure || got.latin && got.often < 0.4 || code.MatchString(x.Output.Text) || asks.MatchString(x.Instruction.Text) || utf8.RuneCountInString(x.Output.Text) < 20 {
			return nil
		}
		said := known.read(x.Instruction.Text)
		if !said.sure || said.name == got.name || slices.Contains(said.names, got.name) {
			return nil
		}
		if in := known.read(x.Input.Text); in.name == got.name || asks.MatchString(x.Input.Text) {
			return nil
		}
		return one(x.Output, 0.6, "the question is in %s and the answer in %s", title(said.name), title(got.name))
	})
}

// otherThan says so where the answer is surely not in the wanted language.
func otherThan(known *languages, x curate.Exchange, got reading, want string, confidence float64) []fault {
	byScript := slices.ContainsFunc(known.scripts, func(s script) bool { return slices.Contains(s.names, want) })
	switch {
	case byScript && got.latin && got.sure:
		// An explanation around a few words of the language is an answer in it.
		for _, s := range known.scripts {
			if slices.Contains(s.names, want) && strings.ContainsFunc(x.Output.Text, func(r rune) bool { return r > utf8.RuneSelf && unicode.Is(s.table, r) }) {
				return nil
			}
		}
		return one(x.Output, confidence, "%s is asked for, and the answer is in %s", title(want), title(got.name))
	case byScript && got.latin && words(x.Output.Text) >= 2:
		for _, s := range known.scripts {
			if strings.ContainsFunc(x.Output.Text, func(r rune) bool { return r > utf8.RuneSelf && unicode.Is(s.table, r) }) {
				return nil
			}
		}
		return one(x.Output, confidence/2, "%s is asked for, and the answer is in Latin letters", title(want))
	case byScript && got.sure && !slices.Contains(got.names, want):
		return one(x.Output, confidence, "%s is asked for, and the answer is in %s", title(want), title(got.name))
	case !byScript && got.sure && got.name != want && got.share[want] < 0.05 && (got.name == "english" || !got.latin || !related(got.name, want)) &&
		!strings.ContainsAny(x.Output.Text, "\"“«"):
		return one(x.Output, confidence, "%s is asked for, and the answer is in %s", title(want), title(got.name))
	}
	return nil
}

// related says that frequent words do not tell the two languages apart, or that one has no list of them.
func related(a, b string) bool {
	for _, group := range []string{"danish norwegian swedish", "spanish portuguese italian latin romanian", "indonesian malay", "dutch german"} {
		if strings.Contains(group, a) && strings.Contains(group, b) {
			return true
		}
	}
	return false
}

func title(name string) string {
	if name == "" {
		return name
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
