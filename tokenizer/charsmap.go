package tokenizer

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// A charsmap is SentencePiece's precompiled normalisation: which bytes become which others. It is a double array of units
// of four bytes (Aoe 1989, in the layout of Darts-clone), whose values are places in a list of texts that end in a zero.
type charsmap struct {
	units []uint32
	texts string
}

// maxMapped bounds the bytes that one replacement looks at; the longest in use are a few characters.
const maxMapped = 256

func parseCharsmap(data []byte) (charsmap, error) {
	if len(data) < 4 {
		return charsmap{}, fmt.Errorf("precompiled character map: %d bytes are no map", len(data))
	}
	size := uint64(binary.LittleEndian.Uint32(data))
	if size%4 != 0 || size == 0 || size > uint64(len(data)-4) {
		return charsmap{}, fmt.Errorf("precompiled character map: %d of %d bytes are its array; want a multiple of 4 within the map", size, len(data)-4)
	}
	c := charsmap{units: make([]uint32, size/4), texts: string(data[4+size:])}
	for i := range c.units {
		c.units[i] = binary.LittleEndian.Uint32(data[4+4*i:])
	}
	return c, nil
}

// match is what the longest prefix of s that the map knows becomes, or the shortest; n is 0 for none.
func (c *charsmap) match(s string, longest bool) (text string, n int) {
	node := offsetOf(c.units[0])
	for i := 0; i < min(len(s), maxMapped) && s[i] != 0; i++ {
		node ^= uint32(s[i])
		if node >= uint32(len(c.units)) || c.units[node]&(1<<31|0xFF) != uint32(s[i]) {
			break
		}
		unit := c.units[node]
		node ^= offsetOf(unit)
		if unit>>8&1 == 0 {
			continue
		}
		if node >= uint32(len(c.units)) {
			break
		}
		at := uint64(c.units[node] & (1<<31 - 1))
		if at > uint64(len(c.texts)) {
			break
		}
		end := strings.IndexByte(c.texts[at:], 0)
		if end < 0 {
			break
		}
		text, n = c.texts[at:at+uint64(end)], i+1
		if !longest {
			break
		}
	}
	return text, n
}

func offsetOf(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

// normalize replaces as SentencePiece and llama.cpp do: the longest match each time.
func (c *charsmap) normalize(s string, _ place) string {
	var out []byte
	done := 0
	for i := 0; i < len(s); {
		text, n := c.match(s[i:], true)
		if n == 0 {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
			text, n = "\uFFFD", 1
		}
		if len(out)+len(text) > maxGrowth {
			return s
		}
		out = append(append(out, s[done:i]...), text...)
		i += n
		done = i
	}
	if done == 0 {
		return s
	}
	return string(append(out, s[done:]...))
}

// graphemeMap replaces as the tokenizers library does: the shortest match at the beginning of what a reader sees as one
// character, if that has fewer than six bytes, else at each code point.
type graphemeMap struct{ charsmap }

func (c *graphemeMap) normalize(s string, _ place) string {
	out := make([]byte, 0, len(s)+len(s)/8)
	replace := func(part string) bool {
		text, n := c.match(part, false)
		if n > 0 {
			out = append(out, text...)
		}
		return n > 0
	}
	state := -1
	for s != "" {
		if len(out) > maxGrowth {
			return string(append(out, s...))
		}
		var part string
		if len(s) > 1 && s[0] < utf8.RuneSelf && s[1] < utf8.RuneSelf && s[0] != '\r' {
			part, s, state = s[:1], s[1:], -1
		} else {
			part, s, _, state = uniseg.FirstGraphemeClusterInString(s, state)
		}
		if len(part) < 6 && replace(part) {
			continue
		}
		for part != "" {
			_, n := utf8.DecodeRuneInString(part)
			if !replace(part[:n]) {
				out = append(out, part[:n]...)
			}
			part = part[n:]
		}
	}
	return string(out)
}

// sentenceSpaces does with spaces what SentencePiece does: each becomes a mark, one may go before the text, and of several
// perhaps one stays, none at either end.
type sentenceSpaces struct {
	prefix bool // one before the text
	merge  bool // several become one
	each   bool // llama.cpp's Unigram: with merge one goes before the text, prefix or not
}

func (n sentenceSpaces) normalize(s string, at place) string {
	out := make([]byte, 0, len(s)+len(s)/4+len(metaMark))
	word, first := false, true
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != ' ':
			before := n.merge && i > 0 // the space that this word had before it
			if first && !at.continues() {
				before = n.prefix || n.merge && n.each
			}
			if !word && before {
				out = append(out, metaMark...)
			}
			word, first = true, false
			out = append(out, s[i])
		case n.merge:
			word = false
		default:
			word = false
			out = append(out, metaMark...)
		}
	}
	return string(out)
}
