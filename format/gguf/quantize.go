package gguf

import (
	"fmt"
	"sync"

	"github.com/cria-llm/cria/compute"
)

// Quantize encodes a matrix whose rows are cols values to a format that [Type.Compute] knows. Without importance it does
// what [Encode] does; with it, what a row errs in column i counts importance[i], as in llama.cpp with an importance
// matrix. The rows are shared out to workers; the bytes do not depend on how many. An error names the first bad row.
func Quantize(dst []byte, t Type, src []float32, cols int, importance []float32, workers int) error {
	to, err := checkConversion("quantise", len(src), t, len(dst))
	switch {
	case err != nil:
		return err
	case cols <= 0 || len(src)%cols != 0 || cols%t.Block() != 0:
		return fmt.Errorf("quantise: %d values are not rows of %d in %s, whose blocks hold %d", len(src), cols, t, t.Block())
	case importance != nil && len(importance) != cols:
		return fmt.Errorf("quantise: an importance of %d columns for rows of %d", len(importance), cols)
	}
	rows, size := len(src)/cols, to.RowBytes(cols)
	encode := func(r int) error {
		row, out := src[r*cols:(r+1)*cols], dst[r*size:(r+1)*size]
		if importance != nil {
			return compute.EncodeWeighted(out, to, row, importance)
		}
		return compute.Encode(out, to, row)
	}
	workers = max(1, min(workers, rows))
	errs := make([]error, workers)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for r := w * rows / workers; r < (w+1)*rows/workers; r++ {
				if err := encode(r); err != nil {
					errs[w] = fmt.Errorf("row %d: %w", r, err)
					return
				}
			}
		})
	}
	all.Wait()
	for _, err := range errs { // the first row's
		if err != nil {
			return err
		}
	}
	return nil
}
