package parquet

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"
)

// maxRow bounds the text of a row.
const maxRow = 64 << 20

// Reader reads a file's rows, in order.
type Reader struct {
	file   io.ReaderAt
	footer *footer
	root   *node
	leaves []*node

	group   int   // the next row group
	left    int64 // rows of the one that is read
	columns []*column
	out     []byte

	held      int64  // bytes of all pages
	head, raw []byte // a page's header, and it as it is in the file
	zstd      *zstd.Decoder
}

// Open reads what the end of a file says. It reads no row yet.
func Open(file io.ReaderAt, size int64) (*Reader, error) {
	f, err := readFooter(file, size)
	if err != nil {
		return nil, err
	}
	r := &Reader{file: file, footer: f}
	if r.root, r.leaves, err = tree(f.schema); err != nil {
		return nil, err
	}
	for _, g := range f.groups {
		for i, c := range g.chunks {
			if c.physical != r.leaves[i].physical {
				return nil, fmt.Errorf("has column %q in another type than its schema", r.leaves[i].name)
			}
			if err := checkCodec(c.codec); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// Rows is how many the file has.
func (r *Reader) Rows() int64 { return r.footer.rows }

// Next is the next row, as the text of a JSON object, valid until it is called again. After the last it is io.EOF.
func (r *Reader) Next() ([]byte, error) {
	for r.left == 0 {
		for _, c := range r.columns {
			if err := c.over(); err != nil {
				return nil, c.wrap(err)
			}
		}
		if r.group == len(r.footer.groups) {
			return nil, io.EOF
		}
		r.enter(r.footer.groups[r.group])
		r.group++
	}
	r.left--
	r.out = r.out[:0]
	if err := r.object(r.root); err != nil {
		return nil, err
	}
	// A row is over where each column begins anew.
	for _, c := range r.columns {
		rep, _, ok, err := c.peekLast(r.left == 0)
		if err != nil {
			return nil, c.wrap(err)
		}
		if ok && rep != 0 {
			return nil, c.wrap(errors.New("it goes on where the row ends"))
		}
	}
	return r.out, nil
}

// peekLast is peek, but no further than it must after a group's last row.
func (c *column) peekLast(last bool) (rep, def int, ok bool, err error) {
	if last && c.values == 0 && !c.peeked {
		return 0, 0, false, nil
	}
	return c.peek()
}

// over checks that a chunk has no value after the last row.
func (c *column) over() error {
	if c.peeked || c.values > 0 {
		return errors.New("it has values after the last row")
	}
	return nil
}

// enter goes on to a row group. Buffers are used again.
func (r *Reader) enter(g group) {
	r.left = g.rows
	next := make([]*column, len(g.chunks))
	for i, c := range g.chunks {
		next[i] = &column{r: r, leaf: r.leaves[i], chunk: c, at: c.start}
		if r.columns != nil {
			next[i].page, next[i].dict = r.columns[i].page[:0], r.columns[i].dict[:0]
		}
	}
	r.columns = next
}

func (c *column) wrap(err error) error { return fmt.Errorf("column %q: %w", c.leaf.name, err) }

// object writes a group: the values of its fields by their names.
func (r *Reader) object(n *node) error {
	r.out = append(r.out, '{')
	for i, child := range n.children {
		if i > 0 {
			r.out = append(r.out, ", "...)
		}
		r.out = append(r.out, child.label...)
		if err := r.field(child); err != nil {
			return err
		}
	}
	r.out = append(r.out, '}')
	return nil
}

// level is the definition level of the first column below a node, which says whether it is there.
func (r *Reader) level(n *node) (int, error) {
	c := r.columns[n.leaves[0]]
	_, def, ok, err := c.peek()
	if err == nil && !ok {
		err = errors.New("it ends before the last row")
	}
	if err != nil {
		err = c.wrap(err)
	}
	return def, err
}

// field writes a field, whatever its repetition.
func (r *Reader) field(n *node) error {
	if len(r.out) > maxRow {
		return fmt.Errorf("a row is longer than %d MiB", maxRow>>20)
	}
	if n.repeat == repeated {
		return r.many(n, func() error { return r.content(n) })
	}
	if n.repeat == optional {
		def, err := r.level(n)
		if err != nil {
			return err
		}
		if def < n.maxDef {
			r.out = append(r.out, "null"...)
			return r.pass(n)
		}
	}
	return r.content(n)
}

// content writes what a field holds that is there.
func (r *Reader) content(n *node) error {
	if n.leaf() {
		return r.value(n)
	}
	if between, element := n.elements(); between != nil {
		return r.many(between, func() error {
			if element == between {
				return r.content(between)
			}
			return r.field(element)
		})
	}
	if between, key, val := n.entries(); between != nil {
		at := len(r.out)
		err := r.many(between, func() error {
			if err := r.value(key); err != nil {
				return err
			}
			r.out = append(r.out, ": "...)
			return r.field(val)
		})
		if err != nil {
			return err
		}
		r.out[at], r.out[len(r.out)-1] = '{', '}'
		return nil
	}
	return r.object(n)
}

// many writes the elements of a repeated field as a list.
func (r *Reader) many(n *node, element func() error) error {
	r.out = append(r.out, '[')
	def, err := r.level(n)
	if err != nil {
		return err
	}
	if def < n.maxDef {
		r.out = append(r.out, ']')
		return r.pass(n)
	}
	for i := 0; ; i++ {
		if i > 0 {
			r.out = append(r.out, ", "...)
		}
		if len(r.out) > maxRow {
			return fmt.Errorf("a row is longer than %d MiB", maxRow>>20)
		}
		if err := element(); err != nil {
			return err
		}
		c := r.columns[n.leaves[0]]
		rep, _, ok, err := c.peek()
		if err != nil {
			return c.wrap(err)
		}
		if !ok || rep < n.maxRep {
			break
		}
		if rep > n.maxRep {
			return c.wrap(errors.New("its lists do not end together"))
		}
	}
	r.out = append(r.out, ']')
	return nil
}

// pass takes the mark of what is not there off all columns below a node.
func (r *Reader) pass(n *node) error {
	for _, leaf := range n.leaves {
		c := r.columns[leaf]
		_, def, ok, err := c.peek()
		switch {
		case err != nil:
			return c.wrap(err)
		case !ok:
			return c.wrap(errors.New("it ends before the last row"))
		case def >= n.maxDef:
			return c.wrap(errors.New("it has a value where another column of its group has none"))
		}
		c.peeked = false
	}
	return nil
}

// value writes the value of a leaf.
func (r *Reader) value(n *node) error {
	c := r.columns[n.leaves[0]]
	_, def, ok, err := c.peek()
	switch {
	case err != nil:
		return c.wrap(err)
	case !ok:
		return c.wrap(errors.New("it ends before the last row"))
	case def != n.maxDef:
		return c.wrap(errors.New("it has no value where another column of its group has one"))
	}
	c.peeked = false
	v, err := c.vals.next()
	if err != nil {
		return c.wrap(err)
	}
	if len(r.out)+len(v.bytes) > maxRow {
		return fmt.Errorf("a row is longer than %d MiB", maxRow>>20)
	}
	r.write(n, v)
	return nil
}

// write writes a value as JSON has it.
func (r *Reader) write(n *node, v value) {
	switch n.physical {
	case typeBool:
		r.out = strconv.AppendBool(r.out, v.n != 0)
	case typeInt32, typeInt64:
		r.whole(n, v.n)
	case typeFloat:
		r.float(v.x, 32)
	case typeDouble:
		r.float(v.x, 64)
	case typeInt96: // nanoseconds of a day, and the day since 4713 BC
		day := int64(binary.LittleEndian.Uint32(v.bytes[8:]))
		r.time(time.Unix((day-2440588)*86400, int64(binary.LittleEndian.Uint64(v.bytes)%(1<<62))).UTC())
	default:
		switch {
		case n.as == asText:
			r.out = appendText(r.out, v.bytes)
		case n.as == asDecimal && len(v.bytes) <= 64:
			r.decimal(ofTwos(v.bytes), n.scale)
		case n.as == asUUID && len(v.bytes) == 16:
			r.out = fmt.Appendf(r.out, `"%x-%x-%x-%x-%x"`, v.bytes[:4], v.bytes[4:6], v.bytes[6:8], v.bytes[8:10], v.bytes[10:])
		default:
			r.out = append(r.out, '"')
			r.out = base64.StdEncoding.AppendEncode(r.out, v.bytes)
			r.out = append(r.out, '"')
		}
	}
}

func (r *Reader) whole(n *node, x int64) {
	switch n.as {
	case asDecimal:
		r.decimal(big.NewInt(x), n.scale)
	case asDate:
		r.out = time.Unix(x*86400, 0).UTC().AppendFormat(r.out, `"2006-01-02"`)
	case asTimestamp:
		unit := int64(math.Pow10(n.scale))
		s, rest := x/unit, x%unit
		r.time(time.Unix(s, rest*(1e9/unit)).UTC())
	case asUnsigned:
		if n.physical == typeInt32 {
			x = int64(uint32(x))
		}
		r.out = strconv.AppendUint(r.out, uint64(x), 10)
	default:
		r.out = strconv.AppendInt(r.out, x, 10)
	}
}

func (r *Reader) time(t time.Time) { r.out = t.AppendFormat(r.out, `"2006-01-02T15:04:05.999999999Z"`) }

func (r *Reader) float(x float64, bits int) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		r.out = fmt.Appendf(r.out, `"%v"`, x)
		return
	}
	r.out = strconv.AppendFloat(r.out, x, 'g', -1, bits)
}

// ofTwos reads a number in two's complement, the highest byte first.
func ofTwos(b []byte) *big.Int {
	x := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		x.Sub(x, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return x
}

func (r *Reader) decimal(x *big.Int, scale int) {
	digits := new(big.Int).Abs(x).String()
	for len(digits) <= scale {
		digits = "0" + digits
	}
	if x.Sign() < 0 {
		r.out = append(r.out, '-')
	}
	r.out = append(r.out, digits[:len(digits)-scale]...)
	if scale > 0 {
		r.out = append(append(r.out, '.'), digits[len(digits)-scale:]...)
	}
}

// appendText writes a string. Bytes that are not UTF-8 stay as they are, for who reads it to find.
func appendText(out, b []byte) []byte {
	out = append(out, '"')
	from := 0
	for i, c := range b {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, b[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\n':
			out = append(out, `\n`...)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return append(append(out, b[from:]...), '"')
}
