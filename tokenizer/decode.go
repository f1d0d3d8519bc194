package tokenizer

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Decode is the text of a whole sequence, control tokens included, as the tokenizers library's
// decode(skip_special_tokens=False) has it. Ids outside the vocabulary are left out; invalid UTF-8 becomes U+FFFD.
func (t *Tokenizer) Decode(ids []int32) string {
	tokens := make([]string, 0, len(ids))
	if t.verbatim != nil { // a byte-level GGUF vocabulary
		var raw []byte
		for _, id := range ids {
			if t.known(id) {
				raw = append(raw, t.piece(id, nil).text...)
			}
		}
		return validUTF8(raw)
	}
	for _, id := range ids {
		if t.known(id) {
			tokens = append(tokens, t.tokens[id])
		}
	}
	if len(t.decoders) == 0 {
		return strings.Join(tokens, " ")
	}
	var spent time.Duration
	for _, d := range t.decoders {
		tokens = d.decode(tokens, &spent)
	}
	return strings.Join(tokens, "")
}

// A decoder is one step from the spelling of tokens to text.
type decoder interface {
	// decode rewrites the tokens of a whole sequence. spent counts the time that regular expressions take.
	decode(tokens []string, spent *time.Duration) []string
	// each rewrites one token of a stream, of which neither the first nor the last is at hand.
	each(p piece, spent *time.Duration) piece
}

// A piece is what one token gives to a stream.
type piece struct {
	text string
	raw  bool // text is bytes, not necessarily whole characters
	join bool // the tokens have been fused: what follows speaks of the whole text
}

// piece is what the token gives to a stream.
func (t *Tokenizer) piece(id int32, spent *time.Duration) piece {
	p := piece{text: t.tokens[id]}
	if t.verbatim != nil && t.verbatim[id] {
		return p
	}
	for _, d := range t.decoders {
		p = d.each(p, spent)
	}
	return p
}

// bytesDecoder reads byte-level characters.
type bytesDecoder struct{}

func (bytesDecoder) decode(tokens []string, _ *time.Duration) []string {
	var raw []byte
	for _, token := range tokens {
		var ok bool
		if raw, ok = appendSpelled(raw, token); !ok {
			raw = append(raw, token...)
		}
	}
	return []string{validUTF8(raw)}
}

func (bytesDecoder) each(p piece, _ *time.Duration) piece {
	if raw, ok := appendSpelled(nil, p.text); ok {
		p.text = string(raw)
	}
	p.raw = true
	return p
}

// byteFallback reads tokens such as <0x0A>.
type byteFallback struct{}

func (byteFallback) decode(tokens []string, _ *time.Duration) []string {
	out := tokens[:0:0]
	var held []byte
	flush := func() {
		switch {
		case len(held) == 0:
		case utf8.Valid(held):
			out = append(out, string(held))
		default: // the reference gives up the whole run, one replacement a byte
			for range held {
				out = append(out, "\uFFFD")
			}
		}
		held = held[:0]
	}
	for _, token := range tokens {
		if b, ok := byteToken(token); ok {
			held = append(held, b)
			continue
		}
		flush()
		out = append(out, token)
	}
	flush()
	return out
}

func (byteFallback) each(p piece, _ *time.Duration) piece {
	if b, ok := byteToken(p.text); ok && !p.raw {
		return piece{text: string([]byte{b}), raw: true, join: p.join}
	}
	return p
}

// byteToken is the byte that a token such as <0x0A> stands for.
func byteToken(s string) (byte, bool) {
	if len(s) != 6 || s[:3] != "<0x" || s[5] != '>' {
		return 0, false
	}
	hi, ok1 := hexDigit(s[3])
	lo, ok2 := hexDigit(s[4])
	return hi<<4 | lo, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// fuse joins the tokens.
type fuse struct{}

func (fuse) decode(tokens []string, _ *time.Duration) []string {
	return []string{strings.Join(tokens, "")}
}

func (fuse) each(p piece, _ *time.Duration) piece {
	p.join = true
	return p
}

// rewrite applies a normalizer's replacement to each token.
type rewrite struct{ by normalizer }

func (d rewrite) decode(tokens []string, spent *time.Duration) []string {
	for i, token := range tokens {
		tokens[i] = d.by.normalize(token, place{spent: spent})
	}
	return tokens
}

func (d rewrite) each(p piece, spent *time.Duration) piece {
	if !p.raw {
		p.text = d.by.normalize(p.text, place{spent: spent})
	}
	return p
}

// stripDecoder takes up to start characters off the beginning of each token and stop off its end.
type stripDecoder struct {
	content     string // one character
	start, stop int
}

func (d stripDecoder) decode(tokens []string, _ *time.Duration) []string {
	for i, token := range tokens {
		tokens[i] = d.strip(token)
	}
	return tokens
}

func (d stripDecoder) strip(s string) string {
	for i := 0; i < d.start && strings.HasPrefix(s, d.content); i++ {
		s = s[len(d.content):]
	}
	for i := 0; i < d.stop && strings.HasSuffix(s, d.content); i++ {
		s = s[:len(s)-len(d.content)]
	}
	return s
}

func (d stripDecoder) each(p piece, _ *time.Duration) piece {
	if !p.join && !p.raw {
		p.text = d.strip(p.text)
	}
	return p
}

// metaspaceDecoder reads the space mark, and drops the one that was put before the text.
type metaspaceDecoder struct {
	mark   string
	scheme scheme
}

func (d metaspaceDecoder) decode(tokens []string, _ *time.Duration) []string {
	for i, token := range tokens {
		space := " "
		if i == 0 && d.scheme != never {
			space = ""
		}
		tokens[i] = strings.ReplaceAll(token, d.mark, space)
	}
	return tokens
}

func (d metaspaceDecoder) each(p piece, _ *time.Duration) piece {
	p.text = strings.ReplaceAll(p.text, d.mark, " ")
	return p
}

// Bytes is what a token adds to a text that came before, which may be part of a character; nothing for a control token and
// for an id outside the vocabulary.
func (t *Tokenizer) Bytes(id int32) []byte {
	if !t.known(id) || t.control[id] {
		return nil
	}
	var spent time.Duration
	text := t.piece(id, &spent).text
	if len(t.decoders) == 0 { // tokens are words
		text = " " + text
	}
	return []byte(text)
}

// A Decoder turns a stream of ids into text as they come, for a text that continues a prompt: a space at its beginning
// stays. It is for one stream and one goroutine.
type Decoder struct {
	t     *Tokenizer
	held  []byte // the beginning of a character whose end has not come yet
	any   bool
	spent time.Duration
}

// NewDecoder starts a stream.
func (t *Tokenizer) NewDecoder() *Decoder { return &Decoder{t: t} }

// Next is the text that this id completes. It is always valid UTF-8, and "" for a control token, an id outside the
// vocabulary, or part of a character.
func (d *Decoder) Next(id int32) string {
	if !d.t.known(id) || d.t.control[id] {
		return ""
	}
	p := d.t.piece(id, &d.spent)
	if len(d.t.decoders) == 0 && d.any { // without a decoder, tokens are words
		p.text = " " + p.text
	}
	d.any = true
	if len(d.held) == 0 && utf8.ValidString(p.text) {
		return p.text
	}
	d.held = append(d.held, p.text...)
	n := len(d.held) - partial(d.held)
	out := d.text(d.held[:n])
	d.held = append(d.held[:0], d.held[n:]...)
	return out
}

// Flush is what is held back: the beginning of a character that never ended, as U+FFFD.
func (d *Decoder) Flush() string {
	out := d.text(d.held)
	d.held = d.held[:0]
	return out
}

// partial is the length of the character begun at the end of b, 0 where b ends in a whole character or in garbage.
func partial(b []byte) int {
	for n := 1; n <= min(3, len(b)); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return n
			}
			return 0
		}
	}
	return 0
}

// text is b as valid UTF-8. With byte fallback each stray byte becomes one U+FFFD, as in the reference.
func (d *Decoder) text(b []byte) string {
	if d.t.strays {
		return string([]rune(string(b)))
	}
	return validUTF8(b)
}

// validUTF8 is b with each maximal part of an invalid sequence replaced by one U+FFFD, which is what the Unicode
// standard recommends (section 3.9) and what the tokenizers library does. Go's own functions replace more or less.
func validUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	out := make([]byte, 0, len(b)+8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r != utf8.RuneError || n > 1 {
			out = append(out, b[:n]...)
			b = b[n:]
			continue
		}
		out = append(out, "\uFFFD"...)
		// Bytes that could still have led to a character belong to the same part.
		for n = 1; n < len(b) && !utf8.FullRune(b[:n]) && !utf8.FullRune(b[:n+1]); n++ {
		}
		b = b[n:]
	}
	return string(out)
}
