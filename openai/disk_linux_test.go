package openai_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

const childDisk = "CRIA_TEST_DISK" // bytes that a file of the child may have

func smallDisk() error {
	if os.Getenv(childDisk) == "" {
		return nil
	}
	n, err := strconv.ParseUint(os.Getenv(childDisk), 10, 64)
	if err != nil {
		return err
	}
	return unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: n})
}

// Where no answer can be written, nothing more is asked; what was paid for by then counts, and with room again it goes on.
func TestLaw14AFullDiskEndsIt(t *testing.T) {
	t.Parallel()
	s := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{Prices: prices})
	journal := filepath.Join(t.TempDir(), "a.journal")
	run := func(disk string) string {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childAddress+"="+s.URL, childJournal+"="+journal, childCap+"=1", childDisk+"="+disk)
		out, _ := cmd.CombinedOutput() // what became of it is in there
		return string(out)
	}
	spent := func() openai.Spent {
		j, err := openai.OpenJournal(journal)
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		return openai.Guard(nil, prices, openai.Caps{}, j).Spent()
	}
	first := run("10000")
	answered := strings.Count(first, "answered")
	if now := spent(); answered == 0 || answered == questions || !strings.Contains(first, "nothing more is asked") ||
		now.Requests < answered || s.Billed() < now.Cost || s.Billed() > now.Most() {
		t.Errorf("on a full disk %d answers, %d bills of %s, spent %+v", answered, s.Bills(), s.Billed(), now)
	}
	if second := run(""); strings.Count(second, "answered") != questions || s.Bills() != questions {
		t.Errorf("with room again %d answers and %d bills, want %d\n%s", strings.Count(second, "answered"), s.Bills(), questions, second)
	}
	if now := spent(); fmt.Sprint(now.Cost) != fmt.Sprint(s.Billed()) {
		t.Errorf("billed %s, spent %+v", s.Billed(), now)
	}
}
