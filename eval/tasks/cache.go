package tasks

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Measured is what a model made of an item.
type Measured struct {
	Losses  []float64 `json:"losses,omitempty"` // -log p in nats, of each choice, or of the word or document
	Greedy  bool      `json:"greedy,omitempty"` // the word is the model's own
	Said    string    `json:"said,omitempty"`
	TooLong bool      `json:"too_long,omitempty"` // for the model's positions: nothing was measured
}

// Cache is a file of what was measured, a line of JSON an item, that is only ever added to: a run that was ended in any way
// goes on where it was, and a task whose metrics were changed measures nothing again. An item is found by the model and the
// texts themselves. A line that was cut off is passed over.
type Cache struct {
	f       *os.File
	known   map[string]Measured
	pending bytes.Buffer
}

type cacheLine struct {
	Key string `json:"key"`
	Measured
}

const maxCacheLine = 1 << 20

// OpenCache reads what there is; of no path, it remembers only.
func OpenCache(path string) (*Cache, error) {
	c := &Cache{known: map[string]Measured{}}
	if path == "" {
		return c, nil
	}
	old, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		torn, err := c.read(old)
		if err := errors.Join(err, old.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if torn {
			c.pending.WriteByte('\n')
		}
	}
	c.f, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	return c, err
}

// read takes in lines, and says whether the last was cut off.
func (c *Cache) read(r io.Reader) (torn bool, err error) {
	in := bufio.NewReader(r)
	for {
		var line []byte
		for {
			part, err := in.ReadSlice('\n')
			if len(line) <= maxCacheLine {
				line = append(line, part...)
			}
			if errors.Is(err, io.EOF) {
				return len(line) > 0, nil
			}
			if err == nil {
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				return false, err
			}
		}
		var l cacheLine
		if json.Unmarshal(line, &l) == nil && l.Key != "" {
			c.known[l.Key] = l.Measured
		}
	}
}

func (c *Cache) put(key string, m Measured) error {
	c.known[key] = m
	if c.f == nil {
		return nil
	}
	line, err := json.Marshal(cacheLine{key, m})
	if err != nil {
		return err
	}
	c.pending.Write(append(line, '\n'))
	return nil
}

// flush brings what was put to the disk.
func (c *Cache) flush() error {
	if c.f == nil || c.pending.Len() == 0 {
		return nil
	}
	if _, err := c.f.Write(c.pending.Bytes()); err != nil {
		return err
	}
	c.pending.Reset()
	return c.f.Sync()
}

// Close brings everything to the disk.
func (c *Cache) Close() error {
	if c.f == nil {
		return nil
	}
	return errors.Join(c.flush(), c.f.Close())
}

// keyOf names what is asked of a model; a change of how it is measured needs another version.
func (s *Set) keyOf(model string, it Item) string {
	const version = 1
	h := sha256.New()
	fmt.Fprintf(h, "%d %s %s %d %q\n", version, s.Kind, model, s.Tokens, s.Until)
	asked := []string{s.Asked(it)}
	if s.Kind == Choice {
		asked = append(asked, it.Choices...)
	} else if s.Kind != Answer {
		asked = append(asked, it.Target)
	}
	for _, text := range asked {
		fmt.Fprintf(h, "%d %s\n", len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
