package tokenizer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// source is what tokenizer.json said of the parts that the tokenizer itself keeps in another form.
type source struct {
	normalizer   json.RawMessage
	preTokenizer json.RawMessage
	added        []addedToken

	vocab *GGUFVocab // of a SentencePiece model, instead
}

// GGUF is the tokenizer as the vocabulary of a GGUF file, with which llama.cpp makes the same ids of a text: the inverse
// of [FromGGUF], for a tokenizer that came from tokenizer.json or a SentencePiece model. rows is how many tokens the
// model has embeddings for, at least [Tokenizer.VocabSize]; ids that no token has are filled in as unused.
//
// The pre-tokenizer is recognised by its parts. One that llama.cpp has no name for is an error that shows them.
func (t *Tokenizer) GGUF(rows int) (GGUFVocab, error) {
	v, err := t.gguf(rows)
	if err != nil {
		return GGUFVocab{}, fmt.Errorf("tokenizer as GGUF: %w", err)
	}
	return v, nil
}

func (t *Tokenizer) gguf(rows int) (GGUFVocab, error) {
	if t.source == nil {
		return GGUFVocab{}, fmt.Errorf("it came from a GGUF file, whose own metadata says it exactly")
	}
	if rows < len(t.tokens) {
		return GGUFVocab{}, fmt.Errorf("the tokenizer has %d tokens, the model embeddings for %d", len(t.tokens), rows)
	}
	v := GGUFVocab{BOS: t.bos, EOS: t.eos, UNK: -1, AddBOS: &t.addBOS, AddEOS: &t.addEOS}
	v.Tokens, v.Types = make([]string, rows), make([]int32, rows)
	for id := range v.Tokens {
		switch {
		case id < len(t.tokens) && t.present[id]:
			v.Tokens[id], v.Types[id] = t.tokens[id], typeNormal
		default:
			v.Tokens[id], v.Types[id] = fmt.Sprintf("[PAD%d]", id), typeUnused
		}
	}
	if from := t.source.vocab; from != nil {
		v.Model, v.Pre, v.UNK, v.Scores = from.Model, "default", from.UNK, make([]float32, rows)
		copy(v.Tokens, from.Tokens)
		copy(v.Types, from.Types)
		copy(v.Scores, from.Scores)
		for id, token := range v.Tokens {
			if token == "" {
				v.Tokens[id] = fmt.Sprintf("[PAD%d]", id)
			}
		}
		v.AddSpacePrefix, v.RemoveExtraSpaces, v.Charsmap = from.AddSpacePrefix, from.RemoveExtraSpaces, from.Charsmap
		return v, nil
	}
	if err := t.words.model.gguf(t, &v); err != nil {
		return v, err
	}
	for _, a := range t.source.added {
		switch {
		case a.id == v.UNK && v.Types[a.id] == typeUnknown:
		case a.special:
			v.Types[a.id] = typeControl
		default:
			v.Types[a.id] = typeUserDefined
			if v.Model != "gpt2" { // looked for in text that has spaces still
				v.Tokens[a.id] = strings.ReplaceAll(v.Tokens[a.id], metaMark, " ")
			}
		}
	}
	return v, nil
}

// gguf describes merges by rank: as "gpt2" where they are of bytes, else as "llama", SentencePiece's BPE, whose scores
// give the same order.
func (m *bpe) gguf(t *Tokenizer, v *GGUFVocab) error {
	v.UNK = m.unk
	if m.bytes {
		return m.ggufBytes(t, v)
	}
	prefix, err := spaceMarks(t.source)
	if err != nil {
		return err
	}
	if !m.byteFallback {
		return fmt.Errorf("model.byte_fallback is false: llama.cpp writes unknown characters as bytes")
	}
	v.Model, v.Pre, v.AddSpacePrefix = "llama", "default", &prefix
	v.Scores = m.scores
	if v.Scores == nil {
		v.Scores = make([]float32, len(v.Tokens))
		first := make(map[int32]int32, len(m.merges)) // rank of the first merge that makes a token
		for _, r := range m.merges {
			if rank, ok := first[r.id]; !ok || r.rank < rank {
				first[r.id] = r.rank
			}
		}
		made := make([]int32, 0, len(first))
		for id := range first {
			made = append(made, id)
		}
		slices.SortFunc(made, func(a, b int32) int { return cmp.Compare(first[a], first[b]) })
		for i, id := range made {
			v.Scores[id] = -float32(i)
		}
		for id := range v.Tokens { // what no merge makes comes last
			if _, ok := first[int32(id)]; !ok {
				v.Scores[id] = -float32(len(made) + 1)
			}
		}
	}
	for len(v.Scores) < len(v.Tokens) {
		v.Scores = append(v.Scores, 0)
	}
	for _, id := range m.byteIDs {
		if id >= 0 {
			v.Types[id] = typeByte
			v.Scores[id] = 0
		}
	}
	if m.unk >= 0 {
		v.Types[m.unk] = typeUnknown
	}
	return nil
}

// ggufBytes describes a byte-level BPE.
func (m *bpe) ggufBytes(t *Tokenizer, v *GGUFVocab) error {
	pre, err := t.preName(m)
	if err != nil {
		return err
	}
	v.Model, v.Pre = "gpt2", pre
	list := m.mergeList()
	v.Merges = make([]string, len(list))
	for i, pair := range list {
		v.Merges[i] = t.tokens[pair[0]] + " " + t.tokens[pair[1]]
	}
	return nil
}

// spaceMarks reports whether a space goes before the text, and refuses anything else than SentencePiece's way with
// spaces: each a mark, and one mark perhaps before the text.
func spaceMarks(s *source) (prefix bool, err error) {
	var seen []string
	marks := false
	normalizers, err := partsOf(s.normalizer, "normalizer", func(p *part) []json.RawMessage { return p.Normalizers })
	if err != nil {
		return false, err
	}
	for _, p := range normalizers {
		switch {
		case p.Type == "Prepend" && p.Prepend == metaMark && !marks:
			prefix = true
		case p.Type == "Replace" && p.Pattern.is(" ") && p.Content == metaMark:
			marks = true
		default:
			seen = append(seen, "normalizer "+p.Type)
		}
	}
	cuts, err := partsOf(s.preTokenizer, "pre_tokenizer", func(p *part) []json.RawMessage { return p.PreTokenizers })
	if err != nil {
		return false, err
	}
	for _, p := range cuts {
		switch {
		case p.Type == "Metaspace":
			m, err := p.metaspace("pre_tokenizer")
			if err != nil {
				return false, err
			}
			marks = marks || m.mark == metaMark
			prefix = prefix || m.scheme != never
		case p.Type == "Split" && p.Pattern.is(" ") && marks: // there is none left
		default:
			seen = append(seen, "pre_tokenizer "+p.Type)
		}
	}
	if !marks || len(seen) > 0 {
		return false, fmt.Errorf("llama.cpp knows this kind of model only with spaces written as %s and nothing else done to the text (here: %s)",
			metaMark, cmp.Or(strings.Join(seen, ", "), "spaces as they are"))
	}
	return prefix, nil
}

func (p *partPattern) is(literal string) bool {
	return p != nil && p.String != nil && *p.String == literal
}

// partsOf is a part, or the parts of a Sequence.
func partsOf(raw json.RawMessage, field string, below func(*part) []json.RawMessage) ([]part, error) {
	return parseParts(raw, field, 0, "", below, func(p *part, _ string) (part, error) { return *p, nil })
}

// preName is llama.cpp's name of the pre-tokenizer.
func (t *Tokenizer) preName(m *bpe) (string, error) {
	normalizers, err := partsOf(t.source.normalizer, "normalizer", func(p *part) []json.RawMessage { return p.Normalizers })
	if err != nil {
		return "", err
	}
	for _, p := range normalizers {
		if p.Type != "NFC" { // which llama.cpp leaves out for the models that have it
			return "", fmt.Errorf("normalizer %s has no counterpart in llama.cpp's byte-level BPE", p.Type)
		}
	}
	parts, err := partsOf(t.source.preTokenizer, "pre_tokenizer", func(p *part) []json.RawMessage { return p.PreTokenizers })
	if err != nil {
		return "", err
	}
	var cuts []string
	for i, p := range parts {
		switch {
		case p.Type == "ByteLevel" && isTrue(p.AddPrefixSpace):
			return "", fmt.Errorf("pre_tokenizer part %d: add_prefix_space has no counterpart in llama.cpp's byte-level BPE", i)
		case p.Type == "ByteLevel" && isTrue(p.UseRegex):
			cuts = append(cuts, patternGPT2)
		case p.Type == "ByteLevel":
		case p.Type == "Digits" && p.IndividualDigits:
			cuts = append(cuts, `\p{N}`)
		case p.Type == "Digits":
			cuts = append(cuts, `\p{N}+`)
		case p.Type == "Punctuation" && p.Behavior == contiguous:
			cuts = append(cuts, patternPunctuation)
		case p.Type == "Split" && p.Pattern != nil && p.Pattern.Regex != nil && (p.Behavior == isolated && !p.Invert || p.Behavior == removed && p.Invert):
			cuts = append(cuts, canonical(*p.Pattern.Regex))
		default:
			return "", fmt.Errorf("pre_tokenizer part %d (%s) has no counterpart in llama.cpp's byte-level BPE", i, p.Type)
		}
	}
	alike := "" // a name that differs in ignore_merges alone
	for _, p := range pres() {
		if !slices.Equal(cuts, p.cuts) && !slices.Equal(cuts, p.ggml) {
			continue
		}
		if p.wholeWords == m.wholeWords {
			return p.names[0], nil
		}
		alike = p.names[0]
	}
	if alike != "" && m.mergesToTokens() {
		return alike, nil
	}
	return "", fmt.Errorf("llama.cpp has no name for the pre-tokenizer %.400q with ignore_merges %t", cuts, m.wholeWords)
}

// mergesToTokens reports that merging makes every token of its own text, so that ignore_merges changes nothing.
func (m *bpe) mergesToTokens() bool {
	merging := *m
	merging.wholeWords = false
	var s scratch
	var ids []int32
	for token, id := range m.vocab {
		if ids = merging.encode(ids[:0], token, &s); len(ids) != 1 || ids[0] != id {
			return false
		}
	}
	return true
}

// ggufSpaces says how a Unigram tokenizer treats text before it cuts it, in the keys of a "t5" vocabulary.
func (t *Tokenizer) ggufSpaces(v *GGUFVocab) error {
	prefix, merge := false, false
	normalizers, err := partsOf(t.source.normalizer, "normalizer", func(p *part) []json.RawMessage { return p.Normalizers })
	if err != nil {
		return err
	}
	for _, p := range normalizers {
		switch {
		case p.Type == "Precompiled":
			v.Charsmap = p.Charsmap
		case p.Type == "Strip", p.Type == "Replace" && p.Pattern != nil && p.Pattern.Regex != nil && strings.HasPrefix(*p.Pattern.Regex, " {2"):
			merge = true
		case p.Type == "Replace" && p.Pattern.is(" ") && p.Content == metaMark:
		case p.Type == "Prepend" && p.Prepend == metaMark:
			prefix = true
		default:
			return fmt.Errorf("normalizer %s has no counterpart in llama.cpp's Unigram", p.Type)
		}
	}
	cuts, err := partsOf(t.source.preTokenizer, "pre_tokenizer", func(p *part) []json.RawMessage { return p.PreTokenizers })
	if err != nil {
		return err
	}
	for _, p := range cuts {
		switch p.Type {
		case "WhitespaceSplit":
			merge = true
		case "Metaspace":
			m, err := p.metaspace("pre_tokenizer")
			if err != nil {
				return err
			}
			prefix = prefix || m.scheme != never
		default:
			return fmt.Errorf("pre_tokenizer %s has no counterpart in llama.cpp's Unigram", p.Type)
		}
	}
	v.AddSpacePrefix, v.RemoveExtraSpaces = &prefix, &merge
	return nil
}
