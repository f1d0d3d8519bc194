package tokenizer_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/tokenizer"
)

// load opens a folder, a tokenizer.json or a GGUF file.
func load(t testing.TB, path string) *tokenizer.Tokenizer {
	t.Helper()
	var tok *tokenizer.Tokenizer
	var err error
	if strings.HasSuffix(path, ".gguf") {
		tok, err = tokenizer.FromGGUF(readGGUFVocab(t, path))
	} else {
		tok, err = tokenizer.Open(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// Full-size vocabularies give the ids that llama.cpp gives.
func TestFullVocabulariesMatchLlamaCpp(t *testing.T) {
	dir := shared.Path(t, "golden", "public", "tokenizers")
	inputs, err := filepath.Glob(filepath.Join(dir, "*.inp"))
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no vectors in %s (%v)", dir, err)
	}
	for _, input := range inputs {
		name := strings.TrimSuffix(filepath.Base(input), ".inp")
		t.Run(name, func(t *testing.T) {
			tok := load(t, filepath.Join(dir, name))
			texts, want := vectors(t, filepath.Join(dir, name))
			for i, text := range texts {
				got := tok.EncodeText(text, true)
				if !slices.Equal(got, want[i]) {
					t.Errorf("text %d %q:\n got %v\nwant %v", i, text, got, want[i])
				}
				if back := tok.Decode(got); back != text && !strings.Contains(name, "20B") { // NFC changes text
					t.Errorf("text %d: Decode gives %q, want %q", i, back, text)
				}
			}
		})
	}
}

// vectors reads X.inp and X.out.
func vectors(t testing.TB, path string) (texts []string, ids [][]int32) {
	t.Helper()
	in, err := os.ReadFile(path + ".inp")
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.ReadFile(path + ".out")
	if err != nil {
		t.Fatal(err)
	}
	texts = strings.Split(string(in), "\n__ggml_vocab_test__\n")
	if texts[len(texts)-1] == "" {
		texts = texts[:len(texts)-1]
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(out), "\n"), "\n") {
		var row []int32
		for _, field := range strings.Fields(line) {
			id, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			row = append(row, int32(id))
		}
		ids = append(ids, row)
	}
	if len(texts) != len(ids) {
		t.Fatalf("%s: %d texts, %d lines of ids", path, len(texts), len(ids))
	}
	return texts, ids
}

// The small models of every family give the ids of the reference, from the folder and from the GGUF file alike.
func TestSmallModelsMatchReference(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared.Path(t, "golden", "public"), "*", "golden.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden.json (%v)", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var golden struct {
			Tokenize []struct {
				Text string  `json:"text"`
				IDs  []int32 `json:"ids"`
			} `json:"tokenize"`
		}
		if err := json.Unmarshal(data, &golden); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(file)
		models, _ := filepath.Glob(filepath.Join(dir, "*.gguf"))
		for _, model := range append(models, filepath.Join(dir, "hf")) {
			t.Run(filepath.Base(dir)+"/"+filepath.Base(model), func(t *testing.T) {
				tok := load(t, model)
				for _, c := range golden.Tokenize {
					got := withBOS(tok, tok.EncodeText(c.Text, true))
					if !slices.Equal(got, c.IDs) {
						t.Errorf("%q:\n got %v\nwant %v", c.Text, got, c.IDs)
					}
					if special := withBOS(tok, tok.EncodeSpecial(c.Text, true)); !slices.Equal(special, c.IDs) {
						t.Errorf("%q: EncodeSpecial gives %v", c.Text, special)
					}
					if back := tok.Decode(tok.EncodeText(c.Text, true)); back != c.Text {
						t.Errorf("Decode gives %q, want %q", back, c.Text)
					}
				}
			})
		}
	}
}

func withBOS(tok *tokenizer.Tokenizer, ids []int32) []int32 {
	if bos, ok := tok.BOS(); ok && tok.AddsBOS() {
		return append([]int32{bos}, ids...)
	}
	return ids
}

// A folder and the GGUF file made from it agree on prose of every kind.
func TestFolderAndGGUFAgree(t *testing.T) {
	for _, name := range []string{"stories260K", "stories3M"} {
		t.Run(name, func(t *testing.T) {
			folder := load(t, shared.Path(t, "data", "models", name))
			ggufs, _ := filepath.Glob(shared.Path(t, "data", "models") + "/" + name + "-*.gguf")
			for _, file := range ggufs {
				gguf := load(t, file)
				for _, text := range append(strings.SplitAfter(sampleText, "\n"), sampleText) {
					for _, first := range []bool{true, false} {
						a, b := folder.EncodeText(text, first), gguf.EncodeText(text, first)
						if !slices.Equal(a, b) {
							t.Fatalf("%s, %q, first=%v:\nfolder %v\n  gguf %v", filepath.Base(file), text, first, a, b)
						}
						if first && folder.Decode(a) != text {
							t.Errorf("Decode gives %q, want %q", folder.Decode(a), text)
						}
					}
				}
				// The space mark itself is read back as a space: SentencePiece cannot tell them apart.
				if text := "a ▁mark▁"; !slices.Equal(folder.EncodeText(text, true), gguf.EncodeText(text, true)) {
					t.Errorf("%s, %q: folder and GGUF differ", filepath.Base(file), text)
				}
			}
		})
	}
}

const sampleText = `Once upon a time, there was a little girl named Lily. She loved to play outside!
"Don't go," said   Tom.  	He'd 12345 cookies…
naïve café — 日本語 🙂 ok <s> </s> <unk> <0x0A>

	Indented	text  with   runs    of     spaces.
`
