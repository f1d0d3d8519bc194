package machine_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/cria-llm/cria/internal/machine"
)

func TestTheMachineTellsItsFigures(t *testing.T) {
	switch runtime.GOOS {
	case "linux", "darwin", "windows":
	default:
		t.Skip("no figures on " + runtime.GOOS)
	}
	if m := machine.Memory(); m.Available <= 0 || m.Available > m.Total {
		t.Errorf("%d bytes of memory available of %d", m.Available, m.Total)
	}
	if n := machine.PeakRSS(); n < 1<<20 {
		t.Errorf("this process has had at most %d bytes resident", n)
	}
	dir := t.TempDir()
	if n := machine.FreeDisk(dir); n <= 0 {
		t.Errorf("%d bytes of disk free", n)
	}
	if n := machine.FreeDisk(filepath.Join(dir, "not", "made", "yet")); n <= 0 {
		t.Errorf("%d bytes of disk free below a folder that is not there", n)
	}
}

func TestAProcessHasItsMarkWhileItRuns(t *testing.T) {
	mine := machine.ProcessMark(os.Getpid())
	if mine == "" {
		t.Skip("no marks of processes on " + runtime.GOOS)
	}
	if again := machine.ProcessMark(os.Getpid()); again != mine {
		t.Errorf("this process has the mark %q, then %q", mine, again)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), exe, "-test.run=^$")
	if err := child.Run(); err != nil {
		t.Fatal(err)
	}
	if mark := machine.ProcessMark(child.Process.Pid); mark != "" {
		t.Errorf("a process that has ended has the mark %q", mark)
	}
}
