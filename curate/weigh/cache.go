package weigh

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/internal/appendfile"
)

// cache is a file of what was measured, a line for each value: a run that was ended in any way goes on where it was. A value is found by the text of its row, the definition of the score, and whom it asked, so
// rows may come, go and change their order.
type cache struct {
	f       *appendfile.File // nil where nothing is kept
	values  map[cacheKey]float64
	vectors map[cacheKey][]float32
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
	var err error
	c.f, err = appendfile.Open(path, maxCacheLine, func(_ int, line []byte) error { c.take(line); return nil })
	return c, err
}

// take takes in a line; one that says nothing is passed over.
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
	return c.f.Put(cacheLine{Row: key.Row, Score: key.Score, Value: &value})
}

func (c *cache) putVector(key cacheKey, v []float32) error {
	c.vectors[key] = v
	var raw []byte
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return c.f.Put(cacheLine{Row: key.Row, Score: key.Score, Vector: base64.StdEncoding.EncodeToString(raw)})
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
