package grammar

// Where a string stands between two bytes: within a character of UTF-8 (RFC 3629, section 4), within an escape, or at neither.
// Both halves of a pair of surrogates are one character.
const (
	body  int32 = iota
	tail1       // so many bytes of a character are to come
	tail2
	tail3
	afterE0 // and the next of them has bounds of its own
	afterED
	afterF0
	afterF4
	escape // after a \
	hex4   // so many digits of a \u are to come
	hex3
	hex2
	hex1
	hexD  // the first digit was a d: the second decides whether it is half a pair
	high2 // so many digits of the pair's first half
	high1
	low6 // so many bytes of its second, \udc00 to \udfff
	low5
	low4
	low3
)

// unfinished is the bytes that end the character, from each of the places above.
var unfinished = [...]int{0, 1, 2, 3, 2, 2, 3, 3, 1, 4, 3, 2, 1, 3, 8, 7, 6, 5, 4, 3}

// write reads a byte of a string.
func write(f *frame, b byte, next []*frame) []*frame {
	if f.at == body && b == '"' {
		if int(f.n) >= f.node.min {
			next = keep(next, f.up)
		}
		return next
	}
	to := character(f.at, b)
	if to < 0 || f.at == body && int(f.n) >= f.node.max {
		return next
	}
	t := *f
	t.at = to
	if f.at == body {
		t.n++
	}
	return keep(next, &t)
}

// character is where a string stands after a byte that does not end it; -1 is nowhere.
func character(at int32, b byte) int32 {
	within := func(low, high byte, to int32) int32 {
		if low <= b && b <= high {
			return to
		}
		return -1
	}
	hex := '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'f'
	switch at {
	case body:
		return first(b)
	case tail1:
		return within(0x80, 0xBF, body)
	case tail2, tail3:
		return within(0x80, 0xBF, at-1)
	case afterE0:
		return within(0xA0, 0xBF, tail1)
	case afterED:
		return within(0x80, 0x9F, tail1)
	case afterF0:
		return within(0x90, 0xBF, tail2)
	case afterF4:
		return within(0x80, 0x8F, tail2)
	case escape:
		switch b {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			return body
		case 'u':
			return hex4
		}
	case hex4:
		if b|0x20 == 'd' {
			return hexD
		}
		if hex {
			return hex3
		}
	case hex3, hex2:
		if hex {
			return at + 1
		}
	case hex1:
		if hex {
			return body
		}
	case hexD:
		switch {
		case '0' <= b && b <= '7':
			return hex2
		case b == '8' || b == '9' || b|0x20 == 'a' || b|0x20 == 'b':
			return high2
		}
	case high2, high1:
		if hex {
			return at + 1
		}
	case low6:
		return within('\\', '\\', low5)
	case low5:
		return within('u', 'u', low4)
	case low4:
		if b|0x20 == 'd' {
			return low3
		}
	case low3:
		if b |= 0x20; 'c' <= b && b <= 'f' {
			return hex2
		}
	}
	return -1
}

// first is where a string stands after the first byte of a character.
func first(b byte) int32 {
	switch {
	case b < 0x20:
		return -1
	case b == '\\':
		return escape
	case b < 0x80:
		return body
	case b < 0xC2:
		return -1
	case b < 0xE0:
		return tail1
	case b == 0xE0:
		return afterE0
	case b == 0xED:
		return afterED
	case b < 0xF0:
		return tail2
	case b == 0xF0:
		return afterF0
	case b < 0xF4:
		return tail3
	case b == 0xF4:
		return afterF4
	}
	return -1
}
