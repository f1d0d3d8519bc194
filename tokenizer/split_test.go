package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// awkward is text of the characters that pre-tokenizer patterns tell apart.
func awkward() *rapid.Generator[string] {
	parts := []string{"a", "Z", "é", "e\u0301", "ſ", "'", "'s", "'S", "'ſ", "'LL", "'re", "'vE", "’", "1", "23", "٣", "½", "Ⅷ", " ", "  ", "\t",
		"\n", "\r\n", "\r", "\u00a0", "\u3000", "\u2028", "\u0085", "!", "...", "`", "$", "_", "日本", "ไทย", "अनु", "🙂", "▁", "\u200d", "/", "K", "\u1c80", "abc", "12345", "ǅ", "ʰ", "ª", "ÀÉ", "ö", "Я", "\u0300", "\u0301\u0302", "\u20dd", "안", "𝐀", "𐐀", "𠀀",
		"👩\u200d👩", "\x00", "\u00ad", "－", "。", "،", "\v", "+", "IS", "\u0903", "(", ")", "|", "?", "x.Y", ".Net", "<|a|>"}
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 20).Draw(t, "parts"), "")
	})
}

// Every splitter written by hand cuts as its pattern does in the regular expression engine.
func TestHandSplittersMatchTheirPatterns(t *testing.T) {
	patterns := []string{
		`'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s`,
		`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
	}
	for pattern := range splitters() {
		patterns = append(patterns, pattern)
	}
	slices.Sort(patterns)
	for i, pattern := range patterns {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			next := knownSplitter(pattern)
			if next == nil {
				t.Fatalf("%s is not known", pattern)
			}
			// The engine does not know classes within classes.
			re, err := compileRegex(strings.Replace(pattern, patternBloomNested, patternBloom, 1))
			if err != nil {
				t.Fatal(err)
			}
			rapid.Check(t, func(t *rapid.T) {
				s := awkward().Draw(t, "text")
				var want, got []string
				re.spans(s, nil, func(start, end int, _ bool) { want = append(want, s[start:end]) })
				for i := 0; i < len(s); {
					end := next(s, i)
					got = append(got, s[i:end])
					i = end
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%s\n%q:\n got %q\nwant %q", pattern, s, got, want)
				}
			})
		})
	}
}

// No pre-tokenizer with a name needs the regular expression engine.
func TestNamedPreTokenizersAreWrittenByHand(t *testing.T) {
	for _, p := range pres() {
		for _, cut := range append(p.cuts, p.ggml...) {
			if knownSplitter(cut) == nil {
				t.Errorf("%s: %s", p.names[0], cut)
			}
		}
	}
}

// Merging by heap, by scan, and by the definition give the same symbols.
func TestMergesMatchTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &bpe{vocab: map[string]int32{}, merges: map[uint64]merge{}, unk: -1}
		tokens := []string{"a", "b", "c"}
		for i, tok := range tokens {
			m.vocab[tok] = int32(i)
		}
		for i := range rapid.IntRange(0, 30).Draw(t, "merges") {
			a := rapid.SampledFrom(tokens).Draw(t, "a")
			b := rapid.SampledFrom(tokens).Draw(t, "b")
			id, ok := m.vocab[a+b]
			if !ok {
				id = int32(len(tokens))
				tokens = append(tokens, a+b)
				m.vocab[a+b] = id
			}
			key := pair(m.vocab[a], m.vocab[b])
			if _, ok := m.merges[key]; !ok {
				m.merges[key] = merge{int32(i), id}
			}
		}
		if rapid.Bool().Draw(t, "by score") { // ranks by token, ties included
			m.merges = nil
			for range tokens {
				m.rank = append(m.rank, int32(rapid.IntRange(0, 4).Draw(t, "rank")))
			}
		}
		m.finish()
		text := rapid.StringOfN(rapid.SampledFrom([]rune("abc")), 1, shortPiece, -1).Draw(t, "text")

		var want []int32
		syms := m.symbols(nil, text)
		for {
			best, at := noRank, -1
			for i := 0; i+1 < len(syms); i++ {
				if r, ok := m.join(&syms[i], &syms[i+1], text); ok && r.rank < best {
					best, at = r.rank, i
				}
			}
			if at < 0 {
				break
			}
			r, _ := m.join(&syms[at], &syms[at+1], text)
			syms[at] = symbol{id: r.id, start: syms[at].start, end: syms[at+1].end}
			syms = slices.Delete(syms, at+1, at+2)
		}
		for _, s := range syms {
			want = append(want, s.id)
		}
		short := idsOf(m.mergeShort(m.symbols(nil, text), text))
		s := &scratch{symbols: m.symbols(nil, text)}
		long := idsOf(m.mergeLong(s, text))
		if !slices.Equal(short, want) || !slices.Equal(long, want) {
			t.Fatalf("%q: want %v, scan %v, heap %v", text, want, short, long)
		}
	})
}

func idsOf(syms []symbol) (ids []int32) {
	for _, s := range syms {
		ids = append(ids, s.id)
	}
	return ids
}

// Every pre-tokenizer that a GGUF file may name can be built, and covers its text.
func TestEveryNamedPreTokenizerCoversItsText(t *testing.T) {
	for _, name := range []string{"", "default", "gpt-2", "llama-bpe", "dbrx", "qwen2", "qwen35", "minicpm5", "ufakzeka", "smollm", "falcon",
		"deepseek-llm", "deepseek-coder", "deepseek-v3", "tekken", "gpt-4o", "bloom", "viking"} {
		t.Run(name, func(t *testing.T) {
			stages, _, err := ggufPre(name)
			if err != nil {
				t.Fatal(err)
			}
			m := &bpe{bytes: true, merges: map[uint64]merge{}, unk: -1}
			for b := range m.byteIDs {
				m.byteIDs[b] = int32(b)
			}
			m.finish()
			tok := &Tokenizer{stages: stages, words: m.memory()}
			rapid.Check(t, func(t *rapid.T) {
				s := awkward().Draw(t, "text")
				var back []byte
				for _, id := range tok.EncodeText(s, true) {
					back = append(back, byte(id))
				}
				if string(back) != s {
					t.Fatalf("%q becomes %q", s, back)
				}
			})
		})
	}
	if _, _, err := ggufPre("no-such"); err == nil {
		t.Error("an unknown name is accepted")
	}
}

// Patterns of well-known tokenizer.json files that no splitter is written for are read by the engine.
func TestEngineReadsPublishedPatterns(t *testing.T) {
	for _, pattern := range []string{
		`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
		deepseekV3Asian, `\p{Han}+`, `\d{1,3}(?=(?:\d{3})*\b)`, `(?=(\d{3})+(?!\d))`,
	} {
		if _, err := compileRegex(pattern); err != nil {
			t.Error(err)
		}
	}
}
