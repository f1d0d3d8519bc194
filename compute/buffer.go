package compute

// Buffer is a run of float32 values in a backend's memory. The zero Buffer is empty. It is a small value: pass
// it, slice it, do not point at it.
type Buffer struct {
	host []float32
}

// HostBuffer wraps memory of this process. Only backends that compute in host memory call it.
func HostBuffer(x []float32) Buffer { return Buffer{host: x} }

// Len is the number of values.
func (b Buffer) Len() int { return len(b.host) }

// Slice is the values lo..hi, sharing memory with b.
func (b Buffer) Slice(lo, hi int) Buffer { return Buffer{host: b.host[lo:hi:hi]} }

// Host is the values themselves where the backend computes in host memory. Only such backends call it;
// everybody else uses [Memory].
func (b Buffer) Host() []float32 { return b.host }
