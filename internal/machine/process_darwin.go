package machine

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func processMark(pid int) string {
	p, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	const zombie = 5
	if err != nil || int(p.Proc.P_pid) != pid || p.Proc.P_stat == zombie {
		return ""
	}
	return fmt.Sprintf("%d.%06d", p.Proc.P_starttime.Sec, p.Proc.P_starttime.Usec)
}

func processor() string {
	name, err := unix.Sysctl("machdep.cpu.brand_string")
	if err != nil {
		return ""
	}
	return name
}
