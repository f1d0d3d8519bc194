package gguf_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cria-llm/cria/format/gguf"
)

// image builds a GGUF file by hand, piece by piece, right or wrong.
type image []byte

func (b image) u8(v ...byte) image                { return append(b, v...) }
func (b image) u32(v uint32) image                { return binary.LittleEndian.AppendUint32(b, v) }
func (b image) u64(v uint64) image                { return binary.LittleEndian.AppendUint64(b, v) }
func (b image) str(s string) image                { return append(b.u64(uint64(len(s))), s...) }
func (b image) zeros(n int) image                 { return append(b, make([]byte, n)...) }
func (b image) padTo(n int) image                 { return b.zeros((n - len(b)%n) % n) }
func (b image) kv(k string, kind gguf.Kind) image { return b.str(k).u32(uint32(kind)) }

func head(version uint32, tensors, entries uint64) image {
	return image("GGUF").u32(version).u64(tensors).u64(entries)
}

// tensor describes a tensor of those lengths, innermost first as in the file.
func (b image) tensor(name string, t gguf.Type, offset uint64, dims ...uint64) image {
	b = b.str(name).u32(uint32(len(dims)))
	for _, d := range dims {
		b = b.u64(d)
	}
	return b.u32(uint32(t)).u64(offset)
}

// small is a good file with every kind of entry.
func small() image {
	b := head(3, 2, 6)
	b = b.kv("general.architecture", gguf.KindString).str("llama")
	b = b.kv("n", gguf.KindUint32).u32(7)
	b = b.kv("yes", gguf.KindBool).u8(1)
	b = b.kv("words", gguf.KindArray).u32(uint32(gguf.KindString)).u64(2).str("one").str("")
	b = b.kv("numbers", gguf.KindArray).u32(uint32(gguf.KindInt16)).u64(2).u8(1, 0, 255, 255)
	b = b.kv("nested", gguf.KindArray).u32(uint32(gguf.KindArray)).u64(2).
		u32(uint32(gguf.KindUint8)).u64(1).u8(9).
		u32(uint32(gguf.KindString)).u64(1).str("deep")
	b = b.tensor("a", gguf.F32, 0, 2, 3)
	b = b.tensor("b", gguf.Q8_0, 32, 32)
	return b.padTo(32).zeros(32).zeros(34)
}

func TestSmallFileReads(t *testing.T) {
	f, err := gguf.Parse(small())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"general.architecture", "n", "yes", "words", "numbers", "nested"}, f.Keys()); diff != "" {
		t.Error(diff)
	}
	if s, ok := f.String("general.architecture"); !ok || s != "llama" {
		t.Errorf("string %q %v", s, ok)
	}
	if n, ok := f.Uint("n"); !ok || n != 7 {
		t.Errorf("uint %d %v", n, ok)
	}
	if b, ok := f.Bool("yes"); !ok || !b {
		t.Errorf("bool %v %v", b, ok)
	}
	if s, ok := f.Strings("words"); !ok || !cmp.Equal(s, []string{"one", ""}) {
		t.Errorf("strings %q %v", s, ok)
	}
	if n, ok := f.Ints("numbers"); !ok || !cmp.Equal(n, []int64{1, -1}) {
		t.Errorf("ints %v %v", n, ok)
	}
	if x, ok := f.Floats("numbers"); !ok || !cmp.Equal(x, []float64{1, -1}) {
		t.Errorf("floats %v %v", x, ok)
	}
	if v, ok := f.Value("nested"); !ok || v.String() != `2 array [1 uint8 [9] 1 string ["deep"]]` {
		t.Errorf("nested %v %v", v, ok)
	}
	a, ok := f.Tensor("a")
	if !ok || a.Type != gguf.F32 || !cmp.Equal(a.Shape, []int{3, 2}) || len(a.Data) != 24 {
		t.Errorf("a: %+v %v", a, ok)
	}
	if b := f.Tensors()[1]; b.Name != "b" || len(b.Data) != 34 {
		t.Errorf("b: %+v", b)
	}
	if f.Version() != 3 || f.Alignment() != 32 {
		t.Errorf("version %d, alignment %d", f.Version(), f.Alignment())
	}
}

func TestGettersSayWhatIsWrong(t *testing.T) {
	f, err := gguf.Parse(small())
	if err != nil {
		t.Fatal(err)
	}
	check := func(err error, want string) {
		t.Helper()
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	_, err = gguf.Need[uint64](f, "absent")
	check(err, "metadata has no absent")
	_, err = gguf.Need[uint64](f, "general.architecture")
	check(err, `metadata general.architecture must be a non-negative integer, not string "llama"`)
	_, err = gguf.Need[string](f, "n")
	check(err, "metadata n must be a string, not uint32 7")
	_, err = gguf.Need[[]uint64](f, "numbers")
	check(err, "metadata numbers must be an array of non-negative integers, not an array of 2 int16")
	_, err = gguf.Need[[]string](f, "numbers")
	check(err, "metadata numbers must be an array of strings, not an array of 2 int16")
	_, err = gguf.Need[[]float64](f, "words")
	check(err, "metadata words must be an array of numbers, not an array of 2 string")
	_, err = gguf.Need[bool](f, "n")
	check(err, "metadata n must be a bool, not uint32 7")
	_, err = gguf.Need[float64](f, "yes")
	check(err, "metadata yes must be a number, not bool true")
	if _, ok, err := gguf.Lookup[int64](f, "absent"); ok || err != nil {
		t.Errorf("absent: %v %v", ok, err)
	}
	if _, ok := f.Int("yes"); ok {
		t.Error("a bool was read as an integer")
	}
}

func TestIntegersOfAnyWidthAreRead(t *testing.T) {
	for _, v := range []gguf.Value{
		gguf.Of(uint8(5)), gguf.Of(int8(5)), gguf.Of(uint16(5)), gguf.Of(int16(5)), gguf.Of(uint32(5)),
		gguf.Of(int32(5)), gguf.Of(uint64(5)), gguf.Of(int64(5)),
	} {
		u, err1 := gguf.As[uint64](v)
		i, err2 := gguf.As[int64](v)
		x, err3 := gguf.As[float64](v)
		if err1 != nil || err2 != nil || err3 != nil || u != 5 || i != 5 || x != 5 {
			t.Errorf("%v %v: %d %d %g, %v %v %v", v.Kind(), v, u, i, x, err1, err2, err3)
		}
	}
	if x, err := gguf.As[float64](gguf.Of(float32(0.5))); err != nil || x != 0.5 {
		t.Errorf("float32: %g %v", x, err)
	}
	for _, v := range []gguf.Value{gguf.Of(int8(-1)), gguf.Of(float32(1)), gguf.Of("1"), gguf.Of(true), {}} {
		if u, err := gguf.As[uint64](v); err == nil {
			t.Errorf("%v was read as %d", v, u)
		}
	}
	if _, err := gguf.As[int64](gguf.Of(uint64(math.MaxUint64))); err == nil {
		t.Error("2^64-1 was read as int64")
	}
}

func TestNoPrefixOfAFileIsAFile(t *testing.T) {
	whole := small()
	for n := range whole {
		if _, err := gguf.Parse(whole[:n:n]); err == nil {
			t.Errorf("the first %d of %d bytes parse", n, len(whole))
		}
	}
}

func TestMalformedFilesSayWhy(t *testing.T) {
	const huge = 1 << 60
	array := func(kind gguf.Kind, n uint64) image {
		return head(3, 0, 1).kv("k", gguf.KindArray).u32(uint32(kind)).u64(n)
	}
	deep := head(3, 0, 1).kv("k", gguf.KindArray)
	for range 6 {
		deep = deep.u32(uint32(gguf.KindArray)).u64(1)
	}
	for _, c := range []struct {
		name string
		data image
		want string
	}{
		{"empty", nil, "no GGUF file"},
		{"other magic", image("GGML").zeros(40), "no GGUF file"},
		{"pointer", image("version https://git-lfs.github.com/spec/v1"), "Git LFS pointer"},
		{"version 1", head(1, 0, 0), "version 1 is too old"},
		{"version 4", head(4, 0, 0), "version 4 is unknown"},
		{"big-endian", image("GGUF").u8(0, 0, 0, 3).zeros(16), "big-endian"},
		{"tensors", head(3, huge, 0), "tensor count: 1152921504606846976 is more than"},
		{"entries", head(3, 0, huge), "metadata count: 1152921504606846976 is more than"},
		{"key length", head(3, 0, 1).u64(huge).zeros(20), "metadata key 1 of 1: the file ends"},
		{"long key", head(3, 0, 1).str(strings.Repeat("k", 70000)).u32(4).u32(1), "has 70000 bytes, more than 65535"},
		{"string length", head(3, 0, 1).kv("k", gguf.KindString).u64(math.MaxUint64), `metadata "k": the file ends`},
		{"kind", head(3, 0, 1).kv("k", 13).u64(1), `metadata "k": unknown kind 13 of value`},
		{"element kind", array(99, 1).u64(0), "array of unknown kind 99"},
		{"array", array(gguf.KindUint64, huge), `metadata "k": array of uint64: count: 1152921504606846976 is more than`},
		{"array of strings", array(gguf.KindString, 2).str("a").u64(huge), "string 2 of 2"},
		{"bool", head(3, 0, 1).kv("k", gguf.KindBool).u8(2), "a bool is 2"},
		{"deep", deep.zeros(12), "more than 4 deep"},
		{"key twice", head(3, 0, 2).kv("k", gguf.KindUint8).u8(1).kv("k", gguf.KindUint8).u8(1), `"k" occurs twice`},
		{"alignment", head(3, 0, 1).kv("general.alignment", gguf.KindUint32).u32(24), "must be a power of two"},
		{"alignment 0", head(3, 0, 1).kv("general.alignment", gguf.KindUint32).u32(0), "must be a power of two"},
		{"large alignment", head(3, 0, 1).kv("general.alignment", gguf.KindUint32).u32(1 << 31), "must be a power of two"},
		{"alignment in text", head(3, 0, 1).kv("general.alignment", gguf.KindString).str("32"), "general.alignment must be"},
		{"dimensions", head(3, 1, 0).tensor("t", gguf.F32, 0, 1, 1, 1, 1, 1), `tensor "t": 5 dimensions`},
		{"absurd dimensions", head(3, 1, 0).str("t").u32(math.MaxUint32).zeros(16), "4294967295 dimensions"},
		{"length", head(3, 1, 0).tensor("t", gguf.F32, 0, math.MaxUint64), "more than can be addressed"},
		{"overflow", head(3, 1, 0).tensor("t", gguf.F32, 0, 1<<40, 1<<40), "more than can be addressed"},
		{"overflow beside zero", head(3, 1, 0).tensor("t", gguf.F32, 0, 1<<40, 1<<40, 0), "more than can be addressed"},
		{"bytes overflow", head(3, 1, 0).tensor("t", gguf.F64, 0, 1<<61), "more than can be addressed"},
		{"type", head(3, 1, 0).tensor("t", 77, 0, 1), `tensor "t": unknown type 77`},
		{"old type", head(3, 1, 0).tensor("t", 31, 0, 1), `tensor "t": type 31 (Q4_0_4_4) is no longer part`},
		{"block", head(3, 1, 0).tensor("t", gguf.Q8_0, 0, 33), "rows of 33 do not fit Q8_0, whose blocks hold 32"},
		{"offset", head(3, 1, 0).tensor("t", gguf.F32, 4, 1).zeros(64), "offset 4 is no multiple of the alignment 32"},
		{"far offset", head(3, 1, 0).tensor("t", gguf.F32, math.MaxUint64-31, 1).zeros(64), "out of range"},
		{"beyond", head(3, 1, 0).tensor("t", gguf.F32, 1<<62, 1).zeros(64), "bytes short (download it again)"},
		{"cut", head(3, 1, 0).tensor("t", gguf.F32, 0, 4).padTo(32).zeros(10), `tensor "t" ends at byte 80 but the file has 74: it is 6 bytes short (download it again)`},
		{"name twice", head(3, 2, 0).tensor("t", gguf.F32, 0, 1).tensor("t", gguf.F32, 32, 1).padTo(32).zeros(64), `tensor "t" occurs twice`},
		{"overlap", head(3, 2, 0).tensor("t", gguf.F32, 0, 9).tensor("u", gguf.F32, 32, 1).padTo(32).zeros(64), `tensors "t" and "u" overlap`},
		{"same place", head(3, 2, 0).tensor("t", gguf.F32, 0, 1).tensor("u", gguf.F32, 0, 1).padTo(32).zeros(64), "overlap"},
	} {
		_, err := gguf.Parse(c.data)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestVersion2AndOtherAlignmentsAreRead(t *testing.T) {
	b := head(2, 2, 1).kv("general.alignment", gguf.KindUint32).u32(8)
	b = b.tensor("late", gguf.F32, 8, 1).tensor("early", gguf.I8, 0, 5).padTo(8).zeros(12)
	f, err := gguf.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if f.Version() != 2 || f.Alignment() != 8 {
		t.Errorf("version %d, alignment %d", f.Version(), f.Alignment())
	}
	if late, _ := f.Tensor("late"); len(late.Data) != 4 {
		t.Errorf("late: %+v", late)
	}
}

func TestEmptyTensorsAndVocabulariesAreFine(t *testing.T) {
	f, err := gguf.Parse(head(3, 0, 1).kv("k", gguf.KindUint8).u8(1)) // no padding after the metadata
	if err != nil || len(f.Tensors()) != 0 {
		t.Errorf("vocabulary: %v", err)
	}
	f, err = gguf.Parse(head(3, 2, 0).tensor("none", gguf.F32, 0, 0, 4).tensor("one", gguf.F32, 0).padTo(32).zeros(4))
	if err != nil {
		t.Fatal(err)
	}
	if one, _ := f.Tensor("one"); len(one.Data) != 4 || len(one.Shape) != 0 {
		t.Errorf("one: %+v", one)
	}
}

// A vocabulary of a current model must not be felt at start.
func TestLargeVocabularyReadsFast(t *testing.T) {
	const n = 150_000
	b := head(3, 0, 1).kv("tokens", gguf.KindArray).u32(uint32(gguf.KindString)).u64(n)
	for i := range n {
		b = b.str(fmt.Sprintf("token%d", i))
	}
	start := time.Now()
	f, err := gguf.Parse(b)
	took := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := f.Strings("tokens"); !ok || len(s) != n || s[n-1] != "token149999" {
		t.Errorf("%d strings, %v", len(s), ok)
	}
	allocs := testing.AllocsPerRun(1, func() {
		if _, err := gguf.Parse(b); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 50 {
		t.Errorf("%g allocations", allocs)
	}
	if took > time.Second {
		t.Errorf("took %v", took)
	}
}

func TestStringsOutliveTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.gguf")
	words := []string{"one", "two"}
	if err := gguf.Write(path, []gguf.KV{{Key: "words", Value: gguf.ArrayOf(words)}}, nil); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := f.Strings("words")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(words, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small()))
	f.Add([]byte(small()[:100]))
	f.Add([]byte(head(2, 2, 1).kv("general.alignment", gguf.KindUint32).u32(8).
		tensor("late", gguf.F32, 8, 1).tensor("early", gguf.I8, 0, 5).padTo(8).zeros(12)))
	f.Add([]byte(head(3, 1, 0).tensor("t", gguf.Q6_K, 0, 256, 2).padTo(32).zeros(420)))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := gguf.Parse(data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		for _, kv := range got.Metadata() {
			_ = kv.Value.String()
		}
		for _, w := range got.Tensors() {
			if size, err := w.Size(); err != nil || size != len(w.Data) {
				t.Fatalf("%q: %d bytes, size %d, %v", w.Name, len(w.Data), size, err)
			}
			if len(w.Name) > 63 || w.Name == "" {
				return // read, but not written
			}
		}
		for _, k := range got.Keys() {
			if k == "" {
				return
			}
		}
		// What parses can be written, and reads back as the same.
		path := filepath.Join(t.TempDir(), "w.gguf")
		if err := gguf.Write(path, got.Metadata(), got.Tensors()); err != nil {
			t.Fatal(err)
		}
		again, err := gguf.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		sameContent(t, got, again)
	})
}
