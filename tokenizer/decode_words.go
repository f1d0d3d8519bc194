package tokenizer

import (
	"strings"
	"time"
)

func (d wordPieceDecoder) decode(tokens []string, _ *time.Duration) []string {
	for i, token := range tokens {
		tokens[i] = d.token(token, i == 0)
	}
	return tokens
}

func (d wordPieceDecoder) each(p piece, _ *time.Duration) piece {
	p.text = d.token(p.text, false)
	return p
}

// suffixDecoder turns the mark at the end of words into a space, but for the last.
type suffixDecoder struct{ suffix string }

func (d suffixDecoder) decode(tokens []string, _ *time.Duration) []string {
	for i, token := range tokens {
		space := " "
		if i == len(tokens)-1 {
			space = ""
		}
		tokens[i] = replaceMark(token, d.suffix, space)
	}
	return tokens
}

func (d suffixDecoder) each(p piece, _ *time.Duration) piece {
	p.text = replaceMark(p.text, d.suffix, " ")
	return p
}

func replaceMark(s, mark, with string) string {
	if mark == "" {
		return s
	}
	return strings.ReplaceAll(s, mark, with)
}

// ctcDecoder reads the output of connectionist temporal classification: repeated tokens are one, padding is nothing.
type ctcDecoder struct {
	pad, space string
	cleanup    bool
}

func (d ctcDecoder) decode(tokens []string, spent *time.Duration) []string {
	out := tokens[:0]
	last := ""
	for i, token := range tokens {
		if i > 0 && token == last {
			continue
		}
		last = token
		if text := d.each(piece{text: token}, spent).text; text != "" {
			out = append(out, text)
		}
	}
	return out
}

func (d ctcDecoder) each(p piece, _ *time.Duration) piece {
	p.text = replaceMark(p.text, d.pad, "")
	if d.cleanup {
		p.text = replaceMark(cleanUp(p.text), d.space, " ")
	}
	return p
}
