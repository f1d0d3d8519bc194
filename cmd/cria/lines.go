package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"golang.org/x/term"
)

// errInterrupted is Ctrl-C where a line was to be typed.
var errInterrupted = errors.New("interrupted")

// lines is where a conversation's lines come from and its answers go: a terminal with editing and history, or pipes.
type lines interface {
	io.Writer
	// read is the next line, without its end. It is errInterrupted after Ctrl-C and io.EOF at the end.
	read() (string, error)
	// watch gives a context that Ctrl-C ends, until done is called.
	watch(ctx context.Context) (_ context.Context, done func())
	// interactive says whether a person is there; end is how a line written past the terminal ends.
	interactive() bool
	end() string
	close()
}

// openLines takes the terminal over where there is one on both sides.
func (a *app) openLines(ctx context.Context, prompt string) (lines, error) {
	in, ok := a.stdin.(*os.File)
	if !ok || !a.inTerminal || !a.outTerminal {
		return &pipedLines{Writer: a.stdout, r: bufio.NewReader(a.stdin), ctx: ctx}, nil
	}
	fd := int(in.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return nil, err
	}
	k := newKeyboard(ctx, in)
	t := &terminalLines{fd: fd, before: before, keys: k, app: a, prompt: a.paint(a.stdout).accent(prompt), history: openHistory(historyPath())}
	t.Terminal = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{k, a.stdout}, t.prompt)
	t.Terminal.History = t.history
	t.Terminal.SetBracketedPasteMode(true)
	return t, nil
}

// pipedLines reads lines of any length. Ctrl-C is the process's.
type pipedLines struct {
	io.Writer
	r   *bufio.Reader
	ctx context.Context
}

func (p *pipedLines) read() (string, error) {
	if err := p.ctx.Err(); err != nil {
		return "", err
	}
	line, err := p.r.ReadString('\n')
	if line != "" && errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

func (p *pipedLines) watch(ctx context.Context) (context.Context, func()) { return ctx, func() {} }
func (p *pipedLines) interactive() bool                                   { return false }
func (p *pipedLines) end() string                                         { return "\n" }
func (p *pipedLines) close()                                              {}

// terminalLines is a terminal in raw mode for as long as the conversation lasts, so that Ctrl-C is a key like any other
// and no signal.
type terminalLines struct {
	*term.Terminal
	fd      int
	before  *term.State
	keys    *keyboard
	app     *app
	prompt  string
	history *history
}

// read is a line, or the lines of a paste with what was typed after it.
func (t *terminalLines) read() (string, error) {
	if w, h, err := term.GetSize(t.fd); err == nil && w > 0 && h > 0 {
		_ = t.SetSize(w, h) // a wrong size only bends lines wrongly
	}
	t.keys.interrupted.Store(false)
	var pasted strings.Builder
	t.SetPrompt(t.prompt)
	for {
		line, err := t.ReadLine()
		if t.keys.interrupted.Load() {
			return "", errInterrupted
		}
		pasted.WriteString(line)
		if !errors.Is(err, term.ErrPasteIndicator) {
			return pasted.String(), err
		}
		pasted.WriteByte('\n')
		t.SetPrompt("")
	}
}

func (t *terminalLines) watch(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	select {
	case <-t.keys.interrupts: // of an earlier answer
	default:
	}
	go func() {
		select {
		case <-t.keys.interrupts:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (t *terminalLines) interactive() bool { return true }
func (t *terminalLines) end() string       { return "\r\n" }

func (t *terminalLines) close() {
	t.SetBracketedPasteMode(false)
	_ = term.Restore(t.fd, t.before) // there is nobody to tell
	t.history.close()
}

// keyboard passes on what is typed. It looks for Ctrl-C as soon as it is typed, also while nobody reads.
type keyboard struct {
	ctx         context.Context
	typed       chan []byte
	interrupts  chan struct{}
	rest        []byte
	interrupted atomic.Bool // Ctrl-C ended the line that is being read
}

func newKeyboard(ctx context.Context, r io.Reader) *keyboard {
	k := &keyboard{ctx: ctx, typed: make(chan []byte, 1024), interrupts: make(chan struct{}, 1)}
	go k.pump(r)
	return k
}

// pump ends with the process: a read from a terminal cannot be called off.
func (k *keyboard) pump(r io.Reader) {
	defer close(k.typed)
	for {
		buf := make([]byte, 256)
		n, err := r.Read(buf)
		const ctrlC = "\x03"
		for i, part := range strings.Split(string(buf[:n]), ctrlC) {
			if i > 0 {
				select {
				case k.interrupts <- struct{}{}:
				default:
				}
			}
			if part != "" {
				k.typed <- []byte(part)
			}
		}
		if err != nil {
			return
		}
	}
}

// Read implements io.Reader for the line editor. Ctrl-C becomes the keys that clear the line and enter it.
func (k *keyboard) Read(p []byte) (int, error) {
	if len(k.rest) == 0 {
		select {
		case b, ok := <-k.typed:
			if !ok {
				return 0, io.EOF
			}
			k.rest = b
		case <-k.interrupts:
			k.interrupted.Store(true)
			const end, erase, enter = "\x05", "\x15", "\r"
			k.rest = []byte(end + erase + enter)
		case <-k.ctx.Done():
			return 0, k.ctx.Err()
		}
	}
	n := copy(p, k.rest)
	k.rest = k.rest[n:]
	return n, nil
}
