package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/internal/shared"
)

// file is a .safetensors file of that header and data.
func file(header, data string) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func TestMalformedFilesSayWhy(t *testing.T) {
	const f32x2 = `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`
	eight := strings.Repeat("x", 8)
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "has 0 bytes"},
		{"seven bytes", make([]byte, 7), "has 7 bytes"},
		{"pointer", []byte("version https://git-lfs.github.com/spec/v1\noid"), "Git LFS pointer"},
		{"huge header", append([]byte{0, 0, 0, 0, 0, 0, 0, 0x80}, eight...), "over the limit"},
		{"short header", file(f32x2, "")[:20], "42 bytes short"},
		{"no object", file(`[1]`, ""), "not a JSON object"},
		{"bad JSON", file(`{"a":`, ""), "header"},
		{"unclosed", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`, eight), "header"},
		{"more after the object", file(f32x2+`{}`, eight), "after the JSON object"},
		{"no UTF-8", file("{\"\xff\":1}", ""), "not UTF-8"},
		{"cut", file(f32x2, "xxxxx"), `tensor "a" ends at byte 70 but the file has 67: it is 3 bytes short (download it again)`},
		{"bytes left", file(f32x2, eight+"yy"), "2 bytes belong to no tensor"},
		{"pickle", append([]byte("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8"), eight...), "the file is a Python pickle, which runs code"},
		{"zip", append([]byte("PK\x03\x04\x00\x00\x08\x08\x00\x00"), eight...), "take the checkpoint's .safetensors files"},
		{"no dtype", file(`{"a":{"shape":[2],"data_offsets":[0,8]}}`, eight), "no dtype"},
		{"no shape", file(`{"a":{"dtype":"F32","data_offsets":[0,8]}}`, eight), "no shape"},
		{"no offsets", file(`{"a":{"dtype":"F32","shape":[2]}}`, eight), "data_offsets"},
		{"one offset", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}`, eight), "data_offsets"},
		{"negative shape", file(`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, eight), "negative"},
		{"fractional shape", file(`{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}`, eight), `tensor "a"`},
		{"endless shape", file(`{"a":{"dtype":"F32","shape":[`+strings.Repeat("0,", 600)+`2],"data_offsets":[0,8]}}`, eight), "a shape of"},
		{"overflowing shape", file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`, eight), "more than can be addressed"},
		{"shape and size", file(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}}`, eight), "takes 4"},
		{"backward offsets", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, eight), "not a range"},
		{"negative offsets", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}`, eight), "not a range"},
		{"far offsets", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775799,9223372036854775807]}}`, eight), "out of range"},
		{"hole", file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}`, "xxxxxx"), "belong to no tensor"},
		{"overlap", file(`{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}`, "xxxxxx"), `"a" and "b" overlap`},
		{"twice", file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}`, "xxxx"), `"a" occurs twice`},
		{"metadata", file(`{"__metadata__":{"a":1}}`, ""), "must map text to text"},
	} {
		_, err := safetensors.Parse(c.data)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestNoPrefixOfAFileIsAFile(t *testing.T) {
	whole := file(`{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"s":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}`, strings.Repeat("x", 16))
	if _, err := safetensors.Parse(whole); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := safetensors.Parse(whole[:n]); err == nil {
			t.Errorf("the first %d of %d bytes parse", n, len(whole))
		}
	}
}

func TestEmptyTensorsAndHeadersAreFine(t *testing.T) {
	f, err := safetensors.Parse(file(`{}   `, ""))
	if err != nil || len(f.Names()) != 0 {
		t.Errorf("empty header: %v, %v", f, err)
	}
	f, err = safetensors.Parse(file(`{"z":{"dtype":"F32","shape":[0,4],"data_offsets":[0,0]},"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}`, "\x01"))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Names(); !slices.Equal(got, []string{"a", "z"}) {
		t.Errorf("names %q", got)
	}
	if z, ok := f.Tensor("z"); !ok || len(z.Data) != 0 {
		t.Errorf("empty tensor: %v %v", z, ok)
	}
	if _, ok := f.Tensor("y"); ok {
		t.Error("a tensor that is not there was found")
	}
}

// A format that is newer than this program hinders only who wants that tensor.
func TestAnUnknownFormatLeavesTheOtherTensors(t *testing.T) {
	f, err := safetensors.Parse(file(`{"new":{"dtype":"F4","shape":[3],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`, "xyz"))
	if err != nil {
		t.Fatal(err)
	}
	if a, ok := f.Tensor("a"); !ok || string(a.Data) != "z" {
		t.Errorf("a: %v %v", a, ok)
	}
	w, ok := f.Tensor("new")
	if _, err := w.Size(); !ok || string(w.Data) != "xy" || err == nil || !strings.Contains(err.Error(), `unknown number format "F4"`) {
		t.Errorf("new: %v %v %v", w, ok, err)
	}
}

func TestPicklesAreRefusedWithTheReason(t *testing.T) {
	for _, name := range []string{"pytorch_model.bin", "pytorch_model.bin.index.json", "consolidated.00.pth", "model.pt"} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, name), []byte("PK"))
		for _, path := range []string{dir, filepath.Join(dir, name)} {
			if _, err := safetensors.Open(path); err == nil || !strings.Contains(err.Error(), name+" is a Python pickle, which runs code") {
				t.Errorf("%s: %v", path, err)
			}
		}
		put(t, filepath.Join(dir, "model.safetensors"), file(`{}`, ""))
		f, err := safetensors.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
}

func TestIndexIsHeldToItsFolder(t *testing.T) {
	one := file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, "xx")
	for _, c := range []struct{ name, index, want string }{
		{"good", `{"weight_map":{"a":"one.safetensors"}}`, ""},
		{"parent", `{"weight_map":{"a":"../one.safetensors"}}`, "not the name of"},
		{"below", `{"weight_map":{"a":"sub/one.safetensors"}}`, "not the name of"},
		{"backslash", `{"weight_map":{"a":"sub\\one.safetensors"}}`, "not the name of"},
		{"absolute", `{"weight_map":{"a":"/etc/one.safetensors"}}`, "not the name of"},
		{"drive", `{"weight_map":{"a":"c:one.safetensors"}}`, "not the name of"},
		{"other kind", `{"weight_map":{"a":"passwd"}}`, "not the name of"},
		{"number", `{"weight_map":{"a":1}}`, `tensor "a"`},
		{"missing shard", `{"weight_map":{"a":"two.safetensors"}}`, "shard two.safetensors is missing"},
		{"missing tensor", `{"weight_map":{"b":"one.safetensors"}}`, `tensor "b" is said to be in one.safetensors`},
		{"twice", `{"weight_map":{"a":"one.safetensors","a":"one.safetensors"}}`, "occurs twice"},
		{"no map", `{}`, "no weight_map"},
		{"empty map", `{"weight_map":{}}`, "names no tensor"},
		{"list", `{"weight_map":["a"]}`, "model.safetensors.index.json: weight_map: not a JSON object"},
		{"no JSON", `weights`, "model.safetensors.index.json"},
	} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, "one.safetensors"), one)
		put(t, filepath.Join(dir, "model.safetensors.index.json"), []byte(c.index))
		f, err := safetensors.Open(dir)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
		if err == nil {
			f.Close()
		}
	}
}

func TestOpenFindsTheCheckpointOfAFolder(t *testing.T) {
	one := file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, "xx")
	dir := t.TempDir()
	if _, err := safetensors.Open(dir); err == nil || !strings.Contains(err.Error(), "no model.safetensors") {
		t.Errorf("empty folder: %v", err)
	}
	put(t, filepath.Join(dir, "adapter_model.safetensors"), one)
	f, err := safetensors.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	put(t, filepath.Join(dir, "other.safetensors"), one)
	if _, err := safetensors.Open(dir); err == nil || !strings.Contains(err.Error(), "adapter_model.safetensors, other.safetensors") {
		t.Errorf("two candidates: %v", err)
	}
	put(t, filepath.Join(dir, "model.safetensors"), one)
	if f, err = safetensors.Open(dir); err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestRealCheckpointsRead(t *testing.T) {
	root := shared.Path(t)
	var paths []string
	for _, pattern := range []string{"golden/public/*/hf", "golden/public/*/adapter*", "data/models/stories*"} {
		found, _ := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		paths = append(paths, found...)
	}
	read := 0
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			continue
		}
		f, err := safetensors.Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, name := range f.Names() {
			w, _ := f.Tensor(name)
			if size, err := w.Size(); err != nil || size != len(w.Data) || size == 0 {
				t.Errorf("%s: %s: %d bytes, size %d, %v", path, name, len(w.Data), size, err)
			}
		}
		if f.Metadata()["format"] != "pt" {
			t.Errorf("%s: metadata %v", path, f.Metadata())
		}
		f.Close()
		read++
	}
	if read < 20 {
		t.Errorf("only %d checkpoints found", read)
	}
}

// The header of the golden files was made by the reference library's rules, so writing what was read must give
// the same bytes.
func TestRewritingGivesTheSameFile(t *testing.T) {
	paths, _ := filepath.Glob(shared.Path(t, "golden", "public") + "/*/hf/model.safetensors")
	if len(paths) < 8 {
		t.Fatalf("only %d files found", len(paths))
	}
	for _, path := range paths {
		f, err := safetensors.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		var tensors []safetensors.Tensor
		for _, name := range f.Names() {
			w, _ := f.Tensor(name)
			tensors = append(tensors, w)
		}
		out := filepath.Join(t.TempDir(), "model.safetensors")
		if err := safetensors.Write(out, tensors, f.Metadata()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(get(t, out), get(t, path)) {
			t.Errorf("%s: written again it differs", path)
		}
		f.Close()
	}
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
