//go:build unix

package arena

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// together has a command and all that it begins in one group, which is killed as one: when its time is over, and by end, which is
// called when it has ended.
func together(c *exec.Cmd) (end func()) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error {
		if err := syscall.Kill(-c.Process.Pid, syscall.SIGKILL); !errors.Is(err, syscall.ESRCH) {
			return err
		}
		return os.ErrProcessDone
	}
	return func() {
		if c.Process != nil {
			_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // mostly there is nobody left
		}
	}
}
