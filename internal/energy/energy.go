// Package energy tells what a computation takes from the socket: measured by the processor's own counters (Intel's RAPL,
// which AMD's processors have too, through Linux's powercap), or estimated from the time where these cannot be read.
//
//	m, err := energy.Open() // err says why nothing is measured
//	…
//	joules, err := m.Joules()
//
// What is measured is of the whole processor and, where it counts it, the memory: other programs on the machine count
// along, and fans, disks and the losses of a power supply do not.
package energy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// WattsPerThread is what an estimate takes for each thread that computes: servers are built for 3 to 4 W a hardware
// thread at full load, desktops for 6 to 10 and laptops for 2 to 4, memory included.
const WattsPerThread = 5

// Where an energy comes from.
const (
	Measured  = "measured"
	Estimated = "estimated"
)

// Meter adds up the counters of the machine from when it was opened. They run over, after an hour at full load at the
// soonest, so that it is to be read more often than that. It is used by one goroutine at a time.
type Meter struct {
	zones []zone
	sum   float64 // joules
}

// zone is a counter: a processor in its socket, or its memory.
type zone struct {
	path  string
	last  uint64 // microjoules
	limit uint64 // where it starts at 0 again
}

// Open starts a meter.
func Open() (*Meter, error) { return openAt("/sys/class/powercap") }

func openAt(root string) (*Meter, error) {
	dirs, _ := filepath.Glob(filepath.Join(root, "intel-rapl:*")) // the pattern is well formed
	m := &Meter{}
	for _, dir := range dirs {
		name, err := os.ReadFile(filepath.Join(dir, "name"))
		if err != nil {
			continue
		}
		// A package holds its cores, and psys everything: each joule is to count once. Memory is beside the package.
		if n := strings.TrimSpace(string(name)); !strings.HasPrefix(n, "package") && n != "dram" {
			continue
		}
		z := zone{path: filepath.Join(dir, "energy_uj")}
		if z.last, err = read(z.path); err == nil {
			z.limit, err = read(filepath.Join(dir, "max_energy_range_uj"))
		}
		switch {
		case errors.Is(err, fs.ErrPermission):
			return nil, fmt.Errorf("the processor's energy counter is not readable: %w", err)
		case err != nil:
			return nil, fmt.Errorf("the processor's energy counter: %w", err)
		}
		m.zones = append(m.zones, z)
	}
	if len(m.zones) == 0 {
		return nil, errors.New("this machine has no energy counter that can be read")
	}
	return m, nil
}

// Joules is what was taken since Open.
func (m *Meter) Joules() (float64, error) {
	for i := range m.zones {
		z := &m.zones[i]
		now, err := read(z.path)
		if err != nil {
			return m.sum, fmt.Errorf("the processor's energy counter: %w", err)
		}
		took := now - z.last
		if now < z.last {
			took = now + z.limit - z.last
		}
		z.last = now
		m.sum += float64(took) / 1e6
	}
	return m.sum, nil
}

func read(path string) (uint64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}
