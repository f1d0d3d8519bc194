// Package cpu is the compute backend of the machine's own processor: float32 arithmetic in host memory, spread over
// a fixed set of goroutines, with AVX2, AVX-512 and NEON kernels chosen at start by what the processor has and plain
// Go everywhere else. Weights are multiplied where they rest; only panels that fit the cache are ever unpacked.
// Those that are repacked for inference are multiplied in integers, with x rounded to bytes: int8.go.
//
//	be, err := cpu.New(cpu.Options{})
//	defer be.Close()
//	w, err := be.NewWeight(compute.BF16, 576, 576, mapped)
//	be.MatMul(y, x, w, tokens, 1, false)
//
// Every operation gives the same bits on any number of threads of the same instruction set.
package cpu

import (
	"fmt"
	"math"
	"runtime"
	"unsafe"

	"github.com/cria-llm/cria/compute"
)

// Options says how to use the processor. The zero value uses all of it.
type Options struct {
	Threads int // workers; 0 is one for each processor that Go may use
	ISA     ISA // instruction set; empty is the best that the machine has
}

// Backend implements [compute.Backend].
type Backend struct {
	kernels kernels
	pool    *pool

	// Jobs and shared scratch memory are kept from call to call, so that a warm call allocates nothing.
	packed  []float32 // the left side of a product
	logits  []float32
	inverse []float32 // 1/rms of every row
	sums    []float64
	factors []float32 // of Adafactor
	gemm    gemm
	pack    packJob
	thin    thinJob
	arena   arena // of repacked weights
	loop    loopJob
	attend  attention

	integers integerJob
	records  []byte // rounded x
}

var _ compute.Backend = (*Backend)(nil)

// New starts the workers. Close ends them.
func New(o Options) (*Backend, error) {
	k, err := kernelsFor(o.ISA)
	if err != nil {
		return nil, err
	}
	if o.Threads < 0 {
		return nil, fmt.Errorf("%d threads: at least 1, or 0 for all", o.Threads)
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	return &Backend{kernels: k, pool: newPool(o.Threads)}, nil
}

// Name implements [compute.Backend].
func (b *Backend) Name() string {
	s := "s"
	if b.Threads() == 1 {
		s = ""
	}
	return fmt.Sprintf("cpu %s, %d thread%s", b.kernels.name, b.Threads(), s)
}

// ISA is the instruction set in use.
func (b *Backend) ISA() ISA { return ISA(b.kernels.name) }

// Threads implements [compute.Backend].
func (b *Backend) Threads() int { return len(b.pool.workers) }

// Close implements [compute.Backend].
func (b *Backend) Close() { b.pool.close() }

// Alloc implements [compute.Memory]. The memory starts on a cache line.
func (b *Backend) Alloc(n int) compute.Buffer { return compute.HostBuffer(alignedFloats(n)) }

// NewWeight implements [compute.Memory]. F32 data is used in place where it is aligned and copied where it is not.
func (b *Backend) NewWeight(t compute.Type, rows, cols int, data []byte) (compute.Weight, error) {
	if err := compute.CheckWeight(t, rows, cols, len(data)); err != nil {
		return compute.Weight{}, err
	}
	if t != compute.F32 {
		return compute.DataWeight(t, rows, cols, data), nil
	}
	n := rows * cols
	if uintptr(unsafe.Pointer(&data[0]))%unsafe.Alignof(float32(0)) == 0 && littleEndian() {
		return compute.F32Weight(compute.HostBuffer(unsafe.Slice((*float32)(unsafe.Pointer(&data[0])), n)), rows, cols), nil
	}
	values := alignedFloats(n)
	for i := range values {
		values[i] = math.Float32frombits(uint32(data[4*i]) | uint32(data[4*i+1])<<8 | uint32(data[4*i+2])<<16 | uint32(data[4*i+3])<<24)
	}
	return compute.F32Weight(compute.HostBuffer(values), rows, cols), nil
}

// Read implements [compute.Memory].
func (b *Backend) Read(dst []float32, src compute.Buffer) { copy(dst, src.Host()[:len(dst)]) }

// Write implements [compute.Memory].
func (b *Backend) Write(dst compute.Buffer, src []float32) { copy(dst.Host()[:len(src)], src) }

// Copy implements [compute.Memory].
func (b *Backend) Copy(dst, src compute.Buffer) {
	b.loop = loopJob{op: opCopy, y: dst.Host(), a: src.Host()[:dst.Len()]}
	b.each(dst.Len(), 1)
}

// Zero implements [compute.Memory].
func (b *Backend) Zero(x compute.Buffer) {
	b.loop = loopJob{op: opZero, y: x.Host()}
	b.each(x.Len(), 1)
}

func littleEndian() bool {
	x := uint16(1)
	return *(*byte)(unsafe.Pointer(&x)) == 1
}

// alignedFloats is n zeros that start on a cache line.
func alignedFloats(n int) []float32 {
	const line = 64
	x := make([]float32, n+line/4)
	skip := 0
	for uintptr(unsafe.Pointer(&x[skip]))%line != 0 {
		skip++
	}
	adviseHuge(x)
	return x[skip : skip+n : skip+n]
}

// grow is x with room for n values, kept where it has it.
func grow(x []float32, n int) []float32 {
	if cap(x) < n {
		return alignedFloats(n)
	}
	return x[:n]
}
