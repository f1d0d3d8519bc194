package computetest

import (
	"bytes"
	"math"

	"github.com/cria-llm/cria/compute"
)

func checkMemory(s *suite) {
	s.check(s.b.Name() != "", "Name is empty")
	s.check(s.b.Threads() >= 1, "Threads is %d, want at least 1", s.b.Threads())
	s.check(s.b.Alloc(0).Len() == 0, "Alloc(0) has %d values", s.b.Alloc(0).Len())
	for _, n := range []int{1, 3, 64, 1000} {
		b := s.b.Alloc(n)
		s.check(b.Len() == n, "Alloc(%d) has %d values", n, b.Len())
		s.same("Alloc", "the buffer", n, s.read(b), make([]float32, n))

		x := s.normal(n, 1)
		x[n-1] = math.Float32frombits(0x7fc0dead)
		s.b.Write(b, x)
		s.same("Write, Read", "the buffer", n, s.read(b), x)
		twin := s.blank("twin", n)
		s.b.Copy(twin, b)
		s.same("Copy", "the copy", n, s.read(twin), x)
		s.b.Zero(twin)
		s.same("Zero", "the buffer", n, s.read(twin), make([]float32, n))
		s.same("Zero of a copy", "the original", n, s.read(b), x)
		s.verify("Copy, Zero")

		part := b.Slice(n/3, n-n/3)
		s.same("Slice", "the slice", n, s.read(part), x[n/3:n-n/3])
		s.b.Zero(part)
		clear(x[n/3 : n-n/3])
		s.same("Zero of a slice", "the whole", n, s.read(b), x)
	}
}

// checkNewWeight looks at every pattern of every type through Embed, at data that is not aligned, at what is
// refused, and at F32 matrices that a step changes.
func checkNewWeight(s *suite) {
	const side = 256
	ids := make([]int32, side)
	for i := range ids {
		ids[i] = int32(i)
	}
	for _, t := range compute.Types() {
		data := s.bytes(t, side*side)
		if t != compute.F32 {
			data = patterns(t, side, false)
		}
		for offset := range 4 {
			unaligned := append(make([]byte, offset, offset+len(data)), data...)[offset:]
			w, w64 := s.weightOf(t, side, side, unaligned)
			s.check(w.Type == t && w.Rows == side && w.Cols == side, "NewWeight %s: the matrix is %s %d×%d", t, w.Type, w.Rows, w.Cols)
			y := s.blank("y", side*side)
			s.b.Embed(y, w, ids)
			s.near("Embed every pattern of "+t.String()+" from data at an odd address", "y", side, s.read(y), w64, make([]float64, side*side))
			s.verify("Embed")
			s.check(bytes.Equal(unaligned, data), "NewWeight %s changed the data", t)
		}
	}

	for _, c := range []struct {
		t                compute.Type
		rows, cols, size int
	}{
		{compute.F32, 2, 3, 23}, {compute.F32, 2, 3, 25}, {compute.F32, 0, 3, 0}, {compute.F32, -1, -6, 24},
		{compute.F16, 2, 3, 24}, {compute.Q8_0, 2, 48, 102}, {compute.Q8_0, 2, 32, 64}, {compute.Type(99), 2, 32, 68},
	} {
		_, err := s.b.NewWeight(c.t, c.rows, c.cols, make([]byte, c.size))
		s.check(err != nil, "NewWeight %s %d×%d of %d bytes: no error", c.t, c.rows, c.cols, c.size)
	}

	values := s.output("values", make([]float32, 6))
	w := compute.F32Weight(values, 2, 3)
	y := s.blank("y", 2)
	s.b.Write(values, []float32{1, 2, 3, 4, 5, 6})
	s.b.MatMul(y, s.input("x", []float32{1, 10, 100}), w, 1, 1, false)
	s.same("MatMul after a write to an F32Weight", "y", 2, s.read(y), []float32{321, 654})
	s.b.Write(values, []float32{6, 5, 4, 3, 2, 1})
	s.b.MatMul(y, s.input("x", []float32{1, 10, 100}), w, 1, 1, false)
	s.same("MatMul after a second write to an F32Weight", "y", 2, s.read(y), []float32{456, 123})
	s.verify("F32Weight")
}
