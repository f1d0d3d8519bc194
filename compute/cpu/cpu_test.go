package cpu

import (
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/computetest"
)

func open(t testing.TB, o Options) *Backend {
	t.Helper()
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// Every instruction set passes the conformance suite, on two threads.
func TestConformance(t *testing.T) {
	for _, isa := range ISAs() {
		t.Run(string(isa), func(t *testing.T) {
			computetest.Run(t, func(t testing.TB) compute.Backend { return open(t, Options{Threads: 2, ISA: isa}) })
		})
	}
}

// The bits do not depend on the number of threads.
func TestThreadsDoNotChangeBits(t *testing.T) {
	for _, isa := range ISAs() {
		t.Run(string(isa), func(t *testing.T) {
			computetest.RunThreads(t, func(t testing.TB, threads int) compute.Backend {
				return open(t, Options{Threads: threads, ISA: isa})
			})
		})
	}
}
