package computetest

import (
	"encoding/binary"
	"math"

	"github.com/cria-llm/cria/compute"
)

// wide is x in float64.
func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// narrow rounds x to float32 into dst.
func narrow(dst []float32, x []float64) {
	for i, v := range x {
		dst[i] = float32(v)
	}
}

// absolute is |x|, value by value.
func absolute(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = math.Abs(v)
	}
	return y
}

// half is the value of an IEEE 754 binary16.
func half(bits uint16) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 31:
		v = math.Inf(1)
		if fraction != 0 {
			v = math.NaN()
		}
	default:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if bits>>15 != 0 {
		return -v
	}
	return v
}

// brain is the value of a bfloat16: the upper half of a float32.
func brain(bits uint16) float64 {
	return float64(math.Float32frombits(uint32(bits) << 16))
}

// decode is the values of a matrix of n values at rest in t.
func decode(t compute.Type, data []byte, n int) []float64 {
	y := make([]float64, n)
	for i := range y {
		switch t {
		case compute.F32:
			y[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])))
		case compute.F16:
			y[i] = half(binary.LittleEndian.Uint16(data[2*i:]))
		case compute.BF16:
			y[i] = brain(binary.LittleEndian.Uint16(data[2*i:]))
		case compute.Q8_0:
			block := data[i/32*34:]
			y[i] = half(binary.LittleEndian.Uint16(block)) * float64(int8(block[2+i%32]))
		case compute.Q4_0:
			y[i] = q4Value(data[i/32*18:], i%32)
		case compute.Q4_K:
			y[i] = q4kValue(data[i/256*144:], i%256)
		case compute.Q6_K:
			y[i] = q6kValue(data[i/256*210:], i%256)
		case compute.NF4:
			y[i] = nf4Value(data[i/64*36:], i%64)
		case compute.NF4DQ:
			y[i] = nf4dqValue(data, n/64, i)
		default:
			y[i] = moreBlocks(t, data[t.RowBytes(i/t.Block()*t.Block()):], i%t.Block())
		}
	}
	return y
}

// matMul: y[n,out] (+)= alpha · x[n,in] · w[out,in]ᵀ
func matMul(y, x, w []float64, n, out, in int, alpha float64, acc bool) {
	for i := range n {
		for o := range out {
			sum := 0.0
			xi, wo := x[i*in:][:in], w[o*in:][:in]
			for j, v := range wo {
				sum += xi[j] * v
			}
			set(&y[i*out+o], alpha*sum, acc)
		}
	}
}

// matMulBackInput: dx[n,in] (+)= alpha · dy[n,out] · w[out,in]
func matMulBackInput(dx, dy, w []float64, n, out, in int, alpha float64, acc bool) {
	for i := range n {
		sum := make([]float64, in)
		for o := range out {
			g := dy[i*out+o]
			for j, v := range w[o*in:][:in] {
				sum[j] += g * v
			}
		}
		for j, v := range sum {
			set(&dx[i*in+j], alpha*v, acc)
		}
	}
}

// matMulBackWeight: dw[out,in] (+)= alpha · dy[n,out]ᵀ · x[n,in]
func matMulBackWeight(dw, dy, x []float64, n, out, in int, alpha float64, acc bool) {
	for o := range out {
		sum := make([]float64, in)
		for i := range n {
			g := dy[i*out+o]
			for j, v := range x[i*in:][:in] {
				sum[j] += g * v
			}
		}
		for j, v := range sum {
			set(&dw[o*in+j], alpha*v, acc)
		}
	}
}

func set(y *float64, v float64, acc bool) {
	if acc {
		*y += v
	} else {
		*y = v
	}
}
