package tokenizer_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/tokenizer"
)

// folders is every tokenizer.json of the reference data, with texts to try it on.
func folders(t *testing.T) (paths []string, texts []string) {
	golden := shared.Path(t, "golden", "public")
	for _, pattern := range []string{"*/hf", "tokenizers/*.json", "../../data/models/*"} {
		found, err := filepath.Glob(filepath.Join(golden, pattern))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	paths = slices.DeleteFunc(paths, func(p string) bool {
		info, err := os.Stat(p)
		return err != nil || !info.IsDir() && !strings.HasSuffix(p, ".json")
	})
	texts, _ = vectors(t, filepath.Join(golden, "tokenizers", "ggml-vocab-gpt-2.gguf"))
	return paths, append(texts, sampleText, "<|im_start|>user\nhi<|im_end|> <s>a</s>", "   lead  and trail  ")
}

// A tokenizer.json turned into a GGUF vocabulary makes the same ids.
func TestGGUFMakesTheSameIDs(t *testing.T) {
	paths, texts := folders(t)
	for _, path := range paths {
		t.Run(filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path), func(t *testing.T) {
			tok := load(t, path)
			v, err := tok.GGUF(tok.VocabSize() + 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Tokens) != tok.VocabSize()+3 {
				t.Errorf("%d tokens, want %d", len(v.Tokens), tok.VocabSize()+3)
			}
			back, err := tokenizer.FromGGUF(v)
			if err != nil {
				t.Fatal(err)
			}
			same(t, tok, back, texts)
		})
	}
}

// A GGUF vocabulary turned into tokenizer.json and tokenizer_config.json makes the same ids.
func TestFilesMakeTheSameIDs(t *testing.T) {
	golden := shared.Path(t, "golden", "public")
	_, texts := folders(t)
	small, err := filepath.Glob(filepath.Join(golden, "*", "model-f32.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	full, err := filepath.Glob(filepath.Join(golden, "tokenizers", "*.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(small, full...) {
		t.Run(filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path), func(t *testing.T) {
			v := readGGUFVocab(t, path)
			tok, err := tokenizer.FromGGUF(v)
			if err != nil {
				t.Fatal(err)
			}
			main, config, err := v.Files()
			if err != nil {
				t.Fatal(err)
			}
			back, err := tokenizer.Parse(main, config)
			if err != nil {
				t.Fatal(err)
			}
			same(t, tok, back, texts)
		})
	}
}

// same holds two tokenizers together on texts.
func same(t *testing.T, a, b *tokenizer.Tokenizer, texts []string) {
	t.Helper()
	for _, text := range texts {
		for _, first := range []bool{true, false} {
			if x, y := a.EncodeText(text, first), b.EncodeText(text, first); !slices.Equal(x, y) {
				t.Fatalf("EncodeText(%q, %t):\n%v\n%v", text, first, x, y)
			}
		}
		x, y := a.EncodeSpecial(text, true), b.EncodeSpecial(text, true)
		if !slices.Equal(x, y) {
			t.Fatalf("EncodeSpecial(%q):\n%v\n%v", text, x, y)
		}
		if a.Decode(x) != b.Decode(y) {
			t.Fatalf("Decode gives %q and %q", a.Decode(x), b.Decode(y))
		}
	}
	aBOS, _ := a.BOS()
	bBOS, _ := b.BOS()
	aEOS, _ := a.EOS()
	bEOS, _ := b.EOS()
	if aBOS != bBOS || aEOS != bEOS || a.AddsBOS() != b.AddsBOS() || a.AddsEOS() != b.AddsEOS() {
		t.Errorf("BOS %d %d, EOS %d %d, adds %t %t, %t %t", aBOS, bBOS, aEOS, bEOS, a.AddsBOS(), b.AddsBOS(), a.AddsEOS(), b.AddsEOS())
	}
}

// Every pre-tokenizer with a name keeps it on the way to tokenizer.json and back.
func TestPreTokenizersKeepTheirNames(t *testing.T) {
	tokens := append(bytesOnly(), "ab", "<s>")
	for _, name := range []string{"default", "gpt-2", "llama-bpe", "dbrx", "qwen2", "qwen35", "minicpm5", "ufakzeka", "seed-coder", "laguna", "smollm", "falcon",
		"deepseek-llm", "deepseek-coder", "deepseek-v3", "tekken", "gpt-4o", "bloom", "viking"} {
		v := tokenizer.GGUFVocab{Model: "gpt2", Pre: name, Tokens: tokens, Merges: []string{"a b"}, BOS: 257, EOS: -1, UNK: -1}
		main, config, err := v.Files()
		if err != nil {
			t.Fatal(err)
		}
		tok, err := tokenizer.Parse(main, config)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		back, err := tok.GGUF(len(tokens))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if back.Pre != name || !slices.Equal(back.Tokens, tokens) || !slices.Equal(back.Merges, v.Merges) {
			t.Errorf("%s comes back as %s, %d tokens, merges %q", name, back.Pre, len(back.Tokens), back.Merges)
		}
	}
	// Where merging makes every token, ignore_merges makes no difference; else it does.
	for _, c := range []struct {
		tokens []string
		want   string
	}{{append(bytesOnly(), "ab"), "gpt-2"}, {append(bytesOnly(), "ab", "abc"), ""}} {
		tok := build(t, c.tokens, []string{"a b"}, with(plainBytes, object{"ignore_merges": true}))
		if v, err := tok.GGUF(len(c.tokens)); v.Pre != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%d tokens: %q, %v", len(c.tokens), v.Pre, err)
		}
	}
	tok := build(t, bytesOnly(), nil, with(plainBytes, object{"pre_tokenizer": object{"type": "Sequence", "pretokenizers": []object{
		{"type": "Split", "pattern": object{"Regex": "x+"}, "behavior": "Isolated"}, {"type": "ByteLevel", "use_regex": false, "add_prefix_space": false}}}}))
	if _, err := tok.GGUF(256); err == nil || !strings.Contains(err.Error(), `no name for the pre-tokenizer ["x+"]`) {
		t.Errorf("an unknown pattern: %v", err)
	}
}

// What a GGUF file leaves out is what llama.cpp takes it for, in both directions.
func TestAbsentKeysAreWhatLlamaCppTakesThemFor(t *testing.T) {
	for _, model := range []string{"llama", "t5"} {
		v := tokenizer.GGUFVocab{Model: model, Tokens: []string{"<unk>", "<s>", "</s>", "▁", "a"}, Types: []int32{2, 3, 3, 1, 1}, BOS: -1, EOS: -1, UNK: -1}
		tok, err := tokenizer.FromGGUF(v)
		if err != nil {
			t.Fatal(err)
		}
		eos, _ := tok.EOS()
		if want := map[string]int32{"llama": 2, "t5": 1}[model]; eos != want {
			t.Errorf("%s: EOS %d, want %d", model, eos, want)
		}
		main, config, err := v.Files()
		if err != nil {
			t.Fatal(err)
		}
		back, err := tokenizer.Parse(main, config)
		if err != nil {
			t.Fatal(err)
		}
		same(t, tok, back, []string{"a", "aa"})
	}
}
