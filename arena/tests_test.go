//go:build unix

package arena_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cria-llm/cria/arena"
)

// started is a test in an empty folder, as one in which the program was started.
func started(t *testing.T) (dir string) {
	dir = t.TempDir()
	t.Chdir(dir)
	return dir
}

func tested(t *testing.T, command string, limit time.Duration) arena.Judge {
	t.Helper()
	j, err := arena.Tests(t.Context(), command, arena.Testing{Limit: limit, Parallel: 2})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func answers(first, second string) arena.Shown {
	return arena.Shown{Prompt: "Say $(it).", Input: "a\nb", Right: "\"right\"", Answers: [2]string{first, second}}
}

func verdict(t *testing.T, j arena.Judge, s arena.Shown) arena.Verdict {
	t.Helper()
	v, err := j.Judge(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An answer that passes beats one that does not; each is tested once, whoever asks and how often.
func TestAnAnswerThatPassesWins(t *testing.T) {
	dir := started(t)
	j := tested(t, `read -r x; echo "$x" >> "$CRIA_DIR/log"; test "$x" = good || { echo "$x is bad" >&2; false; }`, time.Minute)
	var all sync.WaitGroup
	for range 3 {
		for _, c := range []struct {
			first, second string
			want          float64
		}{{"good", "bad", 1}, {"bad", "good", 0}, {"good", "good", 0.5}, {"bad", "worse", 0.5}} {
			all.Go(func() {
				v, err := j.Judge(t.Context(), answers(c.first, c.second))
				if err != nil || v.First != c.want || v.Failed != "" {
					t.Errorf("%s against %s: %+v, %v", c.first, c.second, v, err)
				}
			})
		}
	}
	all.Wait()
	if v, want := verdict(t, j, answers("bad", "good")), "answer 1 did not pass: exit status 1:\nbad is bad\nanswer 2 passed"; v.Said != want {
		t.Errorf("said %q, want %q", v.Said, want)
	}
	if got := strings.Count(read(t, filepath.Join(dir, "log")), "\n"); got != 3 {
		t.Errorf("%d tests of three answers", got)
	}
}

// The command has the texts as they are, an empty folder that goes afterwards, and none of the program's secrets.
func TestWhatACommandIsGiven(t *testing.T) {
	dir := started(t)
	t.Setenv("OPENAI_API_KEY", "secret")
	j := tested(t, `{ ls -A; env; printf 'in=%s|%s|%s|' "$CRIA_PROMPT" "$CRIA_INPUT" "$CRIA_RIGHT"; cat; } > "$CRIA_DIR/got-$$"; pwd > "$CRIA_DIR/where"; touch x`, time.Minute)
	verdict(t, j, answers("the answer", "the answer"))
	list, err := filepath.Glob(filepath.Join(dir, "got-*"))
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	got := read(t, list[0])
	if first, _, _ := strings.Cut(got, "\n"); !strings.Contains(first, "=") { // a variable, and no file
		t.Errorf("the command's folder has %s", first)
	}
	if !strings.HasSuffix(got, "in=Say $(it).|a\nb|\"right\"|the answer") || strings.Contains(got, "secret") {
		t.Errorf("the command was given\n%s", got)
	}
	where := strings.TrimSpace(read(t, filepath.Join(dir, "where")))
	if _, err := os.Stat(where); !errors.Is(err, os.ErrNotExist) || where == dir {
		t.Errorf("the command's folder %s is there afterwards, %v", where, err)
	}
}

// gone waits for the end of the process whose number is in a file.
func gone(t *testing.T, path string) {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimSpace(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if syscall.Kill(pid, 0) != nil || err == nil && strings.Contains(string(stat), ") Z ") { // nobody may be there to bury it
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d goes on", pid)
}

func TestNothingOutlivesItsTest(t *testing.T) {
	dir := started(t)
	pid := filepath.Join(dir, "pid")
	v := verdict(t, tested(t, `sleep 60 & echo $! > "$CRIA_DIR/pid"; echo begun; wait`, time.Second), answers("a", "a"))
	if v.First != 0.5 || v.Failed != "" || !strings.HasPrefix(v.Said, "answer 1 did not pass: killed after 1s:\nbegun\n") {
		t.Errorf("%+v", v)
	}
	gone(t, pid)
	// What a test leaves behind goes with it, also where it keeps the output open.
	if v := verdict(t, tested(t, `sleep 60 & echo $! > "$CRIA_DIR/pid"`, time.Minute), answers("a", "a")); !strings.HasPrefix(v.Said, "answer 1 passed") {
		t.Errorf("%+v", v)
	}
	gone(t, pid)
	// An interrupt ends all, and is no verdict.
	if err := os.Remove(pid); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if text, err := os.ReadFile(pid); err == nil && len(text) > 0 || ctx.Err() != nil {
				cancel()
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if _, err := tested(t, `sleep 60 & echo $! > "$CRIA_DIR/pid"; wait`, time.Minute).Judge(ctx, answers("a", "a")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	gone(t, pid)
}

// What cannot be tested is no answer that does not pass.
func TestWhatCannotBeTestedFails(t *testing.T) {
	started(t)
	for _, command := range []string{"true && nothing-of-that-name", "touch x; ./x"} {
		if v := verdict(t, tested(t, command, time.Minute), answers("a", "b")); !strings.Contains(v.Failed, "as one that cannot be run does") {
			t.Errorf("%s: %+v", command, v)
		}
	}
	for _, prompt := range []string{strings.Repeat("x", 1<<20), "a\x00b"} {
		s := answers("a", "b")
		s.Prompt = prompt
		if v := verdict(t, tested(t, "true", time.Minute), s); !strings.HasPrefix(v.Failed, "CRIA_PROMPT has ") {
			t.Errorf("%+v", v)
		}
	}
}

func TestOfMuchOutputTheEndIsKept(t *testing.T) {
	started(t)
	v := verdict(t, tested(t, `yes "$(printf '\377')" | head -c 10000000; echo end`, time.Minute), answers("a", "a"))
	if len(v.Said) > 20000 || !strings.HasSuffix(v.Said, "\nend") || !strings.HasPrefix(v.Said, "answer 1 passed:\n…") {
		t.Errorf("%d bytes: %.50q", len(v.Said), v.Said)
	}
}

// A command that would not find what it needs is refused before any answer; another file makes another judge.
func TestCommandsAreLookedAtFirst(t *testing.T) {
	dir := started(t)
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "check.sh"), []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	write("#!/bin/sh\nexit 0\n")
	for command, want := range map[string]string{
		" ":                              "needs a command",
		"nothing-of-that-name -x":        "there is no command nothing-of-that-name",
		"./check.sh":                     `would not find ./check.sh: write "$CRIA_DIR/check.sh"`,
		"sh check.sh":                    `would not find check.sh`,
		`sh "$CRIA_DIR/chekc.sh"`:        "no such file",
		`"$CRIA_DIR/nothing.sh" | sort`:  "no such file",
		`X=1 if "${CRIA_DIR}/x" ; then `: "no such file",
	} {
		if _, err := arena.Tests(t.Context(), command, arena.Testing{Limit: time.Second}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", command, err, want)
		}
	}
	for _, command := range []string{`"$CRIA_DIR/check.sh"`, "if true; then true; fi", "{ true; }", "X=1 true", "! false", "(true)", "[ 1 = 1 ]"} {
		if v := verdict(t, tested(t, command, time.Minute), answers("a", "b")); v.Failed != "" || !strings.HasPrefix(v.Said, "answer 1 passed") {
			t.Errorf("%s: %+v", command, v)
		}
	}
	one := tested(t, `sh "$CRIA_DIR/check.sh"`, time.Second).Name()
	write("exit 1\n")
	two := tested(t, `sh "$CRIA_DIR/check.sh"`, time.Second).Name()
	if !strings.HasPrefix(one, `tests:sh "$CRIA_DIR/check.sh", at most 1s, check.sh (`) || one == two {
		t.Errorf("names are %s and %s", one, two)
	}
}
