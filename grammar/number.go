package grammar

// Where a number stands between two bytes.
const (
	before int32 = iota
	minus
	zero
	whole
	point
	fraction
	exponent
	sign
	power
)

// numbers says of each place whether a number may end there, and how many digits there are at most: few enough that a
// float64 holds the number.
var numbers = [...]struct {
	final bool
	most  int32
}{whole: {true, 18}, zero: {final: true}, fraction: {true, 18}, power: {true, 2}}

// digit reads a byte of a number.
func digit(f *frame, b byte) (*frame, bool) {
	isDigit := '0' <= b && b <= '9'
	to := int32(-1)
	switch f.at {
	case before, minus:
		switch {
		case b == '-' && f.at == before:
			to = minus
		case b == '0':
			to = zero
		case isDigit:
			to = whole
		}
	case zero, whole, fraction, power:
		switch {
		case isDigit && f.n < numbers[f.at].most:
			to = f.at
		case f.node.integer || f.at == power:
		case b == '.' && f.at != fraction:
			to = point
		case b|0x20 == 'e':
			to = exponent
		}
	case point:
		if isDigit {
			to = fraction
		}
	case exponent, sign:
		switch {
		case isDigit:
			to = power
		case f.at == exponent && (b == '+' || b == '-'):
			to = sign
		}
	}
	if to < 0 {
		return nil, false
	}
	t := *f
	if t.at = to; to == f.at {
		t.n++
	} else {
		t.n = 1
	}
	return &t, true
}
