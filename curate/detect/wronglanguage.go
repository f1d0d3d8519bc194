package detect

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/language"
)

func wrongLanguage() curate.Detector {
	const names = `english|german|french|spanish|italian|portuguese|dutch|swedish|danish|norwegian|polish|turkish|romanian|indonesian|malay|vietnamese|czech|hungarian|finnish|latin|chinese|mandarin|cantonese|japanese|korean|russian|ukrainian|bulgarian|serbian|arabic|persian|farsi|urdu|hebrew|greek|thai|hindi|bengali|tamil`
	const end = `(?:$|[.:,;?!)\n"“]| language| using| please)`
	known := language.New()
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
		got := known.Read(x.Output.Text)
		if ask != "" {
			want := ask
			if alias[ask] != "" {
				want = alias[ask]
			}
			return otherThan(known, x, got, want, confidence)
		}
		// Names alone can be in another language; in prose four words of ten are frequent ones.
		if !got.Sure || got.Latin && got.Often < 0.4 || code.MatchString(x.Output.Text) || asks.MatchString(x.Instruction.Text) || utf8.RuneCountInString(x.Output.Text) < 20 {
			return nil
		}
		said := known.Read(x.Instruction.Text)
		if !said.Sure || said.Name == got.Name || slices.Contains(said.Names, got.Name) {
			return nil
		}
		if in := known.Read(x.Input.Text); in.Name == got.Name || asks.MatchString(x.Input.Text) {
			return nil
		}
		return one(x.Output, 0.6, "the question is in %s and the answer in %s", title(said.Name), title(got.Name))
	})
}

// otherThan says so where the answer is surely not in the wanted language.
func otherThan(known *language.Known, x curate.Exchange, got language.Reading, want string, confidence float64) []fault {
	scripts := known.Scripts(want)
	byScript := len(scripts) > 0
	switch {
	case byScript && got.Latin && got.Sure:
		// An explanation around a few words of the language is an answer in it.
		if strings.ContainsFunc(x.Output.Text, func(r rune) bool { return unicode.In(r, scripts...) }) {
			return nil
		}
		return one(x.Output, confidence, "%s is asked for, and the answer is in %s", title(want), title(got.Name))
	case byScript && got.Latin && words(x.Output.Text) >= 2:
		if strings.ContainsFunc(x.Output.Text, func(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) }) {
			return nil
		}
		return one(x.Output, confidence/2, "%s is asked for, and the answer is in Latin letters", title(want))
	case byScript && got.Sure && !slices.Contains(got.Names, want):
		return one(x.Output, confidence, "%s is asked for, and the answer is in %s", title(want), title(got.Name))
	case !byScript && got.Sure && got.Name != want && got.Share[want] < 0.05 && (got.Name == "english" || !got.Latin || !related(got.Name, want)) &&
		!strings.ContainsAny(x.Output.Text, "\"“«"):
		return one(x.Output, confidence, "%s is asked for, and the answer is in %s", title(want), title(got.Name))
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
