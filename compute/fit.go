package compute

import "math"

// The searches for scales with which the blocks of ggml's types err least. Each does what ggml's reference does, every
// product, sum and quotient rounded to float32 in its order, so that the same blocks come out.

// nothing is the size below which a group counts as zeros.
const nothing = 1e-15

// rangeSearch says how [fitRange] looks for a step: of turns+1 widths it makes the range of the values most+from, and by
// more each turn, steps wide. Where absolute is set, errors count by their size rather than by their square.
type rangeSearch struct {
	most     int
	from, by float32
	turns    int
	absolute bool
}

// fitRange finds scale and minimum with which q[i] = 0..most makes scale·q - minimum near to x, minimum ≥ 0, and those q.
// Of each width of a step it takes the best scale and minimum by weighted least squares, and keeps what errs least. x has
// 32 values at most.
func fitRange(x, weights []float32, q []byte, s rangeSearch) (scale, minimum float32) {
	most := float32(s.most)
	weights, q = weights[:len(x)], q[:len(x)]
	lo, hi := x[0], x[0]
	var sumW, sumX float32
	for i, v := range x {
		w := weights[i]
		if v < lo {
			lo = v
		}
		if v > hi {
			hi = v
		}
		sumW += w
		sumX += float32(w * v)
	}
	lo = min(lo, 0)
	if hi == lo {
		clear(q)
		return 0, -lo
	}
	inverse := most / (hi - lo)
	scale = 1 / inverse
	var room, kept [32]float32 // the values in steps
	try := room[:len(x)]
	for i, v := range x {
		try[i] = rounded(inverse*(v-lo), most)
	}
	kept = room
	best := rangeError(x, weights, try, scale, lo, s.absolute)
	for turn := range s.turns + 1 {
		inverse = (s.from + float32(s.by*float32(turn)) + most) / (hi - lo)
		var sumL, sumL2, sumXL float32
		for i, v := range x {
			l := rounded(inverse*(v-lo), most)
			try[i] = l
			wl := float32(weights[i] * l)
			sumL += wl
			sumL2 += float32(wl * l)
			sumXL += float32(wl * v)
		}
		det := float32(sumW*sumL2) - float32(sumL*sumL)
		if !(det > 0) {
			continue
		}
		c := (float32(sumW*sumXL) - float32(sumX*sumL)) / det
		m := (float32(sumL2*sumX) - float32(sumL*sumXL)) / det
		if m > 0 {
			m, c = 0, sumXL/sumL2
		}
		if e := rangeError(x, weights, try, c, m, s.absolute); e < best {
			kept = room
			best, scale, lo = e, c, m // later turns start from this minimum, as ggml's do
		}
	}
	for i := range q {
		q[i] = byte(kept[i])
	}
	return scale, -lo
}

// rangeError is the weighted error of scale·l + least.
func rangeError(x, weights, l []float32, scale, least float32, absolute bool) float32 {
	var sum float32
	weights, l = weights[:len(x)], l[:len(x)]
	if absolute {
		for i, v := range x {
			sum += float32(weights[i] * abs(float32(scale*l[i])+least-v))
		}
		return sum
	}
	for i, v := range x {
		off := float32(scale*l[i]) + least - v
		sum += float32(weights[i] * float32(off*off))
	}
	return sum
}

// largest is the first of the values that are largest in size.
func largest(x []float32) float32 {
	var size, signed float32
	for _, v := range x {
		if a := abs(v); a > size {
			size, signed = a, v
		}
	}
	return signed
}

// fitSigned finds the scale with which q[i]-most = -most..most-1 makes scale·(q-most) near to x, and those q. It tries 19
// widths of a step around that which makes the value largest in size -most, of each takes the best scale by weighted least
// squares, and keeps the best.
func fitSigned(x, weights []float32, q []byte, most int) float32 {
	const turns = 9
	signed := largest(x)
	if abs(signed) < nothing {
		clear(q)
		return 0
	}
	end := float32(most)
	inverse := -end / signed
	xl, l2 := signedSums(x, weights, inverse, end)
	kept := inverse
	var scale float32
	if l2 != 0 {
		scale = xl / l2
	}
	best := scale * xl
	for turn := -turns; turn <= turns; turn++ {
		if turn == 0 {
			continue
		}
		inverse = -(end + float32(0.1*float32(turn))) / signed
		if xl, l2 = signedSums(x, weights, inverse, end); l2 > 0 && float32(xl*xl) > float32(best*l2) {
			kept = inverse
			scale = xl / l2
			best = scale * xl
		}
	}
	for i, v := range x {
		q[i] = byte(nearest(kept*v, -end, end-1) + most)
	}
	return scale
}

// signedSums is Σ w·x·l and Σ w·l² over the values l of x in steps, held between -end and end-1.
func signedSums(x, weights []float32, inverse, end float32) (xl, l2 float32) {
	weights = weights[:len(x)]
	for i, v := range x {
		l := float32(inverse * v)
		switch {
		case l >= end-1:
			l = end - 1
		case !(l > -end):
			l = -end
		default:
			l = l + shift - shift
		}
		w := weights[i]
		xl += float32(float32(w*v) * l)
		l2 += float32(float32(w*l) * l)
	}
	return xl, l2
}

// fitOneByOne is fitSigned for steps so few that each value is worth a try of its own: from the step that makes the
// largest value -most, one value after the other moves where that lets the best scale err less, five times over.
func fitOneByOne(x []float32, q []byte, most int) float32 {
	signed := largest(x)
	if abs(signed) < nothing {
		clear(q)
		return 0
	}
	end := float32(most)
	inverse := -end / signed
	var xl, l2 float32
	for i, v := range x {
		n := nearest(inverse*v, -end, end-1)
		q[i] = byte(n + most)
		l, w := float32(n), float32(v*v)
		xl += float32(float32(w*v) * l)
		l2 += float32(float32(w*l) * l)
	}
	for range 5 {
		moved := false
		for i, v := range x {
			l, w := float32(int(q[i])-most), float32(v*v)
			restXL := xl - float32(float32(w*v)*l)
			if restXL <= 0 {
				continue
			}
			restL2 := l2 - float32(float32(w*l)*l)
			n := nearest(float32(v*restL2)/restXL, -end, end-1)
			if n+most == int(q[i]) {
				continue
			}
			l = float32(n)
			restXL += float32(float32(w*v) * l)
			restL2 += float32(float32(w*l) * l)
			if restL2 > 0 && float32(float32(restXL*restXL)*l2) > float32(float32(xl*xl)*restL2) {
				q[i], xl, l2, moved = byte(n+most), restXL, restL2, true
			}
		}
		if !moved {
			break
		}
	}
	if l2 > 0 {
		return xl / l2
	}
	return 0
}

// fitPositive finds the scale with which q[i] = 0..most makes scale·q near to x, whose values are not negative, and those
// q: the best of nine widths of a step, and then one value after the other.
func fitPositive(x, weights []float32, q []byte, most int) float32 {
	var size float32
	for _, v := range x {
		size = max(size, v)
	}
	if size < nothing {
		clear(q)
		return 0
	}
	end := float32(most)
	miss := func(inverse float32) (sum float32) {
		scale := 1 / inverse
		for i, v := range x {
			off := v - float32(scale*float32(nearest(inverse*v, 0, end)))
			sum += float32(float32(weights[i]*off) * off)
		}
		return sum
	}
	inverse := end / size
	best := miss(inverse)
	for turn := -4; turn <= 4; turn++ {
		if turn == 0 {
			continue
		}
		try := (float32(0.1*float32(turn)) + end) / size
		if e := miss(try); e < best {
			best, inverse = e, try
		}
	}
	var xl, l2 float32
	for i, v := range x {
		n := nearest(inverse*v, 0, end)
		q[i] = byte(n)
		l, w := float32(n), weights[i]
		xl += float32(float32(w*v) * l)
		l2 += float32(float32(w*l) * l)
	}
	for range 5 {
		moved := false
		for i, v := range x {
			l, w := float32(q[i]), weights[i]
			restXL := xl - float32(float32(w*v)*l)
			restL2 := l2 - float32(float32(w*l)*l)
			if !(restXL > 0 && restL2 > 0) {
				continue
			}
			n := nearest(float32(v*restL2)/restXL, 0, end)
			if n == int(q[i]) {
				continue
			}
			l = float32(n)
			restXL += float32(float32(w*v) * l)
			restL2 += float32(float32(w*l) * l)
			if float32(float32(restXL*restXL)*l2) > float32(float32(xl*xl)*restL2) {
				q[i], xl, l2, moved = byte(n), restXL, restL2, true
			}
		}
		if !moved {
			break
		}
	}
	if l2 > 0 {
		return xl / l2
	}
	return 0
}

// shareOut sets q to the values of x, none negative, in steps of the largest's most-th part, and returns that step as float16.
func shareOut(x []float32, q []byte, most float32) uint16 {
	var size float32
	for _, v := range x {
		size = max(size, v)
	}
	var inverse float32
	if size > 0 {
		inverse = most / size
	}
	for i, v := range x {
		q[i] = byte(nearest(inverse*v, 0, most))
	}
	return F32ToF16(size / most)
}

// weigh sets weights to importance·√(mean + x²) and returns their sum.
func weigh(weights, x, importance []float32, mean float32) (sum float32) {
	for i, v := range x {
		w := float32(importance[i] * sqrt(mean+float32(v*v)))
		weights[i] = w
		sum += w
	}
	return sum
}

func square(dst, x []float32) {
	for i, v := range x {
		dst[i] = v * v
	}
}

func meanSquare(x []float32) float32 {
	var sum float32
	for _, v := range x {
		sum += float32(v * v)
	}
	return sum / float32(len(x))
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// shift is so large that a float32's last place is 1 there: adding and taking it away rounds to an integer, ties to even.
const shift float32 = 3 << 22

// rounded is v rounded to the nearest integer and held between 0 and most.
func rounded(v, most float32) float32 {
	if v >= most {
		return most
	}
	if !(v > 0) {
		return 0
	}
	return float32(v) + shift - shift // v is a product that Go may fuse otherwise
}

// nearest is v rounded to the nearest integer, ties to even, and held between lo and hi.
func nearest(v, lo, hi float32) int {
	if v >= hi {
		return int(hi)
	}
	if !(v > lo) {
		return int(lo)
	}
	return int(math.Float32bits(float32(v)+shift)&(1<<23-1)) - 1<<22
}

// maxF16 is the largest finite float16.
const maxF16 = 65504

// allWithin says whether no value is larger in size than limit, nor not a number.
func allWithin(x []float32, limit float32) bool {
	for _, v := range x {
		if !(v >= -limit && v <= limit) {
			return false
		}
	}
	return true
}
