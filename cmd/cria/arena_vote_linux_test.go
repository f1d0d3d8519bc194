package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a pair of files: what is written to keys is typed at tty.
func terminal(t *testing.T) (keys, tty *os.File) {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("there are no terminals here: ", err)
	}
	n, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	if tty, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	return keys, tty
}

// A key that is held down votes on the pair that is shown, and not on those that come after, which nobody has read.
func TestAKeyThatIsHeldDownVotesOnce(t *testing.T) {
	dir := t.TempDir()
	var prompts, a, b strings.Builder
	for i := range 5 {
		q := `{"instruction":"` + strconv.Itoa(i) + `?"`
		prompts.WriteString(q + "}\n")
		a.WriteString(q + `,"output":"yes"}` + "\n")
		b.WriteString(q + `,"output":"` + strings.Repeat("no\\n", 40*(i/4)+1) + `"}` + "\n")
	}
	for name, text := range map[string]string{"prompts.jsonl": prompts.String(), "a.jsonl": a.String(), "b.jsonl": b.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	command := func(args ...string) *exec.Cmd {
		c := exec.CommandContext(t.Context(), "cria", append([]string{"arena"}, args...)...)
		c.Dir, c.Env = dir, append(os.Environ(), "CRIA_HOME="+filepath.Join(dir, "home"))
		return c
	}
	if out, err := command("run", "--a", "a.jsonl", "--b", "b.jsonl", "--prompts", "prompts.jsonl", "--judge", "person", "--out", "blind").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	keys, tty := terminal(t)
	defer keys.Close()
	c := command("vote", "blind", "--voter", "anna")
	c.Stdin, c.Stderr = tty, tty
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if err := tty.Close(); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var shown strings.Builder
	go func() {
		buf := make([]byte, 1<<12)
		for {
			n, err := keys.Read(buf)
			mu.Lock()
			shown.Write(buf[:n])
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	asked := func(n int) (text string, ok bool) {
		for range 500 {
			mu.Lock()
			text = shown.String()
			mu.Unlock()
			if strings.Count(text, "which is better?") >= n {
				return text, true
			}
			time.Sleep(10 * time.Millisecond)
		}
		return text, false
	}
	press := func(text string) {
		t.Helper()
		if _, err := keys.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	text, ok := asked(1)
	for tries := 0; tries < 3 && strings.Count(text, "which is better?") < 2; tries++ { // on a busy machine nobody may listen yet
		time.Sleep(2 * quiet)
		press(strings.Repeat("1", 20))
		text, ok = asked(2)
	}
	if !ok {
		t.Fatalf("it asks no second question:\n%s", text)
	}
	press("q")
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
	votes, err := os.ReadFile(filepath.Join(dir, "blind", "votes.jsonl"))
	if err != nil || strings.Count(string(votes), "\n") != 1 {
		t.Errorf("a key that was held down gave %s, %v", votes, err)
	}
	if strings.Contains(text, ".jsonl") {
		t.Errorf("a name is shown:\n%s", text)
	}
}
