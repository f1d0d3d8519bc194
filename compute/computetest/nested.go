package computetest

import (
	"fmt"

	"github.com/cria-llm/cria/compute"
)

// checkNested holds products with a matrix in NF4-DQ, whose numbers do not all stand in its rows, to its values: of rows
// and columns that groups of scales end in, for few rows of x and for many. The values are right to 1e-6: the reference has
// the code in float64.
func checkNested(s *suite) {
	for _, shape := range [][2]int{{1, 64}, {5, 192}, {130, 128}, {96, 576}, {3, 64 * 300}} {
		rows, cols := shape[0], shape[1]
		data, err := s.nested(rows * cols)
		if err != nil {
			s.t.Fatal(err)
		}
		w, values := s.weightOf(compute.NF4DQ, rows, cols, data)
		s.check(w.Bytes() == len(data), "a %d×%d matrix of %d bytes says that it has %d", rows, cols, len(data), w.Bytes())
		for _, n := range []int{1, 2, 3, 7, 40} {
			what := fmt.Sprintf("NF4-DQ %d×%d n=%d", rows, cols, n)
			x, dy := s.normal(n*cols, 1), s.normal(n*rows, 1)
			want, size := make([]float64, n*rows), make([]float64, n*rows)
			matMul(want, wide(x), values, n, rows, cols, 1, false)
			matMul(size, absolute(wide(x)), absolute(values), n, rows, cols, 1, false)
			y := s.blank("y", n*rows)
			s.b.MatMul(y, s.input("x", x), w, n, 1, false)
			s.near("MatMul "+what, "y", rows, s.read(y), want, scaled(size, gamma(cols)+1e-6))
			s.verify("MatMul " + what)

			want, size = make([]float64, n*cols), make([]float64, n*cols)
			matMulBackInput(want, wide(dy), values, n, rows, cols, 1, false)
			matMulBackInput(size, absolute(wide(dy)), absolute(values), n, rows, cols, 1, false)
			dx := s.blank("dx", n*cols)
			s.b.MatMulBackInput(dx, s.input("dy", dy), w, n, 1, false)
			s.near("MatMulBackInput "+what, "dx", cols, s.read(dx), want, scaled(size, gamma(rows)+1e-6))
			s.verify("MatMulBackInput " + what)
		}
		ids := s.picks(9, rows)
		y := s.blank("y", 9*cols)
		s.b.Embed(y, w, ids)
		want := make([]float64, 0, 9*cols)
		for _, id := range ids {
			want = append(want, values[int(id)*cols:int(id+1)*cols]...)
		}
		s.near(fmt.Sprintf("Embed NF4-DQ %d×%d", rows, cols), "y", cols, s.read(y), want, scaled(want, 1e-6))
		s.verify("Embed NF4-DQ")
	}
	_, laid := s.b.Repack(compute.DataWeight(compute.NF4DQ, 1, 64, make([]byte, 41)))
	s.check(!laid, "NF4-DQ is laid out for products in integers")
}

// nested is n random values in NF4-DQ.
func (s *suite) nested(n int) ([]byte, error) {
	x := s.normal(n, 1)
	for i := range x {
		x[i] *= 1 + float32(i/64%5) // blocks of several scales
	}
	data := make([]byte, compute.NF4DQ.Size(n))
	return data, compute.Encode(data, compute.NF4DQ, x)
}
