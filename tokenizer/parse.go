package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// file is the schema of tokenizer.json, as far as it is read.
type file struct {
	AddedTokens []struct {
		ID         int64  `json:"id"`
		Content    string `json:"content"`
		SingleWord bool   `json:"single_word"`
		LStrip     bool   `json:"lstrip"`
		RStrip     bool   `json:"rstrip"`
		Normalized bool   `json:"normalized"`
		Special    bool   `json:"special"`
	} `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
	Model         *fileModel      `json:"model"`
}

type fileModel struct {
	Type                    string          `json:"type"`
	Vocab                   json.RawMessage `json:"vocab"`
	Merges                  json.RawMessage `json:"merges"`
	UnkToken                *string         `json:"unk_token"`
	FuseUnk                 bool            `json:"fuse_unk"`
	ByteFallback            bool            `json:"byte_fallback"`
	IgnoreMerges            bool            `json:"ignore_merges"`
	ContinuingSubwordPrefix *string         `json:"continuing_subword_prefix"`
	EndOfWordSuffix         string          `json:"end_of_word_suffix"`
	UnkID                   *int64          `json:"unk_id"`
	MaxInputChars           *int            `json:"max_input_chars_per_word"`

	entries []scoredToken // of a Unigram vocabulary
}

// Parse reads a tokenizer from the contents of tokenizer.json and, where there is one, tokenizer_config.json (nil
// otherwise). [Open] also looks into the files beside them.
func Parse(tokenizerJSON, tokenizerConfig []byte) (*Tokenizer, error) {
	t, post, err := parseFile(tokenizerJSON)
	if err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	var side sideFiles
	if tokenizerConfig != nil {
		if err := json.Unmarshal(tokenizerConfig, &side.config); err != nil {
			return nil, fmt.Errorf("tokenizer_config.json: %w", err)
		}
	}
	t.applySide(side, post)
	return t, nil
}

// parseFile reads tokenizer.json; t still lacks BOS and EOS, which other files say.
func parseFile(data []byte) (*Tokenizer, template, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, template{}, err
	}
	if f.Model == nil {
		return nil, template{}, fmt.Errorf("model is missing")
	}
	kind, err := f.Model.kind()
	if err != nil {
		return nil, template{}, err
	}
	vocab, twice, err := f.Model.vocab(kind)
	if err != nil {
		return nil, template{}, err
	}
	t := &Tokenizer{ids: make(map[string]int32, len(vocab)+len(f.AddedTokens)), bos: -1, eos: -1}

	if t.normalizers, err = parseNormalizer(f.Normalizer, "normalizer"); err != nil {
		return nil, template{}, err
	}
	if t.stages, err = parsePreTokenizer(f.PreTokenizer, "pre_tokenizer"); err != nil {
		return nil, template{}, err
	}
	if len(t.stages) > maxStages {
		return nil, template{}, fmt.Errorf("pre_tokenizer has %d parts; the limit is %d", len(t.stages), maxStages)
	}
	raw := t.finishStages()
	if t.decoders, err = parseDecoder(f.Decoder, "decoder"); err != nil {
		return nil, template{}, err
	}
	post, err := parsePostProcessor(f.PostProcessor, "post_processor", 0)
	if err != nil {
		return nil, template{}, err
	}

	count := len(vocab) + len(f.AddedTokens)
	limit := 2*int64(count) + 1<<16 // files leave gaps in the ids, but not without end
	highest := int64(0)
	check := func(field, token string, id int64) error {
		if id < 0 || id >= limit {
			return fmt.Errorf("%s: id %d of token %.40q is out of range for a vocabulary of %d tokens", field, id, token, count)
		}
		highest = max(highest, id+1)
		return nil
	}
	for id := range twice {
		highest = max(highest, int64(id)+1)
	}
	for token, id := range vocab {
		if err := check("model.vocab", token, id); err != nil {
			return nil, template{}, err
		}
	}
	for i, a := range f.AddedTokens {
		if err := check(fmt.Sprintf("added_tokens[%d]", i), a.Content, a.ID); err != nil {
			return nil, template{}, err
		}
	}
	t.tokens = make([]string, highest)
	t.present = make([]bool, highest)
	t.control = make([]bool, highest)
	for token, id := range vocab {
		if t.present[id] {
			return nil, template{}, fmt.Errorf("model.vocab: id %d belongs to both %.40q and %.40q", id, t.tokens[id], token)
		}
		t.setToken(int32(id), token)
	}
	for id, token := range twice {
		t.tokens[id], t.present[id] = token, true
	}

	var added []addedToken
	for _, a := range f.AddedTokens {
		if a.Content == "" {
			continue
		}
		id, ok := t.ids[a.Content] // the vocabulary knows better, as in the reference
		if !ok {
			id = int32(a.ID)
			t.setToken(id, a.Content)
		}
		t.control[id] = a.Special
		added = append(added, addedToken{id: id, content: a.Content, singleWord: a.SingleWord,
			lstrip: a.LStrip, rstrip: a.RStrip, normalized: a.Normalized, special: a.Special})
	}
	t.source = &source{normalizer: f.Normalizer, preTokenizer: f.PreTokenizer, added: added}
	if err := t.setAdded(added, false); err != nil {
		return nil, template{}, fmt.Errorf("added_tokens: %w", err)
	}
	switch kind {
	case "Unigram":
		err = t.setUnigram(f.Model)
	case "WordPiece":
		err = t.setWordPiece(f.Model, vocab)
	default:
		err = t.setBPE(f.Model, vocab, added, raw)
	}
	if err == nil && raw && kind != "BPE" {
		err = fmt.Errorf("pre_tokenizer: ByteLevel goes with a model of type BPE, not %s", kind)
	}
	return t, post, err
}

// kind is the model's type. One without is of the oldest format, and is known by its fields.
func (f *fileModel) kind() (string, error) {
	kind := f.Type
	if kind == "" {
		switch {
		case f.Merges != nil:
			kind = "BPE"
		case f.MaxInputChars != nil:
			kind = "WordPiece"
		case bytes.HasPrefix(bytes.TrimSpace(f.Vocab), []byte("[")):
			kind = "Unigram"
		}
	}
	switch {
	case kind != "BPE" && kind != "Unigram" && kind != "WordPiece":
		return "", fmt.Errorf("model.type %q is not supported (supported: BPE, Unigram, WordPiece)", kind)
	case isNull(f.Vocab):
		return "", fmt.Errorf("model.vocab is missing")
	case kind == "BPE" && f.ContinuingSubwordPrefix != nil && *f.ContinuingSubwordPrefix != "":
		return "", fmt.Errorf("model.continuing_subword_prefix %q is not supported (supported: none)", *f.ContinuingSubwordPrefix)
	case f.EndOfWordSuffix != "":
		return "", fmt.Errorf("model.end_of_word_suffix %q is not supported (supported: none)", f.EndOfWordSuffix)
	}
	return kind, nil
}

// vocab is the ids of the tokens. A Unigram vocabulary is a list that may have a token twice: the first is the one that
// text becomes, and the others are apart.
func (f *fileModel) vocab(kind string) (vocab map[string]int64, twice map[int]string, err error) {
	if kind != "Unigram" {
		if err := json.Unmarshal(f.Vocab, &vocab); err != nil {
			return nil, nil, fmt.Errorf("model.vocab: %w", err)
		}
		return vocab, nil, nil
	}
	if f.entries, err = f.scored(); err != nil {
		return nil, nil, err
	}
	vocab, twice = make(map[string]int64, len(f.entries)), make(map[int]string)
	for id, e := range f.entries {
		if _, ok := vocab[e.text]; ok {
			twice[id] = e.text
		} else {
			vocab[e.text] = int64(id)
		}
	}
	return vocab, twice, nil
}

// setAdded builds the matchers of added tokens.
func (t *Tokenizer) setAdded(added []addedToken, longestFirst bool) error {
	var raw, rawText, normed, normedText, template, control []addedToken
	for _, a := range added {
		if a.special || !a.normalized {
			template = append(template, a)
		}
		if a.special {
			control = append(control, a)
		}
		if a.normalized {
			a.content = t.normalize(a.content, place{head: true, first: true})
			normed = append(normed, a)
			if !a.special {
				normedText = append(normedText, a)
			}
		} else {
			raw = append(raw, a)
			if !a.special {
				rawText = append(rawText, a)
			}
		}
	}
	var err error
	for _, m := range []struct {
		to     *matcher
		tokens []addedToken
	}{{&t.rawAdded, raw}, {&t.rawAddedText, rawText}, {&t.normedAdded, normed}, {&t.normedAddedText, normedText},
		{&t.rawTemplate, template}, {&t.rawControl, control}} {
		if *m.to, err = newMatcher(m.tokens, longestFirst); err != nil {
			return err
		}
	}
	return nil
}

// setBPE builds the BPE model. raw says that pieces reach it as bytes, so that its tokens must be spelled out.
func (t *Tokenizer) setBPE(f *fileModel, vocab map[string]int64, added []addedToken, raw bool) error {
	m := &bpe{bytes: raw, vocab: make(map[string]int32, len(vocab)), unk: -1, fuseUnk: f.FuseUnk,
		byteFallback: f.ByteFallback && !raw, wholeWords: f.IgnoreMerges}
	for i := range m.byteIDs {
		m.byteIDs[i] = -1
	}
	isAdded := make(map[int32]bool, len(added))
	for _, a := range added {
		isAdded[a.id] = true
	}
	multi := "" // a token of more than one character
	var buf []byte
	for token, id64 := range vocab {
		id := int32(id64)
		b, isByte := byteToken(token)
		if isByte && !raw {
			m.byteIDs[b] = id
		}
		if t.control[id] {
			continue // text never becomes a control token
		}
		if !isByte && multi == "" && moreThanOne(token) && !isAdded[id] && (f.UnkToken == nil || token != *f.UnkToken) {
			multi = token
		}
		if !raw {
			m.vocab[t.tokens[id]] = id
			continue
		}
		var ok bool
		if buf, ok = appendSpelled(buf[:0], token); ok {
			m.vocab[string(buf)] = id
			if len(buf) == 1 {
				m.byteIDs[buf[0]] = id
			}
		}
	}
	if f.UnkToken != nil {
		id, ok := vocab[*f.UnkToken]
		if !ok {
			return fmt.Errorf("model.unk_token %.40q is not in model.vocab", *f.UnkToken)
		}
		m.unk = int32(id)
	}
	if err := t.setMerges(m, f, vocab, multi); err != nil {
		return err
	}
	m.finish()
	t.words, t.strays = m.memory(), m.byteFallback
	return nil
}

func moreThanOne(s string) bool {
	n := 0
	for range s {
		if n++; n > 1 {
			return true
		}
	}
	return false
}

// setMerges reads model.merges: "a b" or ["a", "b"] each, the first merge first.
func (t *Tokenizer) setMerges(m *bpe, f *fileModel, vocab map[string]int64, multi string) error {
	if isNull(f.Merges) {
		return fmt.Errorf("model.merges is missing: a BPE tokenizer cannot be read without its merges (export the tokenizer again, with merges)")
	}
	var lines []string
	var pairs [][]string
	if err := json.Unmarshal(f.Merges, &lines); err != nil {
		lines = nil
		if err := json.Unmarshal(f.Merges, &pairs); err != nil {
			return fmt.Errorf(`model.merges: want "a b" or ["a", "b"] for each merge: %w`, err)
		}
	}
	n := max(len(lines), len(pairs))
	if n == 0 && multi != "" && !f.IgnoreMerges {
		return fmt.Errorf("model.merges is empty, though model.vocab has tokens such as %.40q that only merges can make (export the tokenizer again, with merges)", multi)
	}
	m.merges = make(map[uint64]merge, n)
	for i := range n {
		var a, b string
		if lines != nil {
			// A line may well begin with "#": the version comment of merges.txt has no place here.
			var ok bool
			if a, b, ok = strings.Cut(lines[i], " "); !ok || strings.Contains(b, " ") {
				return fmt.Errorf("model.merges[%d]: %.40q is not two tokens with a space between", i, lines[i])
			}
		} else {
			if len(pairs[i]) != 2 {
				return fmt.Errorf("model.merges[%d]: %d tokens; want 2", i, len(pairs[i]))
			}
			a, b = pairs[i][0], pairs[i][1]
		}
		if err := t.addMerge(m, vocab, i, a, b); err != nil {
			return fmt.Errorf("model.merges[%d]: %w", i, err)
		}
	}
	return nil
}

func (t *Tokenizer) addMerge(m *bpe, vocab map[string]int64, rank int, a, b string) error {
	left, ok := vocab[a]
	if !ok {
		return fmt.Errorf("token %.40q is not in the vocabulary", a)
	}
	right, ok := vocab[b]
	if !ok {
		return fmt.Errorf("token %.40q is not in the vocabulary", b)
	}
	both, ok := vocab[a+b]
	if !ok {
		return fmt.Errorf("%.40q, made of %.40q and %.40q, is not in the vocabulary", a+b, a, b)
	}
	if !t.control[both] { // text never becomes a control token
		m.merges[pair(int32(left), int32(right))] = merge{int32(rank), int32(both)}
	}
	return nil
}

func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}
