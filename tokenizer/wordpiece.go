package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A wordPiece is the model of BERT: from the left, the longest token each time; a word that cannot be cut so is unknown.
type wordPiece struct {
	first, rest       trie // tokens that begin a word, and that go on with one
	firstIDs, restIDs []int32
	unk               int32
	most              int // characters of a word, 0 for no limit
	prefix            string
}

// newWordPiece takes tokens by id, "" for those that text does not become. prefix marks those that go on with a word.
func newWordPiece(tokens []string, prefix string, unk int32, most int) (*wordPiece, error) {
	m := &wordPiece{unk: unk, most: most, prefix: prefix}
	var first, rest []string
	total := 0
	for id, token := range tokens {
		total += len(token)
		if tail, ok := strings.CutPrefix(token, prefix); ok && prefix != "" {
			rest, m.restIDs = append(rest, tail), append(m.restIDs, int32(id))
		}
		first, m.firstIDs = append(first, token), append(m.firstIDs, int32(id))
	}
	if total > maxVocabBytes {
		return nil, fmt.Errorf("the tokens have %d bytes together; the limit is %d", total, maxVocabBytes)
	}
	m.first, m.rest = newTrie(first), newTrie(rest)
	if prefix == "" {
		m.rest, m.restIDs = m.first, m.firstIDs
	}
	return m, nil
}

func (m *wordPiece) encode(out []int32, piece string, _ *scratch) []int32 {
	n := len(out)
	unknown := m.most > 0 && len(piece) > m.most && utf8.RuneCountInString(piece) > m.most
	tokens, ids := &m.first, m.firstIDs
	for i := 0; i < len(piece) && !unknown; {
		end, k := tokens.longest(piece, i)
		if k < 0 {
			unknown = true
			break
		}
		out = append(out, ids[k])
		tokens, ids, i = &m.rest, m.restIDs, end
	}
	if unknown {
		out = out[:n]
		if m.unk >= 0 {
			out = append(out, m.unk)
		}
	}
	return out
}

// gguf writes tokens as llama.cpp's "bert" has them: one that begins a word has a space mark, one that goes on has none.
func (m *wordPiece) gguf(t *Tokenizer, v *GGUFVocab) error {
	v.Model, v.UNK = "bert", m.unk
	lower, accents, err := bertNormalizer(t.source)
	if err != nil {
		return err
	}
	v.Lowercase, v.StripAccents = &lower, &accents
	for id, token := range v.Tokens {
		switch tail, ok := strings.CutPrefix(token, m.prefix); {
		case v.Types[id] != typeNormal || id < len(t.control) && t.control[id]:
		case ok:
			v.Tokens[id] = tail
		default:
			v.Tokens[id] = metaMark + token
		}
	}
	if m.unk >= 0 {
		v.Types[m.unk] = typeUnknown
		v.Tokens[m.unk] = t.tokens[m.unk]
	}
	return nil
}

// setWordPiece reads a model of type WordPiece out of tokenizer.json.
func (t *Tokenizer) setWordPiece(f *fileModel, vocab map[string]int64) error {
	unk := int32(-1)
	if f.UnkToken != nil {
		id, ok := vocab[*f.UnkToken]
		if !ok {
			return fmt.Errorf("model.unk_token %.40q is not in model.vocab", *f.UnkToken)
		}
		unk = int32(id)
	}
	tokens := make([]string, len(t.tokens))
	for token, id := range vocab {
		if !t.control[id] {
			tokens[id] = token
		}
	}
	prefix, most := "##", 100
	if f.ContinuingSubwordPrefix != nil {
		prefix = *f.ContinuingSubwordPrefix
	}
	if f.MaxInputChars != nil {
		most = *f.MaxInputChars
	}
	m, err := newWordPiece(tokens, prefix, unk, most)
	if err != nil {
		return fmt.Errorf("model.vocab: %w", err)
	}
	t.words = newMemory(m, false)
	return nil
}
