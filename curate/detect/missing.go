package detect

import (
	"regexp"
	"strings"

	"github.com/cria-llm/cria/curate"
)

// things are the texts that an instruction points at.
const things = `(?:texts?|articles?|passages?|paragraphs?|sentences?|stor(?:y|ies)|essays?|poems?|emails?|letters?|documents?|excerpts?|snippets?|code|lists?|numbers?|words?|data|datasets?|data ?sets?|tables?|quotes?|quotations?|statements?|phrases?|dialogues?|conversations?|tweets?|reviews?|speech|lyrics|equations?|expressions?|strings?|arrays?|recipes?|blog posts?|reports?|headlines?|news(?: articles?)?|facts|scenarios?|situations?|products?|questions?|information|context|prompts?|topics?|items?|terms?|characters?|inputs?)`

func missingInput() curate.Detector {
	placeholders := stand()
	points := newPattern(0.85, "", `\bthe following\b|\b(?:the|these|this) (?:\w+ )?(?:given|provided|above)(?: \w+)? `+things+`\b|\b(?:the|these) `+things+` (?:below|above|given|provided)\b|\b(?:this|these) `+things+`\b|\bgiven (?:the|these) `+things+`\b`)
	// An instruction to write code, or a game, points at what its user will give; a list of steps points at itself.
	general := newPattern(0, "", `\b(?:code|programs?|functions?|scripts?|algorithms?|quer(?:y|ies)|methods?|class|apps?|commands?|website|regex|regular expression|pseudo-?code|template|sql|formula|model|system)\b`)
	ends := newPattern(0.75, "", `\bthe (?:\w+ )?(?:texts?|articles?|passages?|paragraphs?|sentences?|essays?|poems?|excerpts?|snippets?|quotes?|statements?|dialogues?|conversations?|reviews?|documents?|story|speech)\W*$`)
	later := newPattern(0, "", `^the following (?:day|week|month|year|decade|century|morning|night|steps|ways?)\b`)
	has := regexp.MustCompile(`[:\n?.!]\s*\S|["“”«„‘]\s*\S|\bhttps?://|'\S[^']{3,}'|[=+*/<>]|\d.*\d|\w,\s\w.*,|,\s+[A-Z]\w|\s[-–—]+\s*\S|- \S|\(\S+|\[\S+|` + "`")
	return detector(curate.Detector{
		Name:      "missing-input",
		About:     "The instruction points at a text that the row does not have.",
		Example:   "Summarize the following article. → The article is about trees.",
		Precision: curate.Share{Count: 18, Of: 20},
	}, func(x curate.Exchange) []fault {
		if _, none := stands(placeholders, x.Input.Text); len(x.Before) > 0 || strings.TrimSpace(x.Input.Text) != "" && !none {
			return nil
		}
		text := x.Instruction.Text
		low := lower(text)
		if len(text) > 400 {
			return nil
		}
		at, confidence := points.index(low), points.confidence
		if at == nil {
			at, confidence = ends.index(low), ends.confidence
		}
		if at == nil || general.in(low) {
			return nil
		}
		if later.in(low[at[0]:min(len(low), at[1]+24)]) || at[0] > 0 && strings.HasPrefix(low[at[0]:], "th") && told(low[:at[0]], low[at[0]:at[1]]) {
			return nil
		}
		if pointing := low[at[0]:at[1]]; strings.HasPrefix(pointing, "this ") || strings.HasPrefix(pointing, "these ") {
			if words(low[:at[0]]) > 5 { // behind that, it points back
				return nil
			}
		}
		rest := strings.TrimRight(text[at[1]:], " .:!?\n")
		switch {
		case has.MatchString(strings.TrimRight(text, " .:!?\n")):
			return nil
		case words(rest) > 12: // what it points at may be told in the words that follow
			return nil
		case words(rest) > 6:
			confidence = 0.8
		}
		in := x.Instruction
		if x.Input.Field != "" {
			in = x.Input
		}
		return one(in, confidence, "the instruction points at %s, and there is no input", quote(text[at[0]:at[1]], 60))
	})
}

// told says that what "this story" points at was named before it in the same instruction.
func told(before, pointing string) bool {
	pointing = strings.TrimRight(pointing, " .:!?\n")
	noun := pointing[strings.LastIndexByte(pointing, ' ')+1:]
	return !strings.HasPrefix(pointing, "the following") && strings.Contains(before, strings.TrimSuffix(noun, "s"))
}

func unavailableReference() curate.Detector {
	const media = `(?:images?|pictures?|photos?|photographs?|screenshots?|diagrams?|figures?|charts?|graphs?|videos?|audio(?: clips?| files?)?|recordings?|attachments?|attached files?|maps?|illustrations?|paintings?|drawings?|spreadsheets?|pdfs?)`
	ask := []pattern{
		newPattern(0.8, "the instruction points at", `\b(?:the following|the attached|the given|the provided|the above|this|these) (?:\w+ )?`+media+`\b|\b(?:image|picture|photo|graph|chart|diagram|figure|map|video) (?:above|below|attached|provided|shown)\b`),
		newPattern(0.8, "the text points at", `\b(?:see|in|find) (?:the |my )?attach(?:ed|ment)\b|\battached (?:file|image|document|picture|photo|spreadsheet)\b`),
	}
	input := []pattern{
		newPattern(0.9, "the input stands for what is not there", `^\W*(?:input: ?|image: ?|file: ?|link: ?|url: ?)?(?:\S+\.(?:png|jpe?g|gif|svg|bmp|mp[34]|wav|avi|mov|pdf|docx?|xlsx?|csv|pptx?)|(?:https?://|www\.)\S+)\W*$|^\W*<? ?(?:image|picture|photo|figure|graph|chart|diagram|video|audio)s?(?: (?:attached|here|\d+))? ?>?\W*$|^[\[<({](?:[^\])>}\n]{0,60}\b)?(?:images?|pictures?|photos?|figures?|graphs?|charts?|diagrams?|videos?|audio|sounds?|files?|documents?|articles?|attachments?|screenshots?|spreadsheets?|links?|texts?)\b[^\])>}\n]{0,60}[\])>}]\W*$`),
	}
	answer := []pattern{
		newPattern(0.9, "the answer points at", `<(?:output )?(?:image|img)[^>]*>|!\[[^\]\n]*\]\([^)\n]*\)`),
		newPattern(0.6, "the answer points at", `\b(?:see|shown|seen|as|in) (?:in )?(?:the|this) (?:attached |above |following )?(?:image|picture|photo|diagram|figure|chart|graph|attachment) (?:above|below|attached)?|\b(?:image|picture|photo|diagram|figure|chart|graph) (?:above|below|attached)[.,;:)]|\b(?:see|find) (?:the )?attach(?:ed|ment)\b|\battached (?:is|are|you)\b`),
		newPattern(0.6, "the answer is no more than a link to", `^\W*(?:https?://|www\.)\S+\W*$`),
	}
	links := newPattern(0, "", `\blinks?\b|\burls?\b|web ?address`)
	about := newPattern(0, "", `html|markdown|\blinks?\b|\burls?\b|web ?sites?|web ?page|e-?mail|letter|\bcode\b|\bweb\b|\bsite\b|resource|\bfind|search|look up|retrieve|locate|\bpages?\b`)
	return detector(curate.Detector{
		Name:      "unavailable-reference",
		About:     "A text points at an image, a file, an attachment or a link that the row does not have.",
		Example:   "Describe what is in this picture. → The picture shows a dog.",
		Precision: curate.Share{Count: 19, Of: 20},
	}, func(x curate.Exchange) []fault {
		low := lower(x.Instruction.Text)
		in := lower(x.Input.Text)
		// Where there is an input it can be the table or the description that the instruction calls a chart.
		if f, ok := find(ask, low); ok && strings.TrimSpace(in) == "" && len(x.Before) == 0 && !strings.ContainsAny(low[f.to:], ":\n\"“") &&
			!strings.Contains(low, "historical figure") {
			return one(x.Instruction, f.confidence, "%s %s, which is not there", f.why, f.shown(x.Instruction.Text))
		}
		if f, ok := find(input, in); ok && !links.in(low) {
			return one(x.Input, f.confidence, "%s: %s", f.why, quote(x.Input.Text, 70))
		}
		if f, ok := find(answer, lower(x.Output.Text)); ok && !about.in(low) {
			return one(x.Output, f.confidence, "%s what is not there: %s", f.why, f.shown(x.Output.Text))
		}
		return nil
	})
}
