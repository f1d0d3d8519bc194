package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxNesting bounds how deep Sequence may nest.
const maxNesting = 16

// maxStages bounds the parts of a pre-tokenizer, each of which calls the next.
const maxStages = 256

// part is any of the parts of tokenizer.json: each has a type, and its own fields among these.
type part struct {
	Type          string            `json:"type"`
	Normalizers   []json.RawMessage `json:"normalizers"`
	PreTokenizers []json.RawMessage `json:"pretokenizers"`
	Decoders      []json.RawMessage `json:"decoders"`
	Processors    []json.RawMessage `json:"processors"`

	Prepend          string         `json:"prepend"`
	Pattern          *partPattern   `json:"pattern"`
	Content          string         `json:"content"`
	StripLeft        bool           `json:"strip_left"`
	StripRight       bool           `json:"strip_right"`
	Behavior         behavior       `json:"behavior"`
	Invert           bool           `json:"invert"`
	AddPrefixSpace   *bool          `json:"add_prefix_space"`
	UseRegex         *bool          `json:"use_regex"`
	IndividualDigits bool           `json:"individual_digits"`
	Replacement      string         `json:"replacement"`
	PrependScheme    scheme         `json:"prepend_scheme"`
	Split            *bool          `json:"split"`
	Start            int            `json:"start"`
	Stop             int            `json:"stop"`
	Single           []templateItem `json:"single"`

	Charsmap     []byte  `json:"precompiled_charsmap"` // base64
	CleanText    *bool   `json:"clean_text"`
	ChineseChars *bool   `json:"handle_chinese_chars"`
	StripAccents *bool   `json:"strip_accents"`
	Lowercase    *bool   `json:"lowercase"`
	Delimiter    string  `json:"delimiter"`
	Prefix       *string `json:"prefix"`
	Suffix       *string `json:"suffix"`
	Cleanup      *bool   `json:"cleanup"`
	PadToken     string  `json:"pad_token"`
	WordToken    string  `json:"word_delimiter_token"`
	Sep          tokenAt `json:"sep"`
	Cls          tokenAt `json:"cls"`

	SpecialTokens map[string]struct {
		IDs []int64 `json:"ids"`
	} `json:"special_tokens"`
}

type partPattern struct {
	String *string `json:"String"`
	Regex  *string `json:"Regex"`
}

type templateItem struct {
	SpecialToken *struct {
		ID string `json:"id"`
	} `json:"SpecialToken"`
	Sequence *struct{} `json:"Sequence"`
}

// tokenAt is ["token", id].
type tokenAt struct {
	token string
	id    int32
}

func (a *tokenAt) UnmarshalJSON(data []byte) error {
	var both []json.RawMessage
	if err := json.Unmarshal(data, &both); err != nil || len(both) != 2 {
		return fmt.Errorf(`%.40s is not ["token", id]`, data)
	}
	if err := json.Unmarshal(both[0], &a.token); err != nil {
		return err
	}
	return json.Unmarshal(both[1], &a.id)
}

// readPart reads the part called field, and refuses nesting past maxNesting.
func readPart(raw json.RawMessage, field string, depth int) (p part, err error) {
	if depth > maxNesting {
		return p, fmt.Errorf("%s: Sequence is nested more than %d deep", field, maxNesting)
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, fmt.Errorf("%s: %w", field, err)
	}
	return p, nil
}

func unsupported(field, typ, supported string) error {
	return fmt.Errorf("%s.type %q is not supported (supported: %s)", field, typ, supported)
}

func isTrue(p *bool) bool { return p == nil || *p }

// parseParts reads a part and, where it is a Sequence, all parts below it, in order. list is the name of the field that
// holds a Sequence's parts and below gives them; one reads any other part.
func parseParts[T any](raw json.RawMessage, field string, depth int, list string, below func(*part) []json.RawMessage, one func(*part, string) (T, error)) ([]T, error) {
	if isNull(raw) {
		return nil, nil
	}
	p, err := readPart(raw, field, depth)
	if err != nil {
		return nil, err
	}
	if p.Type != "Sequence" {
		x, err := one(&p, field)
		if err != nil {
			return nil, err
		}
		return []T{x}, nil
	}
	var all []T
	for i, sub := range below(&p) {
		x, err := parseParts(sub, fmt.Sprintf("%s.%s[%d]", field, list, i), depth+1, list, below, one)
		if err != nil {
			return nil, err
		}
		all = append(all, x...)
	}
	return all, nil
}

func parseNormalizer(raw json.RawMessage, field string) ([]normalizer, error) {
	return parseParts(raw, field, 0, "normalizers", func(p *part) []json.RawMessage { return p.Normalizers }, oneNormalizer)
}

func parsePreTokenizer(raw json.RawMessage, field string) ([]stage, error) {
	return parseParts(raw, field, 0, "pretokenizers", func(p *part) []json.RawMessage { return p.PreTokenizers }, onePreTokenizer)
}

func parseDecoder(raw json.RawMessage, field string) ([]decoder, error) {
	return parseParts(raw, field, 0, "decoders", func(p *part) []json.RawMessage { return p.Decoders }, oneDecoder)
}

// oneNormalizer reads a normaliser that is no Sequence.
func oneNormalizer(p *part, field string) (normalizer, error) {
	switch p.Type {
	case "Prepend":
		return prepend{p.Prepend}, nil
	case "Replace":
		return p.replacement(field)
	case "NFC":
		return unicodeForm{norm.NFC}, nil
	case "NFD":
		return unicodeForm{norm.NFD}, nil
	case "NFKC":
		return unicodeForm{norm.NFKC}, nil
	case "NFKD":
		return unicodeForm{norm.NFKD}, nil
	case "Lowercase":
		return lowercase{}, nil
	case "Strip":
		return strip{p.StripLeft, p.StripRight}, nil
	case "StripAccents":
		return stripAccents{}, nil
	case "BertNormalizer":
		return p.bert(), nil
	case "Nmt":
		return nmt{}, nil
	case "Precompiled":
		if len(p.Charsmap) == 0 { // as in the reference: nothing to do
			return strip{}, nil
		}
		c, err := parseCharsmap(p.Charsmap)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field, err)
		}
		return &graphemeMap{c}, nil
	}
	return nil, unsupported(field, p.Type, "Sequence, Prepend, Replace, NFC, NFD, NFKC, NFKD, Nmt, Lowercase, Strip, StripAccents, BertNormalizer, Precompiled")
}

func (p *part) replacement(field string) (normalizer, error) {
	switch {
	case p.Pattern != nil && p.Pattern.String != nil:
		return replaceString{*p.Pattern.String, p.Content}, nil
	case p.Pattern != nil && p.Pattern.Regex != nil:
		re, err := compileRegex(*p.Pattern.Regex)
		if err != nil {
			return nil, fmt.Errorf("%s.pattern: %w", field, err)
		}
		return replaceRegex{re, p.Content}, nil
	}
	return nil, fmt.Errorf("%s.pattern is missing: want {\"String\": …} or {\"Regex\": …}", field)
}

// onePreTokenizer reads a pre-tokenizer that is no Sequence.
func onePreTokenizer(p *part, field string) (stage, error) {
	switch p.Type {
	case "ByteLevel":
		return byteLevel{prefixSpace: isTrue(p.AddPrefixSpace), words: isTrue(p.UseRegex)}, nil
	case "Split":
		return p.splitStage(field)
	case "Digits":
		if p.IndividualDigits {
			return words{digitsApart}, nil
		}
		return words{digitRuns}, nil
	case "Punctuation":
		do, err := p.behavior(field, isolated)
		if do == contiguous {
			return words{punctuationRuns}, err
		}
		return pattern{find: findRunes(isPunctuation), do: do}, err
	case "Whitespace":
		return pattern{find: findWords, invert: true, do: removed}, nil
	case "WhitespaceSplit":
		return pattern{find: findRunes(unicode.IsSpace), do: removed}, nil
	case "CharDelimiterSplit":
		return pattern{find: findString(p.Delimiter), do: removed}, nil
	case "BertPreTokenizer":
		return bertCut{}, nil
	case "Metaspace":
		m, err := p.metaspace(field)
		return m, err
	}
	return nil, unsupported(field, p.Type, "Sequence, ByteLevel, Split, Digits, Punctuation, Whitespace, WhitespaceSplit, CharDelimiterSplit, BertPreTokenizer, Metaspace")
}

func (p *part) behavior(field string, otherwise behavior) (behavior, error) {
	switch p.Behavior {
	case "":
		return otherwise, nil
	case removed, isolated, mergedWithPrevious, mergedWithNext, contiguous:
		return p.Behavior, nil
	}
	return "", fmt.Errorf("%s.behavior %q is not supported (supported: Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous)", field, p.Behavior)
}

func (p *part) splitStage(field string) (stage, error) {
	do, err := p.behavior(field, "")
	if err != nil {
		return nil, err
	}
	if do == "" {
		return nil, fmt.Errorf("%s.behavior is missing", field)
	}
	switch {
	case p.Pattern != nil && p.Pattern.String != nil:
		return pattern{find: findString(*p.Pattern.String), invert: p.Invert, do: do}, nil
	case p.Pattern != nil && p.Pattern.Regex != nil:
		return regexStage(*p.Pattern.Regex, p.Invert, do, field)
	}
	return nil, fmt.Errorf("%s.pattern is missing: want {\"String\": …} or {\"Regex\": …}", field)
}

// regexStage cuts by a pattern: by hand where it is a well-known one, else with a regular expression engine.
func regexStage(expr string, invert bool, do behavior, field string) (stage, error) {
	// Keeping only the matches of a pattern that matches everything is the same as isolating them.
	if do == isolated || do == removed && invert && strings.HasSuffix(expr, `|\s+`) {
		if known := knownSplitter(expr); known != nil {
			return words{known}, nil
		}
	}
	re, err := compileRegex(expr)
	if err != nil {
		return nil, fmt.Errorf("%s.pattern: %w", field, err)
	}
	return pattern{find: re.spans, invert: invert, do: do}, nil
}

func (p *part) metaspace(field string) (metaspace, error) {
	m := metaspace{mark: p.Replacement, scheme: p.PrependScheme, cut: isTrue(p.Split)}
	if m.mark == "" {
		m.mark = metaMark
	}
	switch m.scheme {
	case always, onlyFirst, never:
	case "":
		m.scheme = always
		if !isTrue(p.AddPrefixSpace) {
			m.scheme = never
		}
	default:
		return m, fmt.Errorf("%s.prepend_scheme %q is not supported (supported: always, first, never)", field, m.scheme)
	}
	return m, nil
}

// finishStages settles where bytes are spelled out, and reports whether the model sees bytes.
func (t *Tokenizer) finishStages() (raw bool) {
	for i, s := range t.stages {
		b, ok := s.(byteLevel)
		if !ok {
			continue
		}
		if i == len(t.stages)-1 && !raw {
			return true // the model works on bytes, so nothing need be spelled
		}
		b.spell = true
		t.stages[i] = b
		raw = true
	}
	if raw {
		// Once for each time it was spelled: twice is odd, but it is what the file says.
		t.stages = append(t.stages, unspell{})
	}
	return raw
}

// oneDecoder reads a decoder that is no Sequence.
func oneDecoder(p *part, field string) (decoder, error) {
	switch p.Type {
	case "ByteLevel":
		return bytesDecoder{}, nil
	case "ByteFallback":
		return byteFallback{}, nil
	case "Fuse":
		return fuse{}, nil
	case "Replace":
		n, err := p.replacement(field)
		return rewrite{n}, err
	case "Strip":
		if !moreThanOne(p.Content) && p.Content != "" {
			return stripDecoder{p.Content, p.Start, p.Stop}, nil
		}
		return nil, fmt.Errorf("%s.content %.40q is not one character", field, p.Content)
	case "Metaspace":
		m, err := p.metaspace(field)
		return metaspaceDecoder{m.mark, m.scheme}, err
	case "WordPiece":
		d := wordPieceDecoder{prefix: "##", cleanup: isTrue(p.Cleanup)}
		if p.Prefix != nil {
			d.prefix = *p.Prefix
		}
		return d, nil
	case "BPEDecoder":
		d := suffixDecoder{"</w>"}
		if p.Suffix != nil {
			d.suffix = *p.Suffix
		}
		return d, nil
	case "CTC":
		return ctcDecoder{p.PadToken, p.WordToken, isTrue(p.Cleanup)}, nil
	}
	return nil, unsupported(field, p.Type, "Sequence, ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace, WordPiece, BPEDecoder, CTC")
}

// template is what the post-processor puts around a text.
type template struct {
	known         bool // there is a template
	before, after int32
	beforeToken   string
	afterToken    string
}

func parsePostProcessor(raw json.RawMessage, field string, depth int) (template, error) {
	none := template{before: -1, after: -1}
	if isNull(raw) {
		return none, nil
	}
	p, err := readPart(raw, field, depth)
	if err != nil {
		return none, err
	}
	switch p.Type {
	case "Sequence":
		for i, sub := range p.Processors {
			t, err := parsePostProcessor(sub, fmt.Sprintf("%s.processors[%d]", field, i), depth+1)
			if err != nil {
				return none, err
			}
			if t.known {
				none = t
			}
		}
		return none, nil
	case "ByteLevel":
		return none, nil
	case "BertProcessing", "RobertaProcessing":
		return template{known: true, before: p.Cls.id, after: p.Sep.id, beforeToken: p.Cls.token, afterToken: p.Sep.token}, nil
	case "TemplateProcessing":
		t := template{known: true, before: -1, after: -1}
		seen := false
		for _, item := range p.Single {
			switch {
			case item.Sequence != nil:
				seen = true
			case item.SpecialToken == nil:
			case !seen && t.beforeToken == "":
				t.beforeToken = item.SpecialToken.ID
			case seen:
				t.afterToken = item.SpecialToken.ID
			}
		}
		id := func(token string) int32 {
			if s, ok := p.SpecialTokens[token]; ok && len(s.IDs) > 0 && s.IDs[0] >= 0 && s.IDs[0] < 1<<31 {
				return int32(s.IDs[0])
			}
			return -1
		}
		t.before, t.after = id(t.beforeToken), id(t.afterToken)
		return t, nil
	}
	return none, unsupported(field, p.Type, "Sequence, ByteLevel, TemplateProcessing, BertProcessing, RobertaProcessing")
}
