package model

import (
	"fmt"

	"github.com/cria-llm/cria/compute"
)

// RepackForward gives every frozen, quantised matrix of the blocks a second layout, for products in integers: see
// [compute.Memory]. The forward pass of training then multiplies with it, and rounds activations to a byte each; the
// backward, and any pass without one, go on in float32 with the weights as they rest. It takes the memory of those weights
// again. An error says that no matrix has such a layout.
func (m *Model) RepackForward() error {
	if m.trainable || m.repacked() {
		return fmt.Errorf("model %s has no frozen weights as they rest", m.name)
	}
	n := 0
	for _, l := range m.linears {
		if l.W.Type.Block() == 1 {
			continue // there is nothing but float32 to multiply with
		}
		if laid, ok := m.be.Repack(l.W); ok {
			l.forward, n = laid, n+1
		}
	}
	if n == 0 {
		return fmt.Errorf("no layer of %s can be multiplied in integers: its base must be quantised (--quantize q8_0, q6_k, q5_k, q4_k or q4_0)", m.name)
	}
	return nil
}

// RepackForwardBytes is about the memory that [Model.RepackForward] takes: of the layers as they are, or where quantized
// is set as [Model.Quantize] will hold them in t.
func (m *Model) RepackForwardBytes(t compute.Type, quantized bool) int64 {
	var total int64
	for _, l := range m.linears {
		of := l.W.Type
		if quantized && l.In()%t.Block() == 0 {
			of = t
		}
		if as, ok := of.RepackedAs(); ok {
			total += int64(l.Out() * as.RowBytes(l.In()))
		}
	}
	return total
}

// weight is what a pass multiplies with.
func (l *LinearLayer) weight(p pass) compute.Weight {
	if p.train && !l.forward.IsZero() {
		return l.forward
	}
	return l.W
}
