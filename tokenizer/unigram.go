package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// unknownPenalty is how much less an unknown character scores than the worst token.
const unknownPenalty = 10

// maxUnigramToken bounds the length in bytes of a token: every byte of a text may cost that many steps. SentencePiece's own
// bound is 16 characters unless one is asked for.
const maxUnigramToken = 512

// A unigram is the model of a language model of single tokens (Kudo 2018): of all ways to cut a piece into tokens it
// takes the one whose scores, log probabilities, sum to the most.
type unigram struct {
	trie    trie
	ids     []int32   // by number in the trie
	scores  []float64 // by number in the trie
	unk     int32     // -1 for none
	unknown float64   // score of a character that is no token
	byteIDs [256]int32
	bytes   bool // unknown characters become their bytes
	atMark  bool

	source []float32 // scores by id, for a file
}

// A unigramToken is a token that text may become.
type unigramToken struct {
	text  string
	id    int32
	score float64
}

func newUnigram(tokens []unigramToken, least float64, unk int32, byteIDs *[256]int32) (*unigram, error) {
	m := &unigram{unk: unk, unknown: least - unknownPenalty}
	list, total := make([]string, len(tokens)), 0
	vocab := make(map[string]int32, len(tokens))
	for i, tok := range tokens {
		if math.IsNaN(tok.score) || math.IsInf(tok.score, 0) {
			return nil, fmt.Errorf("the score of token %d (%.40q) is not a finite number", tok.id, tok.text)
		}
		if len(tok.text) > maxUnigramToken {
			return nil, fmt.Errorf("token %d (%.20q…) is %d bytes long; the limit is %d", tok.id, tok.text, len(tok.text), maxUnigramToken)
		}
		list[i], total = tok.text, total+len(tok.text)
		vocab[tok.text] = tok.id
		m.ids, m.scores = append(m.ids, tok.id), append(m.scores, tok.score)
	}
	if total > maxVocabBytes {
		return nil, fmt.Errorf("the tokens have %d bytes together; the limit is %d", total, maxVocabBytes)
	}
	m.trie = newTrie(list)
	if byteIDs != nil {
		m.byteIDs, m.bytes = *byteIDs, true
	}
	m.atMark = marksOnlyLead(vocab, func(int32) bool { return true })
	return m, nil
}

// An arrival is the best way to a place in the piece.
type arrival struct {
	score float64
	from  int32 // where the last token begins, -1 where nothing arrives
	id    int32
}

// encode goes through the places of the piece once, and looks at every token that begins there.
func (m *unigram) encode(out []int32, piece string, s *scratch) []int32 {
	best := slices.Grow(s.best[:0], len(piece)+1)[:len(piece)+1]
	s.best = best
	for i := range best {
		best[i].from = -1
	}
	best[0] = arrival{}
	arrive := func(i, end int, score float64, id int32) {
		if to := &best[end]; to.from < 0 || score > to.score {
			*to = arrival{score, int32(i), id}
		}
	}
	for i := 0; i < len(piece); {
		_, n := utf8.DecodeRuneInString(piece[i:])
		here := best[i].score
		alone := false // the character is a token
		for node, end := int32(0), i; end < len(piece); {
			if node = m.trie.step(node, piece[end]); node == 0 {
				break
			}
			end++
			if k := m.trie.nodes[node].token; k >= 0 {
				arrive(i, end, here+m.scores[k], m.ids[k])
				alone = alone || end == i+n
			}
		}
		if !alone {
			arrive(i, i+n, here+m.unknown, m.unk)
		}
		i += n
	}
	// From the end back to the beginning, then turned round. A run of unknown characters is one token, or its bytes.
	begin := len(out)
	for end := len(piece); end > 0; {
		a := best[end]
		from := int(a.from)
		if a.id == m.unk {
			for from > 0 && best[from].id == m.unk {
				from = int(best[from].from)
			}
			out = m.appendUnknown(out, piece[from:end])
		} else {
			out = append(out, a.id)
		}
		end = from
	}
	slices.Reverse(out[begin:])
	return out
}

// appendUnknown appends what becomes of unknown text, the last first.
func (m *unigram) appendUnknown(out []int32, text string) []int32 {
	n := len(out)
	for i := len(text) - 1; m.bytes && i >= 0; i-- {
		id := m.byteIDs[text[i]]
		if id < 0 {
			out = out[:n]
			break
		}
		out = append(out, id)
	}
	if len(out) == n && m.unk >= 0 {
		out = append(out, m.unk)
	}
	return out
}

func (m *unigram) gguf(t *Tokenizer, v *GGUFVocab) error {
	v.Model, v.Pre, v.UNK = "t5", "default", m.unk
	v.Scores = make([]float32, len(v.Tokens))
	copy(v.Scores, m.source)
	if m.unk >= 0 {
		v.Types[m.unk] = typeUnknown
	}
	for b, id := range m.byteIDs {
		if m.bytes && id >= 0 && v.Tokens[id] == fmt.Sprintf("<0x%02X>", b) {
			v.Types[id] = typeByte
		}
	}
	return t.ggufSpaces(v)
}

// setUnigram reads a model of type Unigram out of tokenizer.json: its vocabulary is a list, whose places are the ids.
func (t *Tokenizer) setUnigram(f *fileModel) error {
	entries := f.entries
	unk := int32(-1)
	if f.UnkID != nil {
		if *f.UnkID < 0 || *f.UnkID >= int64(len(entries)) {
			return fmt.Errorf("model.unk_id %d is outside the vocabulary of %d tokens", *f.UnkID, len(entries))
		}
		unk = int32(*f.UnkID)
	}
	var tokens []unigramToken
	var byteIDs [256]int32
	for i := range byteIDs {
		byteIDs[i] = -1
	}
	least := math.Inf(1)
	source := make([]float32, len(entries))
	for id, e := range entries {
		least = min(least, e.score)
		source[id] = float32(e.score)
		if b, ok := byteToken(e.text); ok {
			byteIDs[b] = int32(id)
		}
		if t.control[id] && int32(id) != unk || t.ids[e.text] != int32(id) {
			continue // text never becomes a control token
		}
		tokens = append(tokens, unigramToken{e.text, int32(id), e.score})
	}
	fallback := &byteIDs
	if !f.ByteFallback {
		fallback = nil
	}
	m, err := newUnigram(tokens, least, unk, fallback)
	if err != nil {
		return fmt.Errorf("model.vocab: %w", err)
	}
	m.source = source
	t.words, t.strays = newMemory(m, m.atMark), f.ByteFallback
	return nil
}

// scoredToken is an entry of a Unigram vocabulary, ["text", score].
type scoredToken struct {
	text  string
	score float64
}

func (e *scoredToken) UnmarshalJSON(data []byte) error {
	var both []json.RawMessage
	if err := json.Unmarshal(data, &both); err != nil || len(both) != 2 {
		return fmt.Errorf(`%.40s is not ["token", score]`, data)
	}
	if err := json.Unmarshal(both[0], &e.text); err != nil {
		return err
	}
	return json.Unmarshal(both[1], &e.score)
}

func (f *fileModel) scored() ([]scoredToken, error) {
	var list []scoredToken
	if err := json.Unmarshal(f.Vocab, &list); err != nil {
		return nil, fmt.Errorf("model.vocab: %w", err)
	}
	return list, nil
}
