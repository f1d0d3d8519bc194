package tokenizer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var endOfText = []string{"<|endoftext|>"}

func trainOn(t testing.TB, opt TrainOptions, texts ...string) *Trained {
	t.Helper()
	tr, err := NewTrainer(opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if err := tr.Add(text); err != nil {
			t.Fatal(err)
		}
	}
	made, err := tr.Train(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// mergesOf spells merges as "a b".
func mergesOf(made *Trained) []string {
	var out []string
	for _, m := range made.Merges {
		out = append(out, made.Tokens[m[0]]+" "+made.Tokens[m[1]])
	}
	return out
}

// babble is text with many repeated words, numbers, white space, and characters of up to four bytes.
func babble(seed uint64, words int) string {
	rng := rand.New(rand.NewPCG(seed, 0))
	syllables := []string{"la", "ma", "ti", "na", "gru", "ß", "é", "语", "🦙", "1", "23", "'s", "Th", "er", "aaa", "!", "--"}
	gaps := []string{" ", " ", " ", " ", "  ", "\n", "\n\n", ", ", "\t", "\r\n"}
	var b strings.Builder
	for range words {
		for range 1 + rng.IntN(3) {
			b.WriteString(syllables[min(rng.IntN(len(syllables)), rng.IntN(len(syllables)))])
		}
		b.WriteString(gaps[rng.IntN(len(gaps))])
	}
	return b.String()
}

// plainMerges is the definition of the training, counted afresh for each merge.
func plainMerges(opt TrainOptions, texts ...string) [][2]int32 {
	var cut splitter
	for _, s := range splits() {
		if s.name == opt.Split {
			cut = s.next
		}
	}
	ids := make(map[string]int32)
	var tokens []string
	add := func(token string) {
		ids[token] = int32(len(tokens))
		tokens = append(tokens, token)
	}
	for _, s := range opt.Special {
		add(s)
	}
	var alphabet []string
	for b := range 256 {
		alphabet = append(alphabet, spellBytes(string([]byte{byte(b)})))
	}
	slices.Sort(alphabet)
	for _, s := range alphabet {
		add(s)
	}
	var words [][]int32
	for _, text := range texts {
		for i := 0; i < len(text); {
			end := cut(text, i)
			var word []int32
			for _, r := range spellBytes(text[i:end]) {
				word = append(word, ids[string(r)])
			}
			words = append(words, word)
			i = end
		}
	}
	var merges [][2]int32
	for len(tokens) < opt.Vocab {
		count := make(map[[2]int32]int)
		for _, w := range words {
			for i := 1; i < len(w); i++ {
				count[[2]int32{w[i-1], w[i]}]++
			}
		}
		var best [2]int32
		for p, n := range count {
			if m := count[best]; n > m || n == m && (p[0] < best[0] || p[0] == best[0] && p[1] < best[1]) {
				best = p
			}
		}
		token := tokens[best[0]] + tokens[best[1]]
		if _, ok := ids[token]; !ok {
			add(token)
		}
		merges = append(merges, best)
		for k, w := range words {
			var out []int32
			for i := 0; i < len(w); i++ {
				if i+1 < len(w) && w[i] == best[0] && w[i+1] == best[1] {
					out = append(out, ids[token])
					i++
				} else {
					out = append(out, w[i])
				}
			}
			words[k] = out
		}
	}
	return merges
}

func TestTrainMergesWhatStandsSideBySideMostOften(t *testing.T) {
	// Counted by hand, with a space before a word as its part.
	for _, c := range []struct {
		text string
		want []string
	}{
		{"hug hug hug pug bugs", []string{"u g", "h ug", "Ġ hug"}}, // ug 4 times; h+ug 3; Ġ+hug 2
		{"aaaa aaaa", []string{"a a", "aa aa"}},                    // overlapping places count: aa 6 times, then aa+aa twice
		{"ab ab cd cd", []string{"a b", "c d"}},                    // ab and cd twice each: a is before c
		{"abc abc bc", []string{"b c", "a bc"}},                    // bc 3 times
		{"12 12 12 xy xy", []string{"x y"}},                        // digits stay apart
		{"éé éé", []string{"Ã ©", "Ã© Ã©"}},                        // bytes, not characters
		{"no no\nno\n", []string{"n o"}},                           // " no" once
		{"\n\n\n\nb\n\n\n\nb", []string{"Ċ Ċ"}},                    // the line ends are words of their own
	} {
		made := trainOn(t, TrainOptions{Vocab: 257 + len(c.want), Special: endOfText}, c.text)
		if diff := cmp.Diff(c.want, mergesOf(made)); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", c.text, diff)
		}
	}
}

func TestTrainEqualsCountingAfreshForEachMerge(t *testing.T) {
	for seed := range uint64(6) {
		opt := TrainOptions{Vocab: 420, Special: []string{"<|endoftext|>", "<|im_start|>"}, Split: Splits()[seed%3]}
		texts := []string{babble(seed, 1500), babble(seed+100, 1500)}
		made := trainOn(t, opt, texts...)
		if diff := cmp.Diff(plainMerges(opt, texts...), made.Merges); diff != "" {
			t.Fatalf("seed %d: (-plain +got)\n%s", seed, diff)
		}
		tok := parseTrained(t, made)
		tokens := 0
		for _, text := range texts {
			tokens += len(tok.EncodeText(text, true))
		}
		if int64(tokens) != made.TextTokens {
			t.Errorf("seed %d: TextTokens is %d, the tokenizer makes %d", seed, made.TextTokens, tokens)
		}
	}
}

func parseTrained(t testing.TB, made *Trained) *Tokenizer {
	t.Helper()
	main, config, err := made.Files()
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Parse(main, config)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestTrainedTokenizerOpensAndGivesEveryTextBack(t *testing.T) {
	for _, split := range Splits() {
		opt := TrainOptions{Vocab: 400, Special: []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>"}, Split: split}
		made := trainOn(t, opt, babble(1, 3000))
		dir := filepath.Join(t.TempDir(), "new", "tok")
		if err := made.Save(dir); err != nil {
			t.Fatal(err)
		}
		tok, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if tok.VocabSize() != 400 {
			t.Errorf("%s: %d ids", split, tok.VocabSize())
		}
		for id, token := range made.Tokens {
			if tok.Token(int32(id)) != token || tok.IsControl(int32(id)) != (id < 3) {
				t.Fatalf("%s: id %d is %q, want %q", split, id, tok.Token(int32(id)), token)
			}
		}
		if eos, ok := tok.EOS(); !ok || eos != 0 || tok.AddsBOS() || tok.AddsEOS() {
			t.Errorf("%s: EOS is %d, %v", split, eos, ok)
		}
		if got := tok.EncodeSpecial("<|im_start|>a<|im_end|>", true); len(got) != 3 || got[0] != 1 || got[2] != 2 {
			t.Errorf("%s: EncodeSpecial gives %v", split, got)
		}
		if got := tok.EncodeText("<|endoftext|>", true); slices.Contains(got, 0) {
			t.Errorf("%s: text became a control token: %v", split, got)
		}
		rng := rand.New(rand.NewPCG(7, 7))
		for range 300 {
			var b strings.Builder
			for range rng.IntN(40) {
				switch rng.IntN(3) {
				case 0:
					b.WriteRune(rune(rng.IntN(0x80)))
				case 1:
					b.WriteRune([]rune("é语🦙ß\u00a0\u200d\u0301")[rng.IntN(7)])
				default:
					b.WriteString(babble(rng.Uint64(), 1))
				}
			}
			if got := tok.Decode(tok.EncodeText(b.String(), true)); got != b.String() {
				t.Fatalf("%s: %q came back as %q", split, b.String(), got)
			}
		}
		if err := made.Save(dir); err == nil || !strings.Contains(err.Error(), "tokenizer.json is there already") {
			t.Errorf("saving over a tokenizer: %v", err)
		}
	}
}

func TestTrainDoesNotDependOnCoresOrOrder(t *testing.T) {
	texts := []string{babble(1, 2000), strings.Repeat(babble(2, 1000)+" and so on ", 300), babble(3, 2000)}
	opt := TrainOptions{Vocab: 700, Special: endOfText}
	var want string
	for _, procs := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(procs)
		made := trainOn(t, opt, texts...)
		runtime.GOMAXPROCS(before)
		slices.Reverse(texts)
		main, config, err := made.Files()
		if err != nil {
			t.Fatal(err)
		}
		got := string(main) + string(config)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%d cores make another tokenizer", procs)
		}
	}
}

func TestTrainCutsLongTextsWhereWordsEnd(t *testing.T) {
	text := babble(5, 4000) + strings.Repeat(" one two", 100)
	for _, s := range splits() {
		var whole, parts wordCounts
		whole.add(text, s.next)
		for rest := text; rest != ""; {
			n := chunk(rest, 100)
			parts.add(rest[:n], s.next)
			rest = rest[n:]
		}
		count := func(c wordCounts) map[string]int64 {
			m := make(map[string]int64)
			for w, k := range c.index {
				m[w] = c.n[k]
			}
			return m
		}
		if diff := cmp.Diff(count(whole), count(parts)); diff != "" {
			t.Errorf("%s: (-whole +parts)\n%s", s.name, diff)
		}
	}
}

func TestTrainSaysWhatCannotBe(t *testing.T) {
	for _, c := range []struct {
		opt  TrainOptions
		want string
	}{
		{TrainOptions{Vocab: 256, Special: endOfText}, "vocabulary of 256: must be from 257"},
		{TrainOptions{Vocab: 4096}, "no special token is given"},
		{TrainOptions{Vocab: 4096, Special: []string{"<a>", "<a>"}}, `"<a>" is given twice`},
		{TrainOptions{Vocab: 4096, Special: []string{"a"}}, "more than one character"},
		{TrainOptions{Vocab: 4096, Special: []string{""}}, "must be one line of text"},
		{TrainOptions{Vocab: 4096, Special: endOfText, Split: "bert"}, "must be one of qwen2, llama3, gpt2"},
	} {
		if _, err := NewTrainer(c.opt); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.opt, err, c.want)
		}
	}
	for _, c := range []struct {
		opt        TrainOptions
		text, want string
	}{
		{TrainOptions{Vocab: 300, Special: endOfText}, "", "no text"},
		{TrainOptions{Vocab: 300, Special: endOfText}, "aa aa", "gives only 258 ids, not 300"},
		{TrainOptions{Vocab: 300, Special: []string{"the"}}, strings.Repeat("the ", 9), `"the" is also a token of the text`},
	} {
		tr, err := NewTrainer(c.opt)
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Add(c.text); err != nil {
			t.Fatal(err)
		}
		if _, err := tr.Train(context.Background(), nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Free(file); err == nil || !strings.Contains(err.Error(), "is a file") {
		t.Errorf("a file for a folder: %v", err)
	}
}

func BenchmarkTrain(b *testing.B) {
	text := babble(1, 400_000)
	for _, vocab := range []int{512, 4096} {
		b.Run(fmt.Sprint(vocab), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				trainOn(b, TrainOptions{Vocab: vocab, Special: endOfText}, text)
			}
		})
	}
}
