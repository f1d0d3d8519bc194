package tokenizer

import "unicode/utf8"

// Byte-level vocabularies spell each byte as one printable character (GPT-2, "Language Models are Unsupervised
// Multitask Learners", 2019): printable Latin-1 stands for itself, the other 68 bytes for U+0100 onwards, in order.

// byteRunes is fixed data: the character that stands for each byte.
var byteRunes = func() (t [256]rune) {
	next := rune(256)
	for b := range t {
		if b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE {
			t[b] = rune(b)
		} else {
			t[b] = next
			next++
		}
	}
	return t
}()

// runeBytes is the inverse of byteRunes, -1 where a character stands for no byte.
var runeBytes = func() (t [256 + 68]int16) {
	for i := range t {
		t[i] = -1
	}
	for b, r := range byteRunes {
		t[r] = int16(b)
	}
	return t
}()

// runeByte is the byte that r stands for.
func runeByte(r rune) (byte, bool) {
	if r < 0 || int(r) >= len(runeBytes) || runeBytes[r] < 0 {
		return 0, false
	}
	return byte(runeBytes[r]), true
}

// spellBytes writes text in byte-level characters.
func spellBytes(text string) string {
	out := make([]byte, 0, len(text)+len(text)/4+4)
	for i := 0; i < len(text); i++ {
		out = utf8.AppendRune(out, byteRunes[text[i]])
	}
	return string(out)
}

// appendSpelled appends the bytes that s spells in byte-level characters; ok is false, and dst unchanged, where some
// character stands for no byte.
func appendSpelled(dst []byte, s string) (_ []byte, ok bool) {
	n := len(dst)
	for _, r := range s {
		b, ok := runeByte(r)
		if !ok {
			return dst[:n], false
		}
		dst = append(dst, b)
	}
	return dst, true
}
