package tokenizer_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
	"os"
	"testing"

	"github.com/cria-llm/cria/tokenizer"
)

// readGGUFVocab reads the tokenizer keys of a trusted GGUF file, and nothing else of it.
func readGGUFVocab(t testing.TB, path string) tokenizer.GGUFVocab {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	num := func(size int) uint64 {
		var b [8]byte
		if _, err := io.ReadFull(r, b[:size]); err != nil {
			t.Fatal(err)
		}
		return binary.LittleEndian.Uint64(b[:])
	}
	str := func() string {
		b := make([]byte, num(8))
		if _, err := io.ReadFull(r, b); err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	size := map[uint64]int{0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
	v := tokenizer.GGUFVocab{BOS: -1, EOS: -1, UNK: -1}
	num(8) // magic, version
	num(8) // tensors
	for range num(8) {
		key := str()
		typ := num(4)
		var n uint64
		var s string
		var list []uint64
		var texts []string
		switch typ {
		case 8:
			s = str()
		case 9:
			elem := num(4)
			for range num(8) {
				if elem == 8 {
					texts = append(texts, str())
				} else {
					list = append(list, num(size[elem]))
				}
			}
		default:
			n = num(size[typ])
		}
		yes := n != 0
		switch key {
		case "general.architecture":
			v.Arch = s
		case "general.name":
			v.Name = s
		case "tokenizer.ggml.model":
			v.Model = s
		case "tokenizer.ggml.pre":
			v.Pre = s
		case "tokenizer.ggml.tokens":
			v.Tokens = texts
		case "tokenizer.ggml.merges":
			v.Merges = texts
		case "tokenizer.ggml.scores":
			for _, x := range list {
				v.Scores = append(v.Scores, math.Float32frombits(uint32(x)))
			}
		case "tokenizer.ggml.token_type":
			for _, x := range list {
				v.Types = append(v.Types, int32(x))
			}
		case "tokenizer.ggml.bos_token_id":
			v.BOS = int32(n)
		case "tokenizer.ggml.eos_token_id":
			v.EOS = int32(n)
		case "tokenizer.ggml.unknown_token_id":
			v.UNK = int32(n)
		case "tokenizer.ggml.add_bos_token":
			v.AddBOS = &yes
		case "tokenizer.ggml.add_eos_token":
			v.AddEOS = &yes
		case "tokenizer.ggml.remove_extra_whitespaces":
			v.RemoveExtraSpaces = &yes
		case "tokenizer.ggml.precompiled_charsmap":
			for _, x := range list {
				v.Charsmap = append(v.Charsmap, byte(x))
			}
		case "tokenizer.ggml.add_space_prefix":
			v.AddSpacePrefix = &yes
		}
	}
	return v
}
