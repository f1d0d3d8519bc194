package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
)

// maxHistory is how many lines are kept between conversations.
const maxHistory = 1000

// history is what was typed before, kept in a file that only the user can read. It is a convenience: where it cannot
// be read or written, nothing is said.
type history struct {
	path  string
	lines []string // the oldest first
}

// historyPath is the history's file, "" where the system names no place for it.
func historyPath() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "cria", "history")
}

func openHistory(path string) *history {
	h := &history{path: path}
	f, err := os.Open(h.path)
	if err != nil {
		return h
	}
	defer f.Close()
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadString('\n')
		h.Add(strings.TrimRight(line, "\r\n"))
		if err != nil {
			return h
		}
	}
}

// Add, Len and At implement term.History; At counts from the newest.
func (h *history) Add(line string) {
	if line == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	if len(h.lines) > maxHistory {
		h.lines = h.lines[1:]
	}
}

func (h *history) Len() int        { return len(h.lines) }
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }

func (h *history) close() {
	if h.path == "" || len(h.lines) == 0 {
		return
	}
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(h.path), ".history-*") // mode 0600
	if err != nil {
		return
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(strings.Join(h.lines, "\n") + "\n")
	if f.Close() == nil && err == nil {
		_ = os.Rename(f.Name(), h.path)
	}
}
