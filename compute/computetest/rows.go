package computetest

import (
	"fmt"
	"slices"

	"github.com/cria-llm/cria/compute"
)

// picks is n row numbers below rows, with repeats, always with the first and the last row.
func (s *suite) picks(n, rows int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(s.r.IntN(rows))
	}
	if n > 2 {
		ids[0], ids[n-1] = int32(rows-1), 0
	}
	return ids
}

func checkEmbed(s *suite) {
	for _, t := range compute.Types() {
		for _, d := range []int{1, 3, 16, 17, 32, 64, 100, 288, 512} {
			if d%t.Block() != 0 {
				continue
			}
			for _, n := range []int{1, 2, 5, 50, 300} {
				what := fmt.Sprintf("Embed %s rows=%d d=%d", t, n, d)
				const rows = 77
				w, w64 := s.weight(t, rows, d)
				ids := s.picks(n, rows)
				y, want := s.blank("y", n*d), make([]float64, 0, n*d)
				for _, id := range ids {
					want = append(want, w64[int(id)*d:][:d]...)
				}
				s.b.Embed(y, w, ids)
				s.near(what, "y", d, s.read(y), want, make([]float64, n*d))
				s.verify(what)
			}
		}
	}
}

// checkScatter covers Scatter and EmbedBack, which do the same: repeated rows add up. The tolerance is gamma(n) of
// the sum of absolute values.
func checkScatter(s *suite) {
	for _, op := range []string{"Scatter", "EmbedBack"} {
		for _, d := range []int{1, 3, 16, 17, 64, 100, 257} {
			for _, n := range []int{1, 2, 5, 50, 300} {
				for _, rows := range []int{1, 3, 77} {
					what := fmt.Sprintf("%s n=%d d=%d to %d rows", op, n, d, rows)
					ids, src, start := s.picks(n, rows), s.normal(n*d, 1), s.normal(rows*d, 1)
					dst, bsrc := s.output("dst", start), s.input("src", src)
					if op == "Scatter" {
						s.b.Scatter(dst, bsrc, ids, d)
					} else {
						s.b.EmbedBack(dst, bsrc, ids, d)
					}
					want, size := wide(start), absolute(wide(start))
					for i, id := range ids {
						addScaled(want[int(id)*d:][:d], 1, wide(src[i*d:][:d]))
						addScaled(size[int(id)*d:][:d], 1, absolute(wide(src[i*d:][:d])))
					}
					got := s.read(dst)
					s.near(what, "dst", d, got, want, scaled(size, gamma(n)))
					for row := range rows {
						if !slices.Contains(ids, int32(row)) {
							s.same(what, fmt.Sprintf("row %d, which nothing is added to,", row), d, got[row*d:][:d], start[row*d:][:d])
						}
					}
					s.verify(what)
				}
			}
		}
	}
}

func checkGather(s *suite) {
	for _, d := range []int{1, 3, 16, 17, 64, 100, 257} {
		for _, n := range []int{1, 2, 5, 50, 300} {
			what := fmt.Sprintf("Gather n=%d d=%d", n, d)
			const rows = 77
			rowsOf, src := s.picks(n, rows), s.normal(rows*d, 1)
			dst, want := s.blank("dst", n*d), make([]float32, 0, n*d)
			for _, row := range rowsOf {
				want = append(want, src[int(row)*d:][:d]...)
			}
			s.b.Gather(dst, s.input("src", src), rowsOf, d)
			s.same(what, "dst", d, s.read(dst), want)
			s.verify(what)
		}
	}
}
