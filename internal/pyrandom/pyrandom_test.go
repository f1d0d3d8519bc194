package pyrandom

import (
	"slices"
	"testing"
)

// The orders are what Python 3.11 prints for l = list(range(1000)); random.Random(seed).shuffle(l); l[:10].
func TestShuffleIsPythons(t *testing.T) {
	for seed, want := range map[uint64][]int{
		0:             {439, 621, 160, 549, 237, 389, 658, 507, 124, 290},
		1:             {852, 836, 280, 575, 208, 609, 932, 725, 47, 985},
		1099511627783: {612, 556, 729, 117, 273, 379, 661, 186, 930, 477},
	} {
		l := make([]int, 1000)
		for i := range l {
			l[i] = i
		}
		New(seed).Shuffle(len(l), func(i, j int) { l[i], l[j] = l[j], l[i] })
		if !slices.Equal(l[:10], want) {
			t.Errorf("seed %d: %v, want %v", seed, l[:10], want)
		}
	}
}
