package model

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/cria-llm/cria/compute"
)

// QuantizeTypes lists the types that [Model.Quantize] makes sense with, the most exact first.
func QuantizeTypes() []compute.Type {
	return []compute.Type{compute.Q8_0, compute.Q6_K, compute.Q5_K, compute.Q5_0, compute.Q4_K, compute.IQ4_NL, compute.Q4_0,
		compute.NF4, compute.NF4DQ, compute.Q3_K, compute.Q2_K}
}

// Quantize encodes the linear layers of the blocks anew in t, in memory, so that adapters can be trained on a smaller
// frozen base (Dettmers et al. 2023, QLoRA). The embedding, the norms and the head stay as they are, and so does what
// [Model.PlanQuantize] lists. The layers' part of the files is no longer kept in memory. [Model.Hash] is still that of the
// files: an adapter trained on the quantised base belongs to the base.
//
// A model of which something is trained, or which was repacked, is refused. After another error, such as ctx ending, part
// of the layers are encoded anew, and the model can only be closed.
func (m *Model) Quantize(ctx context.Context, t compute.Type) error {
	if m.trainable || m.trained.any || m.repacked() {
		return fmt.Errorf("quantise %s: it is trained or laid out for its weights as they are", m.name)
	}
	m.Hash() // while the weights are those of the files
	at := map[string]int{}
	for i, x := range m.tensors {
		at[x.Name] = i
	}
	for _, l := range m.linears {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("quantise %s: %w", m.name, err)
		}
		tensor := &m.tensors[at[l.Name+".weight"]]
		if staysBecause(tensor.Tensor, t) != "" {
			continue
		}
		data, err := encodeAnew(tensor.Tensor, t, m.be.Threads())
		if err == nil {
			l.W, err = m.be.NewWeight(t, l.Out(), l.In(), data)
		}
		if err != nil {
			return fmt.Errorf("quantise tensor %q: %w", tensor.Name, err)
		}
		if m.release != nil {
			m.release(tensor.Data)
		}
		tensor.Type, tensor.Data = t, data
	}
	return nil
}

// PlanQuantize is what [Model.Quantize] would do: the bytes of all base tensors at rest afterwards, how many layers would
// be encoded anew, and of those that would stay as they are, a line for each reason.
func (m *Model) PlanQuantize(t compute.Type) (bytes int64, layers int, stay []string) {
	linear := map[string]bool{}
	for _, l := range m.linears {
		linear[l.Name+".weight"] = true
	}
	var reasons []string
	count := map[string]int{}
	for _, x := range m.tensors {
		if !linear[x.Name] {
			bytes += int64(len(x.Data))
			continue
		}
		if why := staysBecause(x.Tensor, t); why != "" {
			bytes += int64(len(x.Data))
			line := fmt.Sprintf("%s stays in %s: %s", m.inBlock(x.Name), x.Type, why)
			if count[line]++; count[line] == 1 {
				reasons = append(reasons, line)
			}
			continue
		}
		layers++
		bytes += int64(t.Size(x.Shape[0] * x.Shape[1]))
	}
	for _, line := range reasons {
		stay = append(stay, fmt.Sprintf("%s (%d layers)", line, count[line]))
	}
	return bytes, layers, stay
}

// inBlock is a linear layer's name within its block: "mlp.up_proj".
func (m *Model) inBlock(name string) string {
	f := m.family
	_, leaf, _ := strings.Cut(f.names[f.partOf(name)].hf, "%d.")
	return leaf
}

// staysBecause says why a matrix is not encoded anew in t, or nothing where it is.
func staysBecause(x Tensor, t compute.Type) string {
	switch cols := x.Shape[1]; {
	case cols%t.Block() != 0:
		return fmt.Sprintf("rows of %d values do not fill %s's blocks of %d", cols, t, t.Block())
	case t.RowBytes(cols) >= x.Type.RowBytes(cols):
		return fmt.Sprintf("%s is no smaller", t)
	}
	return ""
}

// encodeAnew is a matrix's bytes in t. Its rows are shared out to workers; the bytes do not depend on how many.
func encodeAnew(x Tensor, t compute.Type, workers int) ([]byte, error) {
	if t == compute.NF4DQ { // its rows do not stand alone
		plain, err := encodeAnew(x, compute.NF4, workers)
		if err != nil {
			return nil, err
		}
		return compute.NestNF4(plain), nil
	}
	rows, cols := x.Shape[0], x.Shape[1]
	from, to := x.Type.RowBytes(cols), t.RowBytes(cols)
	data := make([]byte, rows*to)
	workers = min(workers, rows)
	errs := make([]error, workers)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			row := make([]float32, cols)
			for r := w * rows / workers; r < (w+1)*rows/workers; r++ {
				compute.Decode(row, x.Type, x.Data[r*from:(r+1)*from])
				if err := compute.Encode(data[r*to:(r+1)*to], t, row); err != nil {
					errs[w] = fmt.Errorf("row %d: %w", r, err)
					return
				}
			}
		})
	}
	all.Wait()
	for _, err := range errs { // the first row's
		if err != nil {
			return nil, err
		}
	}
	return data, nil
}
