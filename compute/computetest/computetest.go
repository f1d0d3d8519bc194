// Package computetest is the one conformance suite that every compute backend runs, and a slow, trusted backend
// to compare a fast one with.
//
// The reference is written from the definitions in package compute, in plain float64 loops without tiling,
// fusing or threads. [Run] holds a backend to it on odd sizes, tails, every weight type, extreme and non-finite
// values, and to the laws that the interface states: inputs stay as they are, nothing is written or read past a
// buffer's end, packed sequences never touch each other, and the same inputs give the same bits. [RunThreads]
// holds it to the same bits for every number of threads. [Plain] is the reference as a backend.
//
// The package never measures speed, and it holds no test data: all inputs come from a fixed seed.
//
//	func TestConformance(t *testing.T) {
//		computetest.Run(t, func(t testing.TB) compute.Backend { return open(t, 2) })
//		computetest.RunThreads(t, func(t testing.TB, threads int) compute.Backend { return open(t, threads) })
//	}
package computetest
