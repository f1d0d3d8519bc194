package tokenizer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// TrainOptions say what tokenizer to make.
type TrainOptions struct {
	// Vocab is how many ids there are in all: the special tokens, 256 bytes, and what merges add.
	Vocab int
	// Special are the control tokens, in the order of their ids, from 0. The first ends a document, and begins one.
	Special []string
	// Split is one of [Splits], how text is cut into words before merging, which never reaches across them; "" is
	// [DefaultSplit].
	Split string
}

// DefaultSplit is the pattern that small vocabularies do best with: a number costs none of it, digit by digit.
const DefaultSplit = "qwen2"

// split is a way to cut text into words.
type split struct {
	name  string
	regex string // "" is the pattern of ByteLevel itself
	next  splitter
}

func splits() []split {
	const (
		head = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|`
		tail = `| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	)
	return []split{
		{DefaultSplit, head + `\p{N}` + tail, cl100k{digits: 1, longS: true}.split},
		{"llama3", head + `\p{N}{1,3}` + tail, cl100k{digits: 3, longS: true}.split},
		{"gpt2", "", splitGPT2},
	}
}

// Splits lists the names for [TrainOptions.Split], after the models whose patterns they are: qwen2 and llama3 are
// GPT-4's with numbers cut into single digits and into up to three, gpt2 leaves numbers whole.
func Splits() []string {
	var names []string
	for _, s := range splits() {
		names = append(names, s.name)
	}
	return names
}

// A Trainer makes a byte-level BPE tokenizer for a text (Sennrich, Haddow and Birch, "Neural Machine Translation of
// Rare Words with Subword Units", 2016): it starts from single bytes, and again and again makes a token of the two that
// stand side by side most often. Of pairs as frequent as one another, the one whose left token has the smallest id is
// taken, then the one whose right token has it. So the same text makes the same tokenizer, in whatever order its
// documents come and on however many cores.
//
//	t, err := tokenizer.NewTrainer(tokenizer.TrainOptions{Vocab: 4096, Special: []string{"<|endoftext|>"}})
//	t.Add(text) // as often as there are documents
//	made, err := t.Train(ctx, nil)
//	err = made.Save("nano")
//
// Memory grows with the different words of the text, not with its length. It is for one goroutine.
type Trainer struct {
	opt     TrainOptions
	split   split
	counts  []wordCounts // one for each core
	pending []string
	held    int // bytes in pending
	bytes   int64
}

// The text that is counted at once, in parts of about chunkBytes.
const (
	chunkBytes = 1 << 20
	flushBytes = 32 << 20
)

// maxWords bounds the memory that counting takes, to about 2 GB.
const maxWords = 1 << 24

// NewTrainer starts a tokenizer. Special tokens must be text, and differ.
func NewTrainer(opt TrainOptions) (*Trainer, error) {
	opt.Special = slices.Clone(opt.Special)
	if opt.Split == "" {
		opt.Split = DefaultSplit
	}
	all := splits()
	i := slices.IndexFunc(all, func(s split) bool { return s.name == opt.Split })
	if i < 0 {
		return nil, fmt.Errorf("split is %q: must be one of %s", opt.Split, strings.Join(Splits(), ", "))
	}
	if len(opt.Special) == 0 {
		return nil, errors.New("no special token is given: the first is what ends a document")
	}
	for i, s := range opt.Special {
		switch {
		case s == "" || !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n"):
			return nil, fmt.Errorf("special token %q: must be one line of text", s)
		case utf8.RuneCountInString(s) == 1:
			return nil, fmt.Errorf("special token %q: must have more than one character, or it could be part of a text", s)
		case slices.Contains(opt.Special[:i], s):
			return nil, fmt.Errorf("special token %q is given twice", s)
		}
	}
	if least := 256 + len(opt.Special); opt.Vocab < least || opt.Vocab > maxVocab {
		return nil, fmt.Errorf("vocabulary of %d: must be from %d (256 bytes and the special tokens) to %d", opt.Vocab, least, maxVocab)
	}
	return &Trainer{opt: opt, split: all[i], counts: make([]wordCounts, runtime.GOMAXPROCS(0))}, nil
}

// maxVocab is far above the largest vocabulary in use, of 262,144 tokens.
const maxVocab = 1 << 22

// Add counts the words of a document. It is an error where the text has too many different ones to go on.
func (t *Trainer) Add(text string) error {
	t.bytes += int64(len(text))
	for len(text) > 0 {
		n := chunk(text, chunkBytes)
		t.pending = append(t.pending, text[:n])
		t.held += n
		text = text[n:]
		if t.held >= flushBytes {
			if err := t.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Bytes is how much text was added.
func (t *Trainer) Bytes() int64 { return t.bytes }

// chunk is where to cut a text after about n bytes without cutting a word: before a space that stands between two
// letters. All patterns cut there, whatever comes before and after.
func chunk(text string, n int) int {
	isLetter := func(c byte) bool { return c < utf8.RuneSelf && planeClass[c]&letter != 0 }
	for i := n; i+1 < len(text); i++ {
		if text[i] == ' ' && isLetter(text[i-1]) && isLetter(text[i+1]) {
			return i
		}
	}
	return len(text)
}

// flush counts what is pending, on all cores.
func (t *Trainer) flush() error {
	var wait sync.WaitGroup
	next := make(chan string, len(t.pending))
	for _, text := range t.pending {
		next <- text
	}
	close(next)
	for i := range t.counts {
		wait.Go(func() {
			for text := range next {
				t.counts[i].add(text, t.split.next)
			}
		})
	}
	wait.Wait()
	clear(t.pending)
	t.pending, t.held = t.pending[:0], 0
	words := 0
	for i := range t.counts {
		words += len(t.counts[i].n)
	}
	if words > maxWords {
		return fmt.Errorf("the first %d MB of text have more than %d different words: train on less of it, or on text of words", t.bytes>>20, maxWords)
	}
	return nil
}

// wordCounts counts words.
type wordCounts struct {
	index map[string]int32
	n     []int64
}

func (c *wordCounts) add(text string, next splitter) {
	if c.index == nil {
		c.index = make(map[string]int32)
	}
	for i := 0; i < len(text); {
		end := next(text, i)
		word := text[i:end]
		i = end
		if k, ok := c.index[word]; ok {
			c.n[k]++
			continue
		}
		c.index[strings.Clone(word)] = int32(len(c.n)) // the text is not kept
		c.n = append(c.n, 1)
	}
}

// words gives the counts of all cores together, in the order of the words.
func (t *Trainer) words() (words []string, n []int64) {
	all := make(map[string]int64, len(t.counts[0].n))
	for i := range t.counts {
		for word, k := range t.counts[i].index {
			all[word] += t.counts[i].n[k]
		}
		t.counts[i] = wordCounts{}
	}
	words = slices.Sorted(maps.Keys(all))
	n = make([]int64, len(words))
	for i, w := range words {
		n[i] = all[w]
	}
	return words, n
}

// Train merges until the vocabulary has its size. progress, where given, is told now and then how many ids there are of
// how many. A text in which no two tokens stand side by side twice before that is an error. The trainer is used up.
func (t *Trainer) Train(ctx context.Context, progress func(ids, of int)) (*Trained, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	words, n := t.words()
	if len(words) == 0 {
		return nil, errors.New("no text was given to train a tokenizer on")
	}
	made := &Trained{Special: t.opt.Special, Split: t.split.name, Words: len(words), Bytes: t.bytes}
	ids := make(map[string]int32, t.opt.Vocab)
	for _, s := range t.opt.Special {
		ids[s] = int32(len(made.Tokens))
		made.Tokens = append(made.Tokens, s)
	}
	var byteID [256]int32
	for r := rune(0); int(r) < len(runeBytes); r++ {
		if b, ok := runeByte(r); ok {
			byteID[b] = int32(len(made.Tokens))
			ids[string(r)] = byteID[b]
			made.Tokens = append(made.Tokens, string(r))
		}
	}
	m := newMerger(words, n, &byteID)
	for len(made.Tokens) < t.opt.Vocab {
		if len(made.Merges)%64 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if progress != nil {
				progress(len(made.Tokens), t.opt.Vocab)
			}
		}
		a, b, ok := m.best()
		if !ok {
			return nil, fmt.Errorf("the text gives only %d ids, not %d: no two tokens stand side by side twice any more (ask for fewer, or give more text)", len(made.Tokens), t.opt.Vocab)
		}
		token := made.Tokens[a] + made.Tokens[b]
		// Two pairs may spell the same token, as a+bc and ab+c do.
		id, known := ids[token]
		if !known {
			id = int32(len(made.Tokens))
			ids[token] = id
			made.Tokens = append(made.Tokens, token)
		}
		if int(id) < len(t.opt.Special) {
			return nil, fmt.Errorf("special token %q is also a token of the text: choose one that no word spells", token)
		}
		made.Merges = append(made.Merges, [2]int32{a, b})
		m.merge(a, b, id)
	}
	made.TextTokens = m.tokens()
	return made, nil
}
