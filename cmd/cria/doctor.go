package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/internal/machine"
	"github.com/cria-llm/cria/train"
)

// health is what doctor finds.
type health struct {
	Build     buildInfo `json:"build"`
	Processor string    `json:"processor"` // as it calls itself, where the system tells
	Kernels   cpu.ISA   `json:"kernels"`   // instruction set in use
	Others    []cpu.ISA `json:"other_kernels"`
	Threads   int       `json:"threads"`
	PeakFLOPS float64   `json:"peak_flops"`            // floating-point operations a second, all threads
	Bandwidth float64   `json:"bandwidth_bytes_per_s"` // of memory, all threads
	Total     int64     `json:"memory_total_bytes"`    // 0 where the system does not say
	Free      int64     `json:"memory_free_bytes"`     // 0 where the system does not say
	Config    string    `json:"config_folder"`         // where a user's settings belong
	Writable  bool      `json:"config_writable"`
	Advice    []string  `json:"advice"`
}

func newDoctorCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Look at this machine, and say what is off",
		Long:  "doctor measures the processor and the memory for about a second, and says what slows cria down here.",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			h, err := examine()
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(a.stdout, h)
			}
			h.show(a)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON")
	return c
}

func examine() (health, error) {
	be, err := cpu.New(cpu.Options{})
	if err != nil {
		return health{}, err
	}
	defer be.Close()
	ram := machine.Memory()
	h := health{
		Build: readBuildInfo(), Processor: plain(machine.Processor()), Kernels: be.ISA(), Others: []cpu.ISA{}, Threads: be.Threads(),
		PeakFLOPS: be.PeakFLOPS(400 * time.Millisecond), Bandwidth: be.Bandwidth(400 * time.Millisecond),
		Total: ram.Total, Free: ram.Available,
	}
	for _, isa := range cpu.ISAs() {
		if isa != h.Kernels {
			h.Others = append(h.Others, isa)
		}
	}
	h.Config, h.Writable = configFolder()
	h.Advice = h.advise()
	return h, nil
}

// Below these a machine that is in order does not fall.
const (
	leastPerThread = 15e9    // operations a second of one thread with vector kernels
	leastMemory    = 2 << 30 // bytes free
)

// advise says what is off, a line each.
func (h health) advise() []string {
	list := []string{}
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	switch {
	case h.Kernels == cpu.ISAPlain && runtime.GOARCH == "amd64":
		add("no AVX2 and FMA on this processor, or a virtual machine hides them: plain Go kernels are used, and training will be slow")
	case h.Kernels == cpu.ISAPlain:
		add("there are no vector kernels for %s yet: plain Go kernels are used, and training will be slow", runtime.GOARCH)
	case h.PeakFLOPS < leastPerThread*float64(h.Threads):
		add("%s on %s is little: other programs keep the processor busy, or it is throttled", flops(h.PeakFLOPS), plural(h.Threads, "thread"))
	}
	if n := runtime.NumCPU(); h.Threads < n {
		add("%s of %d processors are used: GOMAXPROCS or a limit on the container holds the rest back", count(h.Threads), n)
	}
	switch {
	case h.Free == 0:
		add("the system does not say how much memory is free: a plan can only compare with all of it")
	case h.Free < leastMemory:
		add("only %s of memory is free: close other programs, or take a small base and --max-len 256", train.Bytes(h.Free))
	}
	switch {
	case h.Config == "":
		add("the system names no folder for settings: set HOME")
	case !h.Writable:
		add("the settings folder %q cannot be written to: set HOME to a folder that can", h.Config)
	}
	return list
}

func (h health) show(a *app) {
	p := a.paint(a.stdout)
	orUnknown := func(s string, known bool) string {
		if !known {
			return "not told by the system"
		}
		return s
	}
	t := table{}
	t.row("program", h.Build.String())
	t.row("processor", orUnknown(h.Processor, h.Processor != ""))
	kernels := p.bold(string(h.Kernels))
	if len(h.Others) > 0 {
		var names []string
		for _, isa := range h.Others {
			names = append(names, string(isa))
		}
		kernels += " (also here: " + strings.Join(names, ", ") + ")"
	}
	t.row("kernels", kernels)
	t.row("threads", count(h.Threads))
	t.row("peak", fmt.Sprintf("%s, float32, all threads", flops(h.PeakFLOPS)))
	t.row("bandwidth", fmt.Sprintf("%.1f GB/s from memory", h.Bandwidth/1e9))
	t.row("memory", orUnknown(fmt.Sprintf("%s, of which %s free", train.Bytes(h.Total), orUnknown(train.Bytes(h.Free), h.Free > 0)), h.Total > 0))
	state := "writable"
	if !h.Writable {
		state = "not writable"
	}
	t.row("settings", orUnknown(fmt.Sprintf("%s (%s)", h.Config, state), h.Config != ""))
	t.print(a.stdout, p)
	fmt.Fprintln(a.stdout)
	if len(h.Advice) == 0 {
		fmt.Fprintln(a.stdout, p.good("Nothing is off."))
	}
	for _, line := range h.Advice {
		fmt.Fprintln(a.stdout, p.warn("advice: ")+line)
	}
}

func flops(x float64) string {
	if x >= 1e12 {
		return fmt.Sprintf("%.2f TFLOP/s", x/1e12)
	}
	return fmt.Sprintf("%.0f GFLOP/s", x/1e9)
}

// configFolder is where settings of this user belong, and whether they can be put there. It leaves nothing behind.
func configFolder() (string, bool) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", false
	}
	// The folder itself need not be there: then it is one above it that must take it.
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err != nil && at != filepath.Dir(at) {
			continue
		}
		f, err := os.CreateTemp(at, ".cria-*")
		if err != nil {
			return dir, false
		}
		return dir, errors.Join(f.Close(), os.Remove(f.Name())) == nil
	}
}
