package detect

import (
	"strings"
	"unicode"

	"github.com/cria-llm/cria/curate"
)

func toxic() curate.Detector {
	// Whole words that insult or are obscene in nearly every sentence. Words that also name something else are left out; slurs
	// are kept to those that a reader would not meet in an encyclopedia's plain prose.
	list := map[string]bool{}
	for w := range strings.FieldsSeq(`fuck fucks fucked fucker fuckers fucking motherfucker motherfuckers motherfucking shit shits shitty bullshit
		shithead asshole assholes arsehole bitch bitches bastard bastards cunt cunts dickhead dickheads wanker wankers twat twats
		slut sluts slutty whore whores faggot faggots fag fags nigger niggers kike kikes chink chinks spic spics wetback wetbacks
		retard retards tranny trannies gook gooks raghead towelhead cocksucker blowjob blowjobs cumshot gangbang porn porno
		dumbass jackass douchebag douchebags scumbag scumbags kys`) {
		list[w] = true
	}
	about := newPattern(0, "", `profan|offensive|toxic|\bhate|swear|insult|slang|\bcurs(?:e|ing)|censor|vulgar|obscen`)
	return detector(curate.Detector{
		Name:    "toxic",
		About:   "A text has an obscene or insulting word of a small list.",
		Example: "Reply to a customer. → Go away, asshole.",
	}, func(x curate.Exchange) []fault {
		if about.in(lower(x.Instruction.Text)) {
			return nil
		}
		return each(func(t curate.Text) []fault { return rude(list, t) })(x)
	})
}

// rude finds the first word of the list.
func rude(list map[string]bool, t curate.Text) []fault {
	low := lower(t.Text)
	for w := range strings.FieldsFuncSeq(low, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if list[w] {
			return one(t, 0.4, "the text has the word %q", w)
		}
	}
	return nil
}
