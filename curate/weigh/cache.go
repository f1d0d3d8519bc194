package weigh

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"github.com/cria-llm/cria/curate"
)

// cache is a file of what was measured, a line of JSON for each value, that is only ever added to: a run that was ended in
// any way goes on where it was. A value is found by the text of its row, the definition of the score, and whom it asked, so
// rows may come, go and change their order. A line that was cut off is passed over.
type cache struct {
	f       *os.File // nil where nothing is kept
	values  map[cacheKey]float64
	vectors map[cacheKey][]float32
	pending bytes.Buffer
}

type cacheKey struct{ Row, Score string }

type cacheLine struct {
	Row    string   `json:"row"`
	Score  string   `json:"score"`
	Value  *float64 `json:"value,omitempty"`
	Vector string   `json:"vector,omitempty"` // float32, little-endian, in base64
}

// maxCacheLine is more than the vector of any model takes.
const maxCacheLine = 4 << 20

// openCache reads what there is; of no path, it remembers only.
func openCache(path string) (*cache, error) {
	c := &cache{values: map[cacheKey]float64{}, vectors: map[cacheKey][]float32{}}
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
func (c *cache) read(r io.Reader) (torn bool, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			return len(line) > 0, nil
		}
		if err != nil {
			return false, err
		}
		c.take(line)
	}
}

// readLine reads a line; of one that is longer than any that was written, only the beginning is kept. The error is io.EOF
// where the line does not end.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line) < maxCacheLine {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func (c *cache) take(line []byte) {
	var l cacheLine
	if json.Unmarshal(line, &l) != nil || l.Row == "" || l.Score == "" {
		return
	}
	key := cacheKey{l.Row, l.Score}
	if l.Value != nil {
		c.values[key] = *l.Value
	}
	if l.Vector != "" {
		if raw, err := base64.StdEncoding.DecodeString(l.Vector); err == nil && len(raw)%4 == 0 {
			v := make([]float32, len(raw)/4)
			for i := range v {
				v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			}
			c.vectors[key] = v
		}
	}
}

func (c *cache) put(key cacheKey, value float64) error {
	c.values[key] = value
	return c.add(cacheLine{Row: key.Row, Score: key.Score, Value: &value})
}

func (c *cache) putVector(key cacheKey, v []float32) error {
	c.vectors[key] = v
	var raw []byte
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return c.add(cacheLine{Row: key.Row, Score: key.Score, Vector: base64.StdEncoding.EncodeToString(raw)})
}

func (c *cache) add(l cacheLine) error {
	if c.f == nil {
		return nil
	}
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	c.pending.Write(append(text, '\n'))
	return nil
}

// flush brings what was put to the disk.
func (c *cache) flush() error {
	if c.f == nil || c.pending.Len() == 0 {
		return nil
	}
	if _, err := c.f.Write(c.pending.Bytes()); err != nil {
		return err
	}
	c.pending.Reset()
	return c.f.Sync()
}

func (c *cache) close() error {
	if c.f == nil {
		return nil
	}
	return errors.Join(c.flush(), c.f.Close())
}

// contentOf is a hash of what a row says: the roles and texts of its conversation, and nothing else of the row.
func contentOf(r *curate.Row) string {
	h := sha256.New()
	for _, t := range r.Record.Turns {
		fmt.Fprintf(h, "%s %t %d\n%s\n", t.Role, t.Input, len(t.Text), t.Text)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// identity names a definition and whom it asks, for the cache.
func identity(name string, version int, of ...string) string {
	h := sha256.New()
	for _, s := range of {
		fmt.Fprintf(h, "%d %s\n", len(s), s)
	}
	return fmt.Sprintf("%s@%d:%s", name, version, hex.EncodeToString(h.Sum(nil)[:8]))
}
