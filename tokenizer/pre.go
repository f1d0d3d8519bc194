package tokenizer

import (
	"fmt"
	"math"
	"regexp/syntax"
	"strings"
	"sync"
)

// A pre is a pre-tokenizer that llama.cpp has names for.
type pre struct {
	names      []string // the first is the one that is written
	cuts       []string // patterns, as the models' own tokenizer.json has them: each cuts what the one before left
	ggml       []string // patterns as llama.cpp has them, nil where they are the same
	wholeWords bool     // ignore_merges
	addBOS     bool     // unless the file says otherwise
}

// pres is every pre-tokenizer with a name. Where two have the same patterns the first is the one that is written.
func pres() []pre {
	gpt2 := []string{patternGPT2}
	llama3 := []string{patternFold + patternWord + `|\p{N}{1,3}` + patternRest}
	llama3ASCII := []string{patternASCIIFold + patternWord + `|\p{N}{1,3}` + patternRest}
	qwen2ASCII := []string{patternASCIIFold + patternWord + `|\p{N}` + patternRest}
	return []pre{
		{names: []string{"gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4", "gigachat", "a.x-4.0", "mellum",
			"modern-bert", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "jina-v1-en", "jina-v2-code", "roberta-bpe"}, cuts: gpt2},
		{names: []string{"llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"},
			cuts: llama3, ggml: llama3ASCII, wholeWords: true, addBOS: true},
		{names: []string{"dbrx", "smaug-bpe", "glm4", "chatglm-bpe"}, cuts: llama3, ggml: llama3ASCII},
		{names: []string{"qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "stablelm2", "hunyuan", "solar-open", "megrez", "grok-2",
			"bailingmoe", "bailingmoe2", "llada-moe"}, cuts: []string{patternFold + patternWord + `|\p{N}` + patternRest}, ggml: qwen2ASCII},
		{names: []string{"qwen35"}, cuts: []string{patternFold + patternMarks}, ggml: []string{patternASCIIFold + patternMarks}},
		{names: []string{"minicpm5"}, cuts: []string{`\p{N}{1,3}`, patternFold + patternWord + `|\p{N}+` + patternRest},
			ggml: []string{`\p{N}{1,3}`, patternASCIIFold + patternWord + `|\p{N}+` + patternRest}, wholeWords: true},
		{names: []string{"ufakzeka"}, cuts: []string{patternWord + `|\p{N}` + patternRest}},
		{names: []string{"seed-coder"}, cuts: []string{patternFold + patternWord + `|\p{N}{1}` + patternBare},
			ggml: []string{patternASCIIFold + patternWord + `|\p{N}{1}` + patternBare}},
		{names: []string{"laguna"}, cuts: []string{`[^\n]+|[\n]+`, patternFold + patternWord + `|\p{N}` + patternRest}, ggml: append([]string{`[^\n]+|[\n]+`}, qwen2ASCII...)},
		{names: []string{"smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum2"}, cuts: []string{`\p{N}`, patternGPT2}},
		{names: []string{"falcon"}, cuts: []string{patternPunctuation, patternGPT2, `[0-9][0-9][0-9]`}},
		{names: []string{"falcon"}, cuts: []string{patternPunctuation, patternGPT2, `\p{N}+`, `[0-9][0-9][0-9]`}},
		{names: []string{"default", ""}, cuts: []string{`[\p{P}\$\+<=>\^~\|]+`, patternGPT2, `\p{N}+`, `[0-9][0-9][0-9]`}},
		{names: []string{"deepseek-llm"}, cuts: []string{`[\r\n]`, deepseekLetters, deepseekPunctuation, `\s+$`, deepseekAsian, `\p{N}`},
			ggml: []string{`[\r\n]`, deepseekLetters, deepseekPunctuationGGML, `\s+$`, deepseekAsianGGML, `\p{N}+`}},
		{names: []string{"deepseek-coder"}, cuts: []string{`[\r\n]`, `\s?\p{L}+`, `\s?\p{P}+`, deepseekAsian, `\p{N}`},
			ggml: []string{`[\r\n]`, `\s?\p{L}+`, `\s?\p{P}+`, deepseekAsianGGML, `\p{N}`}},
		{names: []string{"deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"}, cuts: []string{`\p{N}{1,3}`, deepseekV3Asian, deepseekV3}},
		{names: []string{"tekken"}, cuts: []string{casedWords("", `\p{N}`)}, ggml: []string{casedASCII("", `\p{N}`)}, wholeWords: true, addBOS: true},
		{names: []string{"gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"}, cuts: []string{casedWords(endings, `\p{N}{1,3}`)}, ggml: []string{casedASCII(asciiEndings, `\p{N}{1,3}`)}},
		{names: []string{"bloom", "gpt3-finnish", "poro-chat"}, cuts: []string{patternBloomNested}, ggml: []string{patternBloom}},
		{names: []string{"viking"}, cuts: []string{patternBloomNested, `\p{N}`}, ggml: []string{patternBloom, `\p{N}`}},
	}
}

// ggufPre knows the pre-tokenizers of llama.cpp by name.
func ggufPre(name string) (stages []stage, p pre, err error) {
	var known []string
	for _, p := range pres() {
		for _, n := range p.names {
			if n != name {
				continue
			}
			cuts := p.ggml
			if cuts == nil {
				cuts = p.cuts
			}
			for _, expr := range cuts {
				s, err := regexStage(expr, false, isolated, "tokenizer.ggml.pre "+name)
				if err != nil {
					return nil, p, err
				}
				stages = append(stages, s)
			}
			return stages, p, nil
		}
		known = append(known, p.names[0])
	}
	return nil, pre{}, fmt.Errorf("tokenizer.ggml.pre %q is not supported (supported: %s, and their aliases)", name, strings.Join(known, ", "))
}

// Patterns and parts of patterns, as tokenizer.json files have them. Where llama.cpp's differ, so that ids agree with it,
// the name says ASCII: there ASCII's letters alone have a case.
const (
	patternFold       = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|`
	patternASCIIFold  = `(?:` + asciiContractions + `)|`
	asciiContractions = `'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]`
	patternWord       = `[^\r\n\p{L}\p{N}]?\p{L}+`
	patternRest       = `| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternBare       = `| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternMarks      = `[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

	patternGPT2        = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	patternPunctuation = "[\\p{P}\\$\\+<=>\\^~\\|`]+"
	patternBloomNested = ` ?[^(\s|[.,!?…。，、।۔،])]+`
	patternBloom       = ` ?[^(\s|.,!?…。，、।۔،)]+`

	deepseekLetterSet = "[" +
		"A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-\u0373" +
		"\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481" +
		"\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B" +
		"\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B" +
		"\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB" +
		"\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128" +
		"\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4" +
		"\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF" +
		"\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A\U00010400-\U0001044F\U000104B0-\U000104D3" +
		"\U000104D8-\U000104FB\U00010C80-\U00010CB2\U00010CC0-\U00010CF2\U000118A0-\U000118DF" +
		"\U0001E900-\U0001E943" + "]"
	deepseekLetters        = `\s?` + deepseekLetterSet + `+`
	deepseekPunctuationSet = "[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]"
	deepseekPunctuation    = `\s?` + deepseekPunctuationSet + `+`
	deepseekAsianSet       = "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]"
	deepseekAsian          = deepseekAsianSet + `+`
	// llama.cpp's sets have no white space in them: it sees all of it as one character.
	deepseekPunctuationSetGGML = "[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3001-\u3002]"
	deepseekPunctuationGGML    = `\s?` + deepseekPunctuationSetGGML + `+`
	deepseekAsianSetGGML       = "[\u4E00-\u9FA5\u0800-\u167F\u1681-\u1FFF\u200B-\u2027\u202A-\u202E\u2030-\u205E\u2060-\u2FFF\u3001-\u4E00\uAC00-\uD7FF]"
	deepseekAsianGGML          = deepseekAsianSetGGML + `+`
	deepseekV3AsianSet         = "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]"
	deepseekV3Asian            = deepseekV3AsianSet + `+`
	deepseekV3                 = `[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_` + "`" + `{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

	endings      = `(?i:'s|'t|'re|'ve|'m|'ll|'d)?`
	asciiEndings = `(?:` + asciiContractions + `)?`
	casedRest    = `| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// casedWords is the pattern of [cased].
func casedWords(ending, numbers string) string {
	const before = `[^\r\n\p{L}\p{N}]?`
	const high, low = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`, `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
	return before + high + `*` + low + `+` + ending + `|` + before + high + `+` + low + `*` + ending + `|` + numbers + casedRest
}

// casedASCII is llama.cpp's form of it.
func casedASCII(ending, numbers string) string {
	const before = `[^\r\n\p{L}\p{N}]?`
	const high, low = `((?=[\p{L}])([^a-z]))`, `((?=[\p{L}])([^A-Z]))`
	return before + high + `*` + low + `+` + ending + `|` + before + high + `+` + low + `*` + ending + `|` + numbers + casedRest
}

// canonical writes a pattern in the one way that the tables know it by. Possessive quantifiers change nothing in
// patterns that never give characters back, which are all that the tables have.
func canonical(pattern string) string {
	plain := strings.NewReplacer(`?+`, `?`, `++`, `+`, "\r", `\r`, "\n", `\n`).Replace(pattern)
	plain = strings.NewReplacer(`'(?i:[sdmt]|ll|ve|re)|`, patternFold, `'(?:[sdmt]|ll|ve|re)|`, `'s|'t|'re|'ve|'m|'ll|'d|`,
		`'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|`, patternASCIIFold, `|\s*[\r\n]|`, `|\s*[\r\n]+|`, `|\s+$|\s+(?!\S)|\s`, `|\s+(?!\S)|\s+`).Replace(plain)
	if strings.HasSuffix(plain, `|\s+(?!\S)`) {
		plain += `|\s+`
	}
	if splitters()[plain] == nil {
		return pattern
	}
	return plain
}

// knownSplitter is the hand-written form of a pattern that is common in tokenizer.json and GGUF files, nil for others.
func knownSplitter(pattern string) splitter { return splitters()[canonical(pattern)] }

// splitters is fixed data: the hand-written form of each pattern.
var splitters = sync.OnceValue(func() map[string]splitter {
	has := func(want class) func(rune) bool { return func(r rune) bool { return classOf(r)&want != 0 } }
	none := func(rune) bool { return false }
	newlines := func(r rune) bool { return r == '\n' }
	lineEnd := func(s string, i int) int {
		if s[i] == '\r' || s[i] == '\n' {
			i++
		}
		return i
	}
	bloom := orGap(runsAfter(func(r rune) bool { return r == ' ' }, inSet(`[^(\s\v\x{85}\p{Z}|.,!?…。，、।۔،)]`)))
	all := map[string]splitter{
		patternGPT2:                     splitGPT2,
		patternPunctuation:              punctuationRuns,
		`[\p{P}\$\+<=>\^~\|]+`:          punctuationRunsLess,
		`\p{N}`:                         digitsApart,
		`\p{N}+`:                        digitRuns,
		`\p{N}{1,3}`:                    digitTriples,
		`[0-9][0-9][0-9]`:               threeDigits,
		`\s+$`:                          trailingSpace,
		`[\r\n]`:                        orGap(lineEnd),
		`[^\n]+|[\n]+`:                  func(s string, i int) int { return runsOf(s, i, newlines) },
		`\s?\p{L}+`:                     orGap(runsAfter(has(space), has(letter))),
		`\s?\p{P}+`:                     orGap(runsAfter(has(space), has(punctuation))),
		deepseekLetters:                 orGap(runsAfter(has(space), inSet(deepseekLetterSet))),
		deepseekPunctuation:             orGap(runsAfter(has(space), inSet(deepseekPunctuationSet))),
		deepseekPunctuationGGML:         orGap(runsAfter(has(space), inSet(deepseekPunctuationSetGGML))),
		deepseekAsianGGML:               orGap(runsAfter(none, inSet(deepseekAsianSetGGML))),
		deepseekAsian:                   orGap(runsAfter(none, inSet(deepseekAsianSet))),
		deepseekV3Asian:                 orGap(runsAfter(none, inSet(deepseekV3AsianSet))),
		deepseekV3:                      orGap(deepSeek),
		patternBloom:                    bloom,
		patternBloomNested:              bloom,
		patternFold + patternMarks:      cl100k{digits: 1, longS: true, marks: true}.split,
		patternASCIIFold + patternMarks: cl100k{digits: 1, marks: true}.split,
		patternFold + patternWord + `|\p{N}{1}` + patternBare:      cl100k{digits: 1, longS: true, bare: true}.split,
		patternASCIIFold + patternWord + `|\p{N}{1}` + patternBare: cl100k{digits: 1, bare: true}.split,
	}
	for digits, expr := range map[int]string{1: `\p{N}`, 3: `\p{N}{1,3}`, math.MaxInt: `\p{N}+`} {
		all[patternFold+patternWord+`|`+expr+patternRest] = cl100k{digits: digits, longS: true}.split
		all[patternASCIIFold+patternWord+`|`+expr+patternRest] = cl100k{digits: digits}.split
		all[patternWord+`|`+expr+patternRest] = cl100k{digits: digits, plain: true}.split
		all[casedWords("", expr)] = cased{digits: digits, longS: true}.split
		all[casedWords(endings, expr)] = cased{digits: digits, endings: true, longS: true}.split
		all[casedASCII("", expr)] = cased{digits: digits, ascii: true}.split
		all[casedASCII(asciiEndings, expr)] = cased{digits: digits, endings: true, ascii: true}.split
	}
	return all
})

// inSet is a set of characters written as a regular expression writes it.
func inSet(expr string) func(rune) bool {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil // a test builds them all
	}
	var plane [1 << 16 / 64]uint64
	var rest []rune // pairs of first and last
	for i := 0; i+1 < len(re.Rune); i += 2 {
		lo, hi := re.Rune[i], re.Rune[i+1]
		for r := lo; r <= min(hi, 1<<16-1); r++ {
			plane[r/64] |= 1 << (r % 64)
		}
		if hi >= 1<<16 {
			rest = append(rest, max(lo, 1<<16), hi)
		}
	}
	return func(r rune) bool {
		if uint32(r) < 1<<16 {
			return plane[r/64]>>(r%64)&1 != 0
		}
		for i := 0; i < len(rest); i += 2 {
			if rest[i] <= r && r <= rest[i+1] {
				return true
			}
		}
		return false
	}
}
