package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// bert is BERT's normalisation.
type bert struct {
	clean   bool // controls go, every white space is a space
	chinese bool // a space on both sides of a Chinese character
	accents bool // nonspacing marks go
	lower   bool
}

func (b bert) normalize(s string, at place) string {
	if b.clean {
		s = strings.Map(func(r rune) rune {
			switch {
			case unicode.IsSpace(r):
				return ' '
			case r == 0 || r == 0xFFFD || unicode.Is(unicode.C, r):
				return -1
			}
			return r
		}, s)
	}
	if b.chinese && strings.ContainsFunc(s, isChinese) {
		var out strings.Builder
		for _, r := range s {
			if isChinese(r) {
				out.WriteByte(' ')
				out.WriteRune(r)
				r = ' '
			}
			out.WriteRune(r)
		}
		s = out.String()
	}
	if b.accents {
		s = without(norm.NFD.String(s), unicode.Mn)
	}
	if b.lower {
		s = lowercase{}.normalize(s, at)
	}
	return s
}

// isChinese is every character that BERT takes as a word of its own.
func isChinese(r rune) bool {
	switch {
	case r < 0x3400:
		return false
	case r <= 0x4DBF, 0x4E00 <= r && r <= 0x9FFF, 0xF900 <= r && r <= 0xFAFF:
		return true
	}
	return 0x20000 <= r && r <= 0x2A6DF || 0x2A700 <= r && r <= 0x2B73F || 0x2B740 <= r && r <= 0x2B81F ||
		0x2B920 <= r && r <= 0x2CEAF || 0x2F800 <= r && r <= 0x2FA1F
}

func without(s string, table *unicode.RangeTable) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x300 && unicode.Is(table, r) {
			return -1
		}
		return r
	}, s)
}

// nmt is SentencePiece's cleaning of text for translation: controls go, space-like characters are spaces.
type nmt struct{}

func (nmt) normalize(s string, _ place) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r <= 0x08 && r > 0, r == 0x0B, 0x0E <= r && r <= 0x1F, r == 0x7F, r == 0x8F, r == 0x9F:
			return -1
		case r == 0x09, r == 0x0A, r == 0x0C, r == 0x0D, r == 0x1680, 0x200B <= r && r <= 0x200F, r == 0x2028, r == 0x2029, r == 0x2581, r == 0xFEFF, r == 0xFFFD:
			return ' '
		}
		return r
	}, s)
}

// stripAccents drops every mark.
type stripAccents struct{}

func (stripAccents) normalize(s string, _ place) string { return without(s, unicode.M) }

// bertCut cuts at white space, which goes, and around each punctuation mark.
type bertCut struct{}

func (bertCut) split(e *encoder, k int, piece string, at place) {
	word := 0 // where it begins
	flush := func(end int) {
		if word < end {
			p := at
			p.head = at.head && word == 0
			e.run(k, piece[word:end], p)
		}
	}
	for i := 0; i < len(piece); {
		r, n := utf8.DecodeRuneInString(piece[i:])
		switch {
		case unicode.IsSpace(r):
			flush(i)
			word = i + n
		case isPunctuation(r):
			flush(i)
			word = i
			flush(i + n)
			word = i + n
		}
		i += n
	}
	flush(len(piece))
}

// bertNormalizer is what a tokenizer.json says of BERT's normalisation, and refuses any other.
func bertNormalizer(s *source) (lower, accents bool, err error) {
	parts, err := partsOf(s.normalizer, "normalizer", func(p *part) []json.RawMessage { return p.Normalizers })
	if err != nil {
		return false, false, err
	}
	if len(parts) != 1 || parts[0].Type != "BertNormalizer" {
		return false, false, fmt.Errorf("llama.cpp knows WordPiece only behind a BertNormalizer")
	}
	b := parts[0].bert()
	return b.lower, b.accents, nil
}

func (p *part) bert() bert {
	lower := isTrue(p.Lowercase)
	b := bert{clean: isTrue(p.CleanText), chinese: isTrue(p.ChineseChars), lower: lower, accents: lower}
	if p.StripAccents != nil {
		b.accents = *p.StripAccents
	}
	return b
}

// wordMark puts the space mark before each piece: llama.cpp's WordPiece tells by it the tokens that begin a word.
type wordMark struct{}

func (wordMark) split(e *encoder, k int, piece string, at place) { e.run(k, metaMark+piece, at) }

// wordPieceDecoder joins tokens that go on with a word to it, and puts a space before the others.
type wordPieceDecoder struct {
	prefix  string
	cleanup bool
	marks   bool // llama.cpp's spelling: a mark before those that begin a word, nothing before those that go on
}

func (d wordPieceDecoder) token(s string, first bool) string {
	switch tail, ok := strings.CutPrefix(s, d.prefix); {
	case d.marks && !strings.HasPrefix(s, metaMark):
	case d.marks:
		if s = strings.TrimPrefix(s, metaMark); !first {
			s = " " + s
		}
	case first:
	case ok:
		s = tail
	default:
		s = " " + s
	}
	if d.cleanup {
		s = cleanUp(s)
	}
	return s
}

// cleanUp takes the spaces away that English does not have before punctuation and contractions, in the reference's order.
func cleanUp(s string) string {
	for _, r := range [][2]string{{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
		{" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}} {
		s = strings.ReplaceAll(s, r[0], r[1])
	}
	return s
}
