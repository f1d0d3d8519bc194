package tokenizer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// GGUFVocab is the vocabulary that a GGUF file carries under tokenizer.ggml.*.
type GGUFVocab struct {
	Model  string    // tokenizer.ggml.model: "llama", "gpt2", "t5" or "bert"
	Pre    string    // tokenizer.ggml.pre, "" where absent
	Tokens []string  // tokenizer.ggml.tokens, by id
	Scores []float32 // tokenizer.ggml.scores; "llama" and "t5" only
	Types  []int32   // tokenizer.ggml.token_type: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte
	Merges []string  // tokenizer.ggml.merges; "gpt2" only

	BOS, EOS, UNK int32 // ids, -1 for none

	AddBOS, AddEOS, AddSpacePrefix *bool // nil where absent
	RemoveExtraSpaces              *bool // tokenizer.ggml.remove_extra_whitespaces; "t5" only
	Lowercase, StripAccents        *bool // tokenizer.ggml.normalizer.lowercase and .strip_accents; "bert" only

	Charsmap     []byte // tokenizer.ggml.precompiled_charsmap; "t5" only
	Arch         string // general.architecture: it settles the pre-tokenizer of a "gpt2" vocabulary without Pre
	byteFallback bool   // of a SentencePiece model; llama.cpp's Unigram has none

	Name string // general.name: Phi-3's control tokens take the white space after them with them
}

// Token types of a GGUF vocabulary.
const (
	typeNormal      = 1
	typeUnknown     = 2
	typeControl     = 3
	typeUserDefined = 4
	typeUnused      = 5
	typeByte        = 6
)

// FromGGUF is the tokenizer of a GGUF vocabulary. It follows llama.cpp, defaults for absent keys included.
func FromGGUF(v GGUFVocab) (*Tokenizer, error) {
	t, err := fromGGUF(v)
	if err != nil {
		return nil, fmt.Errorf("GGUF tokenizer: %w", err)
	}
	return t, nil
}

func fromGGUF(v GGUFVocab) (*Tokenizer, error) {
	n := len(v.Tokens)
	if n == 0 {
		return nil, fmt.Errorf("tokenizer.ggml.tokens is missing or empty")
	}
	if len(v.Types) != 0 && len(v.Types) < n {
		return nil, fmt.Errorf("tokenizer.ggml.token_type has %d entries for %d tokens", len(v.Types), n)
	}
	for _, id := range []struct {
		key string
		id  int32
	}{{"bos", v.BOS}, {"eos", v.EOS}, {"unknown", v.UNK}} {
		if int(id.id) >= n {
			return nil, fmt.Errorf("tokenizer.ggml.%s_token_id %d is outside the vocabulary of %d tokens", id.key, id.id, n)
		}
	}
	v.defaults()
	t := &Tokenizer{
		tokens: make([]string, n), present: make([]bool, n), control: make([]bool, n),
		ids: make(map[string]int32, n), bos: max(v.BOS, -1), eos: max(v.EOS, -1),
	}
	typ := func(id int) int32 {
		switch {
		case endsGeneration(v.Tokens[id]):
			return typeControl // many conversions get these wrong
		case len(v.Types) == 0:
			return 1
		}
		return v.Types[id]
	}
	var added []addedToken
	for id, token := range v.Tokens {
		if _, ok := t.ids[token]; ok || token == "" {
			// Padded vocabularies have duplicates: the first is the one that text becomes.
			t.tokens[id], t.present[id] = token, true
		} else {
			t.setToken(int32(id), token)
		}
		special := false
		switch typ(id) {
		case typeControl, typeUnknown:
			t.control[id], special = true, true
		case typeUserDefined:
		default:
			continue
		}
		if token != "" && t.ids[token] == int32(id) {
			added = append(added, addedToken{id: int32(id), content: token, special: special, rstrip: v.stripsAfter(token)})
		}
	}
	if err := t.setAdded(added, true); err != nil {
		return nil, err
	}

	var err error
	switch v.Model {
	case "llama":
		err = t.setScores(v, typ)
	case "gpt2":
		err = t.setGPT2(v, typ)
	case "t5":
		err = t.setT5(v, typ)
	case "bert":
		err = t.setBERT(v, typ)
	case "":
		err = fmt.Errorf("tokenizer.ggml.model is missing")
	default:
		err = fmt.Errorf("tokenizer.ggml.model %q is not supported (supported: llama, gpt2, t5, bert)", v.Model)
	}
	if err != nil {
		return nil, err
	}
	if v.AddBOS != nil {
		t.addBOS = *v.AddBOS
	}
	if v.AddEOS != nil {
		t.addEOS = *v.AddEOS
	}
	t.addBOS = t.addBOS && t.bos >= 0
	t.addEOS = t.addEOS && t.eos >= 0
	for _, id := range []int32{t.bos, t.eos} {
		if id >= 0 {
			t.control[id] = true
		}
	}
	return t, nil
}

// defaults puts in what llama.cpp takes for absent keys.
func (v *GGUFVocab) defaults() {
	put := func(id *int32, otherwise int) {
		if *id < 0 && otherwise < len(v.Tokens) {
			*id = int32(otherwise)
		}
	}
	switch v.Model {
	case "llama":
		put(&v.UNK, 0)
		put(&v.BOS, 1)
		put(&v.EOS, 2)
	case "t5":
		put(&v.EOS, 1)
		put(&v.UNK, 2)
	case "bert":
		put(&v.UNK, 100)
		put(&v.BOS, 101)
	}
	if (v.Model == "llama" || v.Model == "t5") && len(v.Scores) == 0 {
		v.Scores = make([]float32, len(v.Tokens))
	}
}

// endsGeneration reports tokens that llama.cpp takes for control tokens whatever type the file gives them: those that end
// a turn or a text, and those that stand around what is to be filled in.
func endsGeneration(token string) bool {
	switch token {
	case "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>",
		"<|end_of_text|>", "<end_of_utterance>", "<eos>", "<｜end▁of▁sentence｜>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>",
		"[EOT]", "[EOS]", "<turn|>", "<|tool_response>", "[e~[",
		"<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>", "<|prefix|>",
		"<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>", "<|suffix|>",
		"<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>", "<|middle|>",
		"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]",
		"<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>", "<|file_sep|>":
		return true
	}
	return false
}

// stripsAfter reports a control token of Phi-3 that takes the white space after it with it; the file itself cannot say so.
func (v *GGUFVocab) stripsAfter(token string) bool {
	name := strings.ToLower(v.Name)
	return (strings.Contains(name, "phi-3") || strings.Contains(name, "phi3")) && token != "<unk>" && token != "<s>" && token != "<|endoftext|>"
}

// setScores builds the model of a "llama" vocabulary: SentencePiece's BPE, where of all neighbours that together are a
// token those with the highest score merge first, and unknown characters become bytes.
func (t *Tokenizer) setScores(v GGUFVocab, typ func(int) int32) error {
	n := len(v.Tokens)
	if len(v.Scores) < n {
		return fmt.Errorf("tokenizer.ggml.scores has %d entries for %d tokens", len(v.Scores), n)
	}
	t.addBOS = true
	prefix := v.AddSpacePrefix == nil || *v.AddSpacePrefix
	if prefix {
		t.normalizers = append(t.normalizers, prepend{metaMark})
	}
	t.normalizers = append(t.normalizers, replaceString{" ", metaMark})
	t.decoders = []decoder{rewrite{replaceString{metaMark, " "}}, byteFallback{}, fuse{}}
	if prefix {
		t.decoders = append(t.decoders, stripDecoder{" ", 1, 0})
	}

	m := &bpe{vocab: make(map[string]int32, n), rank: make([]int32, n), byteFallback: true, unk: max(v.UNK, -1)}
	for i := range m.byteIDs {
		m.byteIDs[i] = -1
	}
	order := make([]int32, n)
	for id := range order {
		order[id] = int32(id)
		if math.IsNaN(float64(v.Scores[id])) {
			return fmt.Errorf("tokenizer.ggml.scores[%d] is not a number", id)
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(v.Scores[b], v.Scores[a]) })
	for i, id := range order {
		m.rank[id] = int32(i)
		if i > 0 && v.Scores[order[i-1]] == v.Scores[id] {
			m.rank[id] = m.rank[order[i-1]] // of equal scores the leftmost pair merges first
		}
	}
	for token, id := range t.ids {
		switch typ(int(id)) {
		case typeControl, typeUnknown: // text never becomes one of these
		case typeByte:
			if b, ok := byteToken(token); ok {
				m.byteIDs[b] = id
			}
		default:
			if token != "" {
				m.vocab[token] = id
			}
		}
	}
	m.finish()
	t.words, t.strays = m.memory(), m.byteFallback
	return nil
}

// setGPT2 builds the model of a "gpt2" vocabulary: byte-level BPE with merges, behind the pre-tokenizer named by Pre.
func (t *Tokenizer) setGPT2(v GGUFVocab, typ func(int) int32) error {
	if v.Merges == nil { // an empty list is of a vocabulary of bytes alone
		return fmt.Errorf("tokenizer.ggml.merges is missing")
	}
	stages, pre, err := ggufPre(v.pre())
	if err != nil {
		return err
	}
	t.stages = stages
	t.addBOS = pre.addBOS
	t.decoders = []decoder{bytesDecoder{}}
	t.verbatim = make([]bool, len(v.Tokens))

	m := &bpe{bytes: true, vocab: make(map[string]int32, len(v.Tokens)), merges: make(map[uint64]merge, len(v.Merges)), unk: -1, wholeWords: pre.wholeWords}
	for i := range m.byteIDs {
		m.byteIDs[i] = -1
	}
	var buf []byte
	for token, id := range t.ids {
		switch typ(int(id)) {
		case typeControl, typeUnknown, typeUserDefined:
			t.verbatim[id] = true
			continue
		}
		var ok bool
		if buf, ok = appendSpelled(buf[:0], token); !ok {
			t.verbatim[id] = true
			continue
		}
		m.vocab[string(buf)] = id
		if len(buf) == 1 {
			m.byteIDs[buf[0]] = id
		}
	}
	// Merges may make what is no token, on the way to one that is: such a symbol has a number after the tokens', and what
	// is left of it in the end becomes its bytes.
	between := make(map[string]int32)
	number := func(symbol string) int32 {
		id, ok := t.ids[symbol]
		if !ok {
			if id, ok = between[symbol]; !ok {
				id = int32(len(v.Tokens) + len(between))
				between[symbol] = id
			}
		}
		return id
	}
	m.tokens = int32(len(v.Tokens))
	for i, line := range v.Merges {
		at := -1
		if len(line) > 1 {
			at = strings.IndexByte(line[1:], ' ') + 1
		}
		if at <= 0 {
			return fmt.Errorf("tokenizer.ggml.merges[%d]: %.40q is not two tokens with a space between", i, line)
		}
		a, b := line[:at], line[at+1:]
		left, right, both := number(a), number(b), number(a+b)
		if int(both) < len(v.Tokens) && (typ(int(both)) == typeControl || typ(int(both)) == typeUnknown) {
			continue // text never becomes one of these
		}
		if _, ok := m.merges[pair(left, right)]; !ok { // of equal merges the first counts
			m.merges[pair(left, right)] = merge{int32(i), both}
		}
	}
	m.finish()
	t.words, t.strays = m.memory(), m.byteFallback
	return nil
}

// pre is the name of the pre-tokenizer. A file of the days before they had names means its model's own: that of
// GPT-NeoX's vocabulary is known by its first tokens, others by the architecture. Otherwise it is llama.cpp's default.
func (v *GGUFVocab) pre() string {
	if v.Pre != "" {
		return v.Pre
	}
	if len(v.Tokens) > 1 && v.Tokens[0] == "<|endoftext|>" && v.Tokens[1] == "<|padding|>" {
		return "gpt-2"
	}
	switch v.Arch {
	case "gptneox", "gpt2":
		return "gpt-2"
	case "mpt", "bloom", "falcon", "starcoder", "refact", "qwen2", "command-r":
		return v.Arch
	}
	return ""
}

// setT5 builds the model of a "t5" vocabulary: SentencePiece's Unigram.
func (t *Tokenizer) setT5(v GGUFVocab, typ func(int) int32) error {
	if len(v.Scores) < len(v.Tokens) {
		return fmt.Errorf("tokenizer.ggml.scores has %d entries for %d tokens", len(v.Scores), len(v.Tokens))
	}
	t.addEOS = true
	if len(v.Charsmap) > 0 {
		c, err := parseCharsmap(v.Charsmap)
		if err != nil {
			return fmt.Errorf("tokenizer.ggml.precompiled_charsmap: %w", err)
		}
		t.normalizers = append(t.normalizers, &c)
	}
	spaces := sentenceSpaces{prefix: v.AddSpacePrefix != nil && *v.AddSpacePrefix, merge: v.RemoveExtraSpaces != nil && *v.RemoveExtraSpaces, each: true}
	t.normalizers = append(t.normalizers, spaces)
	t.decoders = []decoder{rewrite{replaceString{metaMark, " "}}, byteFallback{}, fuse{}}
	if spaces.prefix || spaces.merge {
		t.decoders = append(t.decoders, stripDecoder{" ", 1, 0})
	}
	unk := max(v.UNK, -1)
	var tokens []unigramToken
	least := math.Inf(1)
	var byteIDs [256]int32
	for i := range byteIDs {
		byteIDs[i] = -1
	}
	bytes := 0
	for id, text := range v.Tokens {
		score := float64(v.Scores[id])
		switch typ(id) {
		case typeControl, typeUnknown:
			continue
		case typeByte:
			if b, ok := byteToken(text); ok {
				byteIDs[b] = int32(id)
				bytes++
			}
			continue
		case typeUserDefined:
			score = 0
		case typeUnused:
		default:
			least = min(least, score)
		}
		if text != "" && t.ids[text] == int32(id) {
			tokens = append(tokens, unigramToken{text, int32(id), score})
		}
	}
	if math.IsInf(least, 1) {
		least = 0
	}
	fallback := &byteIDs
	if !v.byteFallback || bytes < 256 {
		fallback = nil
	}
	m, err := newUnigram(tokens, least, unk, fallback)
	if err != nil {
		return fmt.Errorf("tokenizer.ggml.tokens: %w", err)
	}
	t.words, t.strays = newMemory(m, m.atMark), m.bytes
	return nil
}

// setBERT builds the model of a "bert" vocabulary: WordPiece, where tokens that begin a word have a space mark.
func (t *Tokenizer) setBERT(v GGUFVocab, typ func(int) int32) error {
	t.addBOS = true
	lower := v.Lowercase == nil || *v.Lowercase
	accents := lower
	if v.StripAccents != nil {
		accents = *v.StripAccents
	}
	t.normalizers = []normalizer{bert{clean: true, chinese: true, accents: accents, lower: lower}}
	t.stages = []stage{bertCut{}, wordMark{}}
	t.decoders = []decoder{wordPieceDecoder{marks: true}}
	unk := max(v.UNK, -1)
	tokens := make([]string, len(v.Tokens))
	for id, text := range v.Tokens {
		if kind := typ(id); kind != typeControl && kind != typeUnknown && t.ids[text] == int32(id) {
			tokens[id] = text
		}
	}
	m, err := newWordPiece(tokens, "", unk, 0)
	if err != nil {
		return fmt.Errorf("tokenizer.ggml.tokens: %w", err)
	}
	t.words = newMemory(m, false)
	return nil
}
