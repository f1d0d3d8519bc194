package energy

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// counter writes a zone as powercap shows it.
func counter(t *testing.T, root, dir, name string, uj, limit uint64) {
	t.Helper()
	at := filepath.Join(root, dir)
	if err := os.MkdirAll(at, 0o777); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"name": name, "energy_uj": strconv.FormatUint(uj, 10), "max_energy_range_uj": strconv.FormatUint(limit, 10)} {
		if err := os.WriteFile(filepath.Join(at, file), []byte(text+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func joules(t *testing.T, m *Meter) float64 {
	t.Helper()
	j, err := m.Joules()
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// Two sockets and one's memory count; the cores within a package, the platform around it, and the second way to the
// same counter do not.
func TestEveryJouleCountsOnce(t *testing.T) {
	root := t.TempDir()
	set := func(a, b, dram, other uint64) {
		counter(t, root, "intel-rapl:0", "package-0", a, 1<<40)
		counter(t, root, "intel-rapl:1", "package-1", b, 1<<40)
		counter(t, root, "intel-rapl:0:1", "dram", dram, 1<<40)
		counter(t, root, "intel-rapl:0:0", "core", other, 1<<40)
		counter(t, root, "intel-rapl:2", "psys", other, 1<<40)
		counter(t, root, "intel-rapl-mmio:0", "package-0", other, 1<<40)
	}
	set(5e6, 7e6, 1e6, 0)
	m, err := openAt(root)
	if err != nil {
		t.Fatal(err)
	}
	if j := joules(t, m); j != 0 {
		t.Errorf("%g J before anything was done", j)
	}
	set(8e6, 9e6, 1.5e6, 900e6)
	if j := joules(t, m); j != 5.5 {
		t.Errorf("%g J, want 5.5", j)
	}
}

func TestACounterThatRunsOverGoesOn(t *testing.T) {
	root := t.TempDir()
	set := func(uj uint64) { counter(t, root, "intel-rapl:0", "package-0", uj, 262143e6) }
	set(262140e6)
	m, err := openAt(root)
	if err != nil {
		t.Fatal(err)
	}
	want := 0.0
	for _, step := range []struct{ uj, took uint64 }{{262142e6, 2e6}, {1e6, 2e6}, {100e6, 99e6}, {100e6, 0}, {99e6, 262142e6}} {
		set(step.uj)
		want += float64(step.took) / 1e6
		if j := joules(t, m); j != want {
			t.Errorf("%g J at a counter of %d, want %g", j, step.uj, want)
		}
	}
}

func TestWhatIsNotReadableIsSaid(t *testing.T) {
	root := t.TempDir()
	if _, err := openAt(root); err == nil || !strings.Contains(err.Error(), "no energy counter") {
		t.Errorf("without counters: %v", err)
	}
	counter(t, root, "intel-rapl:0", "package-0", 1, 2)
	path := filepath.Join(root, "intel-rapl:0", "energy_uj")
	if err := os.WriteFile(path, []byte("no number"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := openAt(root); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a counter that is no number: %v", err)
	}
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(path); err == nil {
		t.Skip("everything is readable for this user")
	}
	if _, err := openAt(root); err == nil || !strings.Contains(err.Error(), "not readable") {
		t.Errorf("a counter for root alone: %v", err)
	}
}
