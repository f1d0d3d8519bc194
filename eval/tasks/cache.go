package tasks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cria-llm/cria/internal/appendfile"
)

// Measured is what a model made of an item.
type Measured struct {
	Losses  []float64 `json:"losses,omitempty"` // -log p in nats, of each choice, or of the word or document
	Greedy  bool      `json:"greedy,omitempty"` // the word is the model's own
	Said    string    `json:"said,omitempty"`
	Cut     bool      `json:"cut,omitempty"`      // what was said ends where it had to, at the longest answer or the last position
	Worth   *float64  `json:"worth,omitempty"`    // of what was said, by a judge: kept under a key of its own
	TooLong bool      `json:"too_long,omitempty"` // for the model's positions: nothing was measured
	// Unjudged is why a judge came to no verdict.
	Unjudged string `json:"-"`
}

// Cache is a file of what was measured, a line an item: a run that was ended in any way goes on where it was, and a task whose
// metrics were changed measures nothing again. An item is found by the model and the texts themselves.
type Cache struct {
	f     *appendfile.File // nil where nothing is kept
	known map[string]Measured
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
	var err error
	c.f, err = appendfile.Open(path, maxCacheLine, func(_ int, line []byte) error {
		var l cacheLine
		if json.Unmarshal(line, &l) == nil && l.Key != "" { // what says nothing is passed over
			c.known[l.Key] = l.Measured
		}
		return nil
	})
	return c, err
}

func (c *Cache) put(key string, m Measured) error {
	c.known[key] = m
	return c.f.Soon(cacheLine{key, m}, time.Second)
}

// Close brings everything to the disk.
func (c *Cache) Close() error { return c.f.Close() }

// keyOf names what is asked of a model; a change of how it is measured needs another version.
func (s *Set) keyOf(model string, it Item) string {
	const version = 1
	asked := []string{s.Asked(it)}
	if s.Kind == Choice {
		asked = append(asked, it.Choices...)
		if it.Continuation != "" {
			asked = append(asked, "continuation", it.Continuation)
		}
	} else if s.Kind != Answer {
		asked = append(asked, it.Target)
	}
	return hashed(fmt.Sprintf("%d %s %s %d %q", version, s.Kind, model, s.Tokens, s.Until), asked...)
}

// hashed is a key of texts.
func hashed(what string, texts ...string) string {
	h := sha256.New()
	fmt.Fprintln(h, what)
	for _, text := range texts {
		fmt.Fprintf(h, "%d %s\n", len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
