package arena

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/cria-llm/cria/internal/wholefile"
)

// TestsPrefix stands before the command of a judge that runs [Tests].
const TestsPrefix = "tests:"

// Testing says how a command may run.
type Testing struct {
	Limit    time.Duration // for one answer; then the command and all that it began are killed, and the answer has not passed
	Parallel int           // commands at once
}

// tests is the judge that runs a command.
type tests struct {
	command, name, sh, dir string
	o                      Testing
	free                   chan struct{} // a place for each command that may run

	mu     sync.Mutex
	runs   map[[4]string]*run
	ran    int
	passed int
	words  string // of the last that did not pass
}

// Tested is a judge that has tested answers.
type Tested interface {
	Judge
	// Passed is how many answers passed, of how many, and what was said of one that did not.
	Passed() (n, of int, said string)
}

func (t *tests) Passed() (n, of int, said string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.passed, t.ran, t.words
}

// run is a command on one answer, which both seats of it, and all pairs with it, ask for.
type run struct {
	done   chan struct{}
	passed bool
	failed string // why it cannot be said
	said   string
	err    error
}

// Tests is a judge that runs a shell command on each answer: one that passes, which is exit status 0, beats one that does not. The
// command gets the answer on its standard input, and in the environment CRIA_PROMPT, CRIA_INPUT and CRIA_RIGHT, the texts of the
// pair, and CRIA_DIR, the folder that the program was started in. Of the program's own environment it has PATH, TZ and the language
// alone, so no keys. It runs in an empty folder, which is also HOME and TMPDIR and goes afterwards. Status 126 and 127, which say
// that there is no such command, are no verdict.
//
// It is not a sandbox: a command that runs an answer gives it all that the user may do.
func Tests(ctx context.Context, command string, o Testing) (Judge, error) {
	if strings.TrimSpace(command) == "" {
		return nil, fmt.Errorf("%s needs a command, which passes an answer by exit status 0", TestsPrefix)
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		return nil, fmt.Errorf("%s needs a shell: %w", TestsPrefix, err)
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	t := &tests{command: command, sh: sh, dir: dir, o: o, free: make(chan struct{}, max(1, o.Parallel)), runs: map[[4]string]*run{}}
	files, err := t.files()
	if err != nil {
		return nil, err
	}
	t.name = fmt.Sprintf("%s%s, at most %s%s", TestsPrefix, command, o.Limit, files)
	if first := regexp.MustCompile(`^["']?[\w$./{}+-]+["']?`).FindString(command); first != "" && !strings.HasPrefix(command[len(first):], "=") {
		there := &tests{command: "command -v " + first, sh: sh, dir: dir, o: Testing{Limit: time.Minute}, free: make(chan struct{}, 1)}
		if r := there.run(ctx, [4]string{}); r.err != nil || !r.passed {
			return nil, errors.Join(r.err, fmt.Errorf("%s there is no command %s", TestsPrefix, first))
		}
	}
	return t, nil
}

// here is what of a command names a file in the folder that the program was started in, after a sign that writes to it.
var here = regexp.MustCompile(`(>\s*["']?)?\$\{?CRIA_DIR\}?/([^\s"'` + "`" + `;|&<>()$]+)`)

// files are the hashes of the files that the command names in CRIA_DIR: with another file, the verdicts are another judge's. A
// file that is named without CRIA_DIR would not be found.
func (t *tests) files() (list string, err error) {
	for _, word := range strings.Fields(t.command) {
		word = strings.Trim(word, `"'`)
		info, err := os.Stat(word)
		if err == nil && info.Mode().IsRegular() && !filepath.IsAbs(word) && strings.ContainsAny(word, "./") {
			return "", fmt.Errorf("%s the command runs in an empty folder and would not find %s: write \"$CRIA_DIR/%s\", or another name of what it makes", TestsPrefix, word, strings.TrimPrefix(word, "./"))
		}
	}
	for _, m := range here.FindAllStringSubmatch(t.command, -1) {
		const most = 1 << 30
		if m[1] != "" {
			continue
		}
		info, err := os.Stat(filepath.Join(t.dir, m[2]))
		if err != nil {
			return "", fmt.Errorf("%s %w", TestsPrefix, err)
		}
		if !info.Mode().IsRegular() {
			continue
		}
		text, err := wholefile.Read(filepath.Join(t.dir, m[2]), most)
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(text)
		list += fmt.Sprintf(", %s (%s)", m[2], hex.EncodeToString(sum[:6]))
	}
	return list, nil
}

func (t *tests) Name() string { return t.name }

func (t *tests) Judge(ctx context.Context, s Shown) (Verdict, error) {
	var two [2]*run
	var said []string
	for seat, answer := range s.Answers {
		two[seat] = t.of(ctx, [4]string{s.Prompt, s.Input, s.Right, answer})
	}
	for seat, r := range two {
		<-r.done
		if r.err != nil {
			return Verdict{}, r.err
		}
		said = append(said, fmt.Sprintf("answer %d %s", seat+1, r.said))
	}
	v := better(two[First].passed, two[Second].passed)
	v.Said = strings.Join(said, "\n")
	for _, r := range two {
		if r.failed != "" {
			v.Failed = r.failed
		}
	}
	return v, nil
}

// of is the run on an answer, begun now or before.
func (t *tests) of(ctx context.Context, texts [4]string) *run {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.runs[texts]; r != nil {
		return r
	}
	if len(t.runs) >= remembered {
		clear(t.runs)
	}
	r := &run{done: make(chan struct{})}
	t.runs[texts] = r
	go func() {
		defer close(r.done)
		got := t.run(ctx, texts)
		r.passed, r.failed, r.said, r.err = got.passed, got.failed, got.said, got.err
		t.mu.Lock()
		defer t.mu.Unlock()
		switch t.ran++; {
		case r.err != nil: // which is the caller's, not the answer's
			t.ran--
			delete(t.runs, texts)
		case r.passed:
			t.passed++
		default:
			t.words = r.said
		}
	}()
	return r
}

const (
	// longestVariable is what every system takes of one variable, its name included.
	longestVariable = 96 << 10
	// notRunnable and notFound are the statuses of a shell that cannot run a command.
	notRunnable, notFound = 126, 127
	// lastWords is how much of a command's output is kept, its end.
	lastWords = 2 << 10
	// grace is how long output may still come once a command has ended.
	grace = time.Second
)

// run runs the command on an answer: prompt, input, right answer, answer.
func (t *tests) run(ctx context.Context, texts [4]string) run {
	select {
	case t.free <- struct{}{}:
		defer func() { <-t.free }()
	case <-ctx.Done():
		return run{err: ctx.Err()}
	}
	dir, err := os.MkdirTemp("", "cria-tests-")
	if err != nil {
		return run{err: err}
	}
	defer func() { _ = os.RemoveAll(dir) }() // what the command made unremovable stays
	variables := []string{"HOME=" + dir, "TMPDIR=" + dir, "CRIA_DIR=" + t.dir}
	for _, name := range []string{"PATH", "TZ", "LANG", "LC_ALL", "LC_CTYPE"} {
		if value, ok := os.LookupEnv(name); ok {
			variables = append(variables, name+"="+value)
		}
	}
	for i, name := range []string{"CRIA_PROMPT", "CRIA_INPUT", "CRIA_RIGHT"} {
		if len(texts[i]) > longestVariable || strings.ContainsRune(texts[i], 0) {
			return run{failed: fmt.Sprintf("%s has %d bytes, or one of 0, and a command can be told %d", name, len(texts[i]), longestVariable)}
		}
		variables = append(variables, name+"="+texts[i])
	}
	limited, cancel := context.WithTimeout(ctx, t.o.Limit)
	defer cancel()
	c := exec.CommandContext(limited, t.sh, "-c", t.command)
	c.Dir, c.Env, c.WaitDelay = dir, variables, grace
	c.Stdin = strings.NewReader(texts[3])
	var out tail
	c.Stdout, c.Stderr = &out, &out
	end := together(c)
	err = c.Run()
	end()
	var exit *exec.ExitError
	switch late := limited.Err() != nil; {
	case ctx.Err() != nil:
		return run{err: ctx.Err()}
	case late:
		return run{said: fmt.Sprintf("did not pass: killed after %s%s", t.o.Limit, out.String())}
	case err == nil || errors.Is(err, exec.ErrWaitDelay): // something that it left behind kept the output open
		return run{passed: true, said: "passed" + out.String()}
	case !errors.As(err, &exit):
		return run{err: fmt.Errorf("%s %w", TestsPrefix, err)}
	case exit.ExitCode() == notFound || exit.ExitCode() == notRunnable:
		return run{failed: fmt.Sprintf("the command ended with status %d, as one that cannot be run does", exit.ExitCode()), said: "cannot be tested" + out.String()}
	}
	return run{said: fmt.Sprintf("did not pass: %s%s", exit.ProcessState, out.String())}
}

// tail keeps the end of what is written to it.
type tail struct {
	text []byte
	cut  bool
}

func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	if len(p) > lastWords {
		p, t.cut = p[len(p)-lastWords:], true
	}
	if over := len(t.text) + len(p) - lastWords; over > 0 {
		t.text, t.cut = append(t.text[:0], t.text[over:]...), true
	}
	t.text = append(t.text, p...)
	return n, nil
}

// String is the end after a colon, or nothing.
func (t *tail) String() string {
	text := string(bytes.ToValidUTF8(bytes.TrimSpace(t.text), []byte("�")))
	switch {
	case text == "":
		return ""
	case t.cut:
		return ":\n…" + text
	}
	return ":\n" + text
}
