package cpu

import (
	"math"
	"testing"

	"github.com/cria-llm/cria/compute"
)

// GELU and its slope are within 1e-6 of their formulas in float64, wherever float32 has values that close together.
func TestGELUIsAsExactAsFloat32(t *testing.T) {
	const n = 1 << 16
	z, y, slope, none, one := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range z {
		z[i], one[i] = float32(i-n/2)/(n/2)*8, 1
	}
	formulas := map[compute.Activation]func(z float64) (y, slope float64){
		compute.GELUTanh: func(z float64) (y, slope float64) {
			c := math.Sqrt(2 / math.Pi)
			th := math.Tanh(c * (z + 0.044715*z*z*z))
			return z / 2 * (1 + th), (1+th)/2 + z/2*(1-th*th)*c*(1+3*0.044715*z*z)
		},
		compute.GELU: func(z float64) (y, slope float64) {
			phi := (1 + math.Erf(z/math.Sqrt2)) / 2
			return z * phi, phi + z*math.Exp(-z*z/2)/math.Sqrt(2*math.Pi)
		},
	}
	for _, k := range machineKernels() {
		for act, formula := range formulas {
			k.gate[act](y, z, one)
			k.gateBack[act](slope, none, one, z, one)
			var worst, worstSlope float64
			for i, v := range z {
				wantY, wantSlope := formula(float64(v))
				worst = max(worst, math.Abs(float64(y[i])-wantY))
				worstSlope = max(worstSlope, math.Abs(float64(slope[i])-wantSlope))
			}
			t.Logf("%s, activation %d: within %.1e, the slope within %.1e", k.name, act, worst, worstSlope)
			if worst > 1e-6 || worstSlope > 1e-6 {
				t.Errorf("%s, activation %d: off by %.2g, the slope by %.2g; want 1e-6 at most", k.name, act, worst, worstSlope)
			}
		}
	}
}
