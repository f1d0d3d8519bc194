package openai

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cria-llm/cria/internal/filelock"
	"github.com/cria-llm/cria/internal/plainjson"
)

// Journal is a file of a model's answers, to which each is added before it counts. A line is a JSON object:
//
//	{"cria_journal":1}
//	{"intent":{"n":1,"id":"9f…","cost":1200,"prompt_tokens":90,"completion_tokens":64}}
//	{"answer":{"n":1,"id":"9f…","cost":310,"once":false,"response":{…}}}
//	{"free":2}
//
// The intent says, before the request is sent, the most that it can take, with costs in billionths of a dollar; the answer
// what it took; free that nothing was billed. An intent without either may have been billed. The last line may be torn, as
// after a crash. One process at a time has a journal open.
type Journal struct {
	path   string
	f      *os.File
	unlock func()

	mu      sync.Mutex
	flushed sync.Cond
	books
	answers map[string]place
	flying  map[string]chan struct{} // requests under way, by identity
	changed chan struct{}            // closed when less is held
	err     error                    // since when nothing can be written

	pending  []byte // lines to be written
	queued   int    // lines, ever
	written  int    // of them on disk
	flushing bool
	size     int64 // of the file
	end      int64 // of the file, once what is pending is written
}

// place is where the line of an answer stands in the file.
type place struct {
	at   int64
	size int
}

// line is a line of the file.
type line struct {
	Version int       `json:"cria_journal,omitempty"`
	Intent  *intent   `json:"intent,omitempty"`
	Answer  *answered `json:"answer,omitempty"`
	Free    int64     `json:"free,omitempty"`
}

// answered is an answer as it is kept.
type answered struct {
	N        int64    `json:"n"`
	ID       string   `json:"id"`
	Nano     int64    `json:"cost"`
	Once     bool     `json:"once"` // all requests of this identity were billed as this one
	Response Response `json:"response"`
}

const maxLine = 4 * maxAnswer // escapes and all

// OpenJournal opens the journal at a path, or begins one.
func OpenJournal(path string) (*Journal, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	unlock, err := filelock.Lock(ctx, path+".lock")
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%s is open in another process: let that one end, or stop it", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		unlock()
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &Journal{path: path, f: f, unlock: unlock, books: books{open: make(map[string][]intent)},
		answers: make(map[string]place), flying: make(map[string]chan struct{}), changed: make(chan struct{})}
	j.flushed.L = &j.mu
	if err := j.load(); err != nil {
		_ = f.Close()
		unlock()
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	return j, nil
}

// load reads what is there and takes a torn last line away. Only that one can be torn: a line is on disk before anything is
// written after it.
func (j *Journal) load() error {
	begun := make(map[int64]intent)
	r := bufio.NewReaderSize(j.f, 64<<10)
	for n := 1; ; n++ {
		text, err := readLine(r)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if len(text) == 0 {
			break
		}
		var l line
		bad := json.Unmarshal(text, &l)
		if bad == nil {
			bad = l.check(n)
		}
		if whole := text[len(text)-1] == '\n'; !whole || bad != nil && atEnd(r) {
			if n > 1 || strings.HasPrefix(header, string(text)) {
				break // torn; another program's file is left as it is
			}
		}
		if bad != nil {
			return fmt.Errorf("line %d is none of a journal: %w", n, bad)
		}
		j.take(l, begun, place{j.size, len(text)})
		j.size += int64(len(text))
	}
	for _, i := range begun {
		j.lose(i)
	}
	if err := j.f.Truncate(j.size); err != nil {
		return err
	}
	if j.end = j.size; j.size > 0 {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.commit(line{Version: 1})
}

const header = `{"cria_journal":1}`

// check says why a line cannot stand where it does.
func (l line) check(n int) error {
	switch {
	case (n == 1) != (l.Version != 0):
		return errors.New("want " + header + " on the first line, and nowhere else")
	case l.Version > 1:
		return fmt.Errorf("version %d was written by a newer cria: update", l.Version)
	case l.Version == 0 && l.Intent == nil && l.Answer == nil && l.Free == 0:
		return errors.New("want an intent, an answer or free")
	case l.Intent != nil && !amounts(l.Intent.ID, l.Intent.Nano, l.Intent.Prompt, l.Intent.Completion),
		l.Answer != nil && !amounts(l.Answer.ID, l.Answer.Nano, l.Answer.Response.Usage.PromptTokens, l.Answer.Response.Usage.CompletionTokens):
		return errors.New("no id, or an amount below 0 or of millions")
	}
	return nil
}

// amounts says whether what a line counts can be.
func amounts(id string, nano int64, tokens ...int) bool {
	return id != "" && nano >= 0 && nano <= 1e6*int64(Dollar) && slices.Min(tokens) >= 0 && slices.Max(tokens) <= maxTokens
}

// take counts a line that was read. begun are the intents whose end is not known yet.
func (j *Journal) take(l line, begun map[int64]intent, at place) {
	switch {
	case l.Intent != nil:
		begun[l.Intent.N] = *l.Intent
		j.last = max(j.last, l.Intent.N)
	case l.Answer != nil:
		i := begun[l.Answer.N]
		delete(begun, l.Answer.N)
		if l.Answer.Once {
			for n, other := range begun {
				if other.ID == l.Answer.ID {
					delete(begun, n)
				}
			}
		}
		j.earn(*l.Answer, i)
		j.answers[l.Answer.ID] = at
	case l.Free != 0:
		delete(begun, l.Free)
	}
}

// readLine reads a line with its end, or what there is of the last.
func readLine(r *bufio.Reader) ([]byte, error) {
	var text []byte
	for {
		part, err := r.ReadSlice('\n')
		text = append(text, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, err
		}
		if len(text) > maxLine {
			return nil, fmt.Errorf("longer than %d MiB", maxLine>>20)
		}
	}
}

func atEnd(r *bufio.Reader) bool {
	_, err := r.Peek(1)
	return err != nil
}

// Close writes what is pending and lets others open the journal.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.flush(j.queued)
	if j.err == nil {
		j.err = fmt.Errorf("journal %s: %w", j.path, os.ErrClosed)
		err = errors.Join(err, j.f.Close())
		j.unlock()
	}
	return err
}

// encode is a line as it is written.
func (l line) encode() ([]byte, error) {
	text, err := plainjson.Marshal(l)
	return append(text, '\n'), err
}

// queue adds a line to those to be written with the next flush.
func (j *Journal) queue(text []byte) place {
	at := place{j.end, len(text)}
	j.pending = append(j.pending, text...)
	j.end += int64(len(text))
	j.queued++
	return at
}

// commit ends when a line is on disk.
func (j *Journal) commit(l line) error {
	text, err := l.encode()
	if err != nil {
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	j.queue(text)
	return j.flush(j.queued)
}

// flush ends when so many lines are on disk. Lines that come while others are written wait and are written as one. It is
// called with the lock, and gives it up in between.
func (j *Journal) flush(n int) error {
	for j.written < n && j.err == nil {
		if j.flushing {
			j.flushed.Wait()
			continue
		}
		j.flushing = true
		lines, upTo, at := j.pending, j.queued, j.size
		j.pending = nil
		j.mu.Unlock()
		_, err := j.f.WriteAt(lines, at)
		if err == nil {
			err = j.f.Sync()
		}
		j.mu.Lock()
		j.flushing = false
		if err != nil {
			j.err = fmt.Errorf("journal %s: %w; nothing more is asked, as its answer could be lost", j.path, err)
		} else {
			j.written, j.size = upTo, at+int64(len(lines))
		}
		j.flushed.Broadcast()
	}
	if j.written < n {
		return j.err
	}
	return nil
}
