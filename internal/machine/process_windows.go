package machine

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

func processMark(pid int) string {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return ""
	}
	defer func() { _ = windows.CloseHandle(h) }()
	var code uint32
	var start, end, kernel, user windows.Filetime
	const stillActive = 259
	if windows.GetExitCodeProcess(h, &code) != nil || code != stillActive || windows.GetProcessTimes(h, &start, &end, &kernel, &user) != nil {
		return ""
	}
	return fmt.Sprint(start.Nanoseconds())
}

func processor() string { return os.Getenv("PROCESSOR_IDENTIFIER") }
