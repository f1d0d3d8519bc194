package tokenizer

import (
	"strings"
	"time"
)

// A Tokenizer maps text to ids and ids to text. It is immutable and safe for concurrent use.
type Tokenizer struct {
	tokens  []string         // text of each id as the file spells it; "" for an id that no token has
	present []bool           // ids that a token has
	ids     map[string]int32 // every token, added ones included
	control []bool           // ids whose text is not part of a decoded stream

	rawAdded        matcher // added tokens looked for in the text as it is, control tokens included
	rawAddedText    matcher // the same without control tokens
	normedAdded     matcher // added tokens looked for in normalised text
	normedAddedText matcher
	rawTemplate     matcher // rawAdded, and the control tokens of normedAdded as they are spelled
	rawControl      matcher // the control tokens of rawTemplate

	normalizers []normalizer
	stages      []stage // pre-tokenizer
	words       *memory // the model
	strays      bool    // decoding makes each stray byte one replacement character
	decoders    []decoder
	verbatim    []bool // nil, or ids that decode to their text untouched (added tokens of a byte-level GGUF vocabulary)

	source *source // nil for one that came from a GGUF file

	bos, eos int32 // -1 for none
	addBOS   bool
	addEOS   bool
}

// EncodeText is the ids of plain text. Control tokens spelled out in it are not recognised, and no BOS is added.
//
// first says that the text stands at the beginning of a sequence. A tokenizer that puts a space before the text
// (SentencePiece's dummy prefix) does so only then; text that continues a sequence gets none.
func (t *Tokenizer) EncodeText(text string, first bool) []int32 {
	return t.encode(text, first, false)
}

// EncodeSpecial is [Tokenizer.EncodeText] that recognises control tokens in the text as single ids, honouring what the
// file says about each of them (lstrip, rstrip, single_word, normalized).
//
// first speaks of the beginning of the text alone. Text after a control token inside it is treated as the reference
// implementation treats it, which for SentencePiece-like tokenizers means a prefix space of its own.
func (t *Tokenizer) EncodeSpecial(text string, first bool) []int32 {
	return t.encode(text, first, true)
}

func (t *Tokenizer) encode(text string, first, special bool) []int32 {
	if text == "" {
		return nil
	}
	raw, normed := &t.rawAddedText, &t.normedAddedText
	if special {
		raw, normed = &t.rawAdded, &t.normedAdded
	}
	// English comes to about four bytes a token.
	e := encoder{t: t, out: make([]int32, 0, len(text)/4+8), scratch: t.words.borrow(len(text))}
	raw.split(text, func(part string, start int, id int32) {
		if id >= 0 {
			e.out = append(e.out, id)
			return
		}
		e.part(part, normed, place{head: start == 0, first: first, spent: &e.spent})
	})
	t.words.release(e.scratch)
	return e.out
}

// An encoder is the state of one call: the pre-tokenizer stages run depth first, and the model appends to out.
type encoder struct {
	t       *Tokenizer
	out     []int32
	scratch *scratch
	spent   time.Duration
}

// part encodes what stands between added tokens of the text as it is.
func (e *encoder) part(text string, normed *matcher, at place) {
	normed.split(e.t.normalize(text, at), func(piece string, start int, id int32) {
		if id >= 0 {
			e.out = append(e.out, id)
			return
		}
		p := at
		p.head = at.head && start == 0
		e.run(0, piece, p)
	})
}

// run passes one piece through the pre-tokenizer from stage k on, then through the model.
func (e *encoder) run(k int, piece string, at place) {
	if piece == "" {
		return
	}
	if k == len(e.t.stages) {
		e.out = e.t.words.encode(e.out, piece, e.scratch)
		return
	}
	e.t.stages[k].split(e, k+1, piece, at)
}

// place says where a piece stands: at the head of the text given, and whether that text begins a sequence.
type place struct {
	head  bool
	first bool
	spent *time.Duration // time that regular expressions have taken in this call; nil where nobody counts
}

// continues reports that the piece goes on from an earlier segment, and so must not be given a prefix.
func (p place) continues() bool { return p.head && !p.first }

// TokenID is the id of the token spelled exactly so in the file (for example "Ġthe" or "<|eot_id|>").
func (t *Tokenizer) TokenID(token string) (int32, bool) {
	id, ok := t.ids[token]
	return id, ok
}

// Token is the spelling of the id in the file, "" for an id outside the vocabulary.
func (t *Tokenizer) Token(id int32) string {
	if !t.known(id) {
		return ""
	}
	return t.tokens[id]
}

// VocabSize is the highest id plus one. A model's embedding may have more rows than that (padding), never fewer.
func (t *Tokenizer) VocabSize() int { return len(t.tokens) }

// BOS is the id that begins a sequence, false where the tokenizer has none.
func (t *Tokenizer) BOS() (int32, bool) { return t.bos, t.bos >= 0 }

// EOS is the id that ends a sequence, false where the tokenizer has none.
func (t *Tokenizer) EOS() (int32, bool) { return t.eos, t.eos >= 0 }

// AddsBOS reports whether the model expects BOS before a plain text. The caller puts it there; no method here does.
func (t *Tokenizer) AddsBOS() bool { return t.addBOS }

// AddsEOS reports whether the model's tokenizer puts EOS after a plain text. Rare among decoder models.
func (t *Tokenizer) AddsEOS() bool { return t.addEOS }

// IsControl reports whether the id is a control token (BOS, EOS, the turn markers of a template, unknown): one that
// stands for structure, and has no text in a streamed answer.
func (t *Tokenizer) IsControl(id int32) bool {
	return t.known(id) && t.control[id]
}

func (t *Tokenizer) known(id int32) bool {
	return id >= 0 && int(id) < len(t.tokens) && t.present[id]
}

// setToken records a token of the vocabulary; the slices have been sized before.
func (t *Tokenizer) setToken(id int32, text string) {
	t.tokens[id] = strings.Clone(text)
	t.present[id] = true
	t.ids[t.tokens[id]] = id
}
