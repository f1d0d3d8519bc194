package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// Ctrl-C reaches an answer as soon as it is typed, and a line as the keys that empty and enter it.
func TestKeyboardSeesCtrlCAtOnce(t *testing.T) {
	r, w := io.Pipe()
	k := newKeyboard(t.Context(), r)
	lines := &terminalLines{keys: k}
	ctx, done := lines.watch(t.Context())
	defer done()
	if _, err := io.WriteString(w, "ahead\x03"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("Ctrl-C does not end the answer")
	}
	// What was typed ahead is the next line's.
	got := make([]byte, 5)
	if _, err := io.ReadFull(k, got); err != nil || string(got) != "ahead" {
		t.Errorf("read %q, %v", got, err)
	}
	if k.interrupted.Load() {
		t.Error("Ctrl-C during an answer interrupts the next line too")
	}
	if _, err := io.WriteString(w, "\x03"); err != nil {
		t.Fatal(err)
	}
	got = make([]byte, 3)
	if _, err := io.ReadFull(k, got); err != nil || string(got) != "\x05\x15\r" || !k.interrupted.Load() {
		t.Errorf("read %q, interrupted %t, %v", got, k.interrupted.Load(), err)
	}
	w.Close()
	if _, err := k.Read(got); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestPipedLinesHaveAnyLength(t *testing.T) {
	r, w := io.Pipe()
	go func() {
		w.Write(make([]byte, 1<<20))
		io.WriteString(w, "\r\nlast")
		w.Close()
	}()
	p := &pipedLines{r: bufio.NewReader(r), ctx: t.Context()}
	if line, err := p.read(); len(line) != 1<<20 || err != nil {
		t.Errorf("first line has %d bytes, %v", len(line), err)
	}
	if line, err := p.read(); line != "last" || err != nil {
		t.Errorf("last line %q, %v", line, err)
	}
	if _, err := p.read(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestHistoryIsKeptForTheUserAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cria", "history")
	h := openHistory(path)
	for _, line := range []string{"one", "", "two", "two"} {
		h.Add(line)
	}
	h.close()
	h = openHistory(path)
	if h.Len() != 2 || h.At(0) != "two" || h.At(1) != "one" {
		t.Errorf("read back %q", h.lines)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %o, want 600", mode)
	}
	for range 2 * maxHistory {
		h.Add("one")
		h.Add("two")
	}
	if h.Len() != maxHistory {
		t.Errorf("%d lines, want %d", h.Len(), maxHistory)
	}
	openHistory("").close() // nowhere to keep it
}
