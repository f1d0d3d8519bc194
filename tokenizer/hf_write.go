package tokenizer

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cria-llm/cria/internal/plainjson"
)

// Files are the contents of tokenizer.json and tokenizer_config.json, in the schema of Hugging Face's libraries, with
// which those make the ids that [FromGGUF] makes. A "llama" vocabulary becomes merges in the order of its scores.
func (v GGUFVocab) Files() (tokenizerJSON, tokenizerConfig []byte, err error) {
	t, err := FromGGUF(v) // which also says what is wrong with it
	if err != nil {
		return nil, nil, err
	}
	v.defaults()
	f := hfFile{Version: "1.0"}
	for id, token := range v.Tokens {
		special := t.control[id]
		if token == "" || t.ids[token] != int32(id) || !special && (len(v.Types) == 0 || v.Types[id] != typeUserDefined) {
			continue
		}
		f.AddedTokens = append(f.AddedTokens, hfAdded{ID: id, Content: token, Special: special, RStrip: v.stripsAfter(token)})
	}
	switch v.Model {
	case "gpt2":
		err = v.byteLevelParts(&f, t)
	case "llama":
		err = v.scoreParts(&f, t)
	case "t5":
		v.unigramParts(&f, t)
	case "bert":
		err = v.wordPieceParts(&f, t)
	}
	if err != nil {
		return nil, nil, err
	}
	if post := v.around(t); post != nil {
		if f.PostProcessor == nil {
			f.PostProcessor = post
		} else {
			f.PostProcessor = object{"type": "Sequence", "processors": []any{f.PostProcessor, post}}
		}
	}
	if tokenizerJSON, err = plainjson.Indent(f); err != nil {
		return nil, nil, err
	}
	c := object{"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false, "add_bos_token": t.addBOS, "add_eos_token": t.addEOS}
	for key, id := range map[string]int32{"bos_token": t.bos, "eos_token": t.eos, "unk_token": v.UNK} {
		if id >= 0 {
			c[key] = v.Tokens[id]
		}
	}
	decoder := object{}
	for _, a := range f.AddedTokens {
		decoder[fmt.Sprint(a.ID)] = object{"content": a.Content, "lstrip": false, "normalized": false, "rstrip": a.RStrip, "single_word": false, "special": a.Special}
	}
	c["added_tokens_decoder"] = decoder
	tokenizerConfig, err = plainjson.Indent(c)
	return tokenizerJSON, tokenizerConfig, err
}

// object is a part of tokenizer.json; its keys are written in the order of the alphabet.
type object = map[string]any

type hfFile struct {
	Version       string    `json:"version"`
	Truncation    *struct{} `json:"truncation"`
	Padding       *struct{} `json:"padding"`
	AddedTokens   []hfAdded `json:"added_tokens"`
	Normalizer    any       `json:"normalizer"`
	PreTokenizer  any       `json:"pre_tokenizer"`
	PostProcessor any       `json:"post_processor"`
	Decoder       any       `json:"decoder"`
	Model         object    `json:"model"`
}

type hfAdded struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// around is what puts BOS and EOS around a text, nil where nothing does.
func (v *GGUFVocab) around(t *Tokenizer) any {
	single, pair, tokens := []any{}, []any{}, object{}
	put := func(id int32, yes bool) {
		if yes {
			token := v.Tokens[id]
			single = append(single, object{"SpecialToken": object{"id": token, "type_id": 0}})
			pair = append(pair, object{"SpecialToken": object{"id": token, "type_id": 1}})
			tokens[token] = object{"id": token, "ids": []int32{id}, "tokens": []string{token}}
		}
	}
	put(t.bos, t.addBOS)
	single = append(single, object{"Sequence": object{"id": "A", "type_id": 0}})
	pair = append(pair, object{"Sequence": object{"id": "B", "type_id": 1}})
	put(t.eos, t.addEOS)
	if len(tokens) == 0 {
		return nil
	}
	return object{"type": "TemplateProcessing", "single": single, "pair": append(slices.Clone(single), pair...), "special_tokens": tokens}
}

// vocabulary is model.vocab. Of equal tokens it has the first.
func (v *GGUFVocab) vocabulary(t *Tokenizer, spell func(id int) string) (json.RawMessage, error) {
	list := make([]string, len(v.Tokens))
	for id, token := range v.Tokens {
		if t.ids[token] == int32(id) {
			list[id] = spell(id)
		}
	}
	return vocabObject(list)
}

func (v *GGUFVocab) asIs(id int) string { return v.Tokens[id] }

func (v *GGUFVocab) byteLevelParts(f *hfFile, t *Tokenizer) error {
	_, known, err := ggufPre(v.pre())
	if err != nil {
		return err
	}
	vocab, err := v.vocabulary(t, v.asIs)
	if err != nil {
		return err
	}
	bytesPart := object{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}
	var cuts []any
	for _, cut := range known.cuts {
		switch cut {
		case `\p{N}`:
			cuts = append(cuts, object{"type": "Digits", "individual_digits": true})
		default:
			cuts = append(cuts, object{"type": "Split", "pattern": object{"Regex": cut}, "behavior": isolated, "invert": false})
		}
	}
	f.PreTokenizer = object{"type": "Sequence", "pretokenizers": append(cuts, bytesPart)}
	f.PostProcessor, f.Decoder = bytesPart, bytesPart
	merges := v.Merges
	f.Model = bpeModel(vocab, merges, object{"fuse_unk": false, "byte_fallback": false, "ignore_merges": known.wholeWords})
	return nil
}

func bpeModel(vocab json.RawMessage, merges []string, more object) object {
	m := object{"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil, "vocab": vocab}
	pairs := make([][2]string, len(merges)) // as lists: a token may have a space in it
	for i, line := range merges {
		at := strings.IndexByte(line[1:], ' ') + 1
		pairs[i] = [2]string{line[:at], line[at+1:]}
	}
	m["merges"] = pairs
	for key, x := range more {
		m[key] = x
	}
	return m
}

// scoreParts turns scores into merges: every way to make a token of two others, the best score first.
func (v *GGUFVocab) scoreParts(f *hfFile, t *Tokenizer) error {
	m, ok := t.words.model.(*bpe)
	if !ok {
		return fmt.Errorf("tokenizer.ggml.model %q has no scores to merge by", v.Model)
	}
	type way struct{ id, cut int32 }
	var ways []way
	for token, id := range m.vocab {
		for cut := 1; cut < len(token); cut++ {
			if !utf8.RuneStart(token[cut]) {
				continue
			}
			if _, ok := m.vocab[token[:cut]]; !ok {
				continue
			}
			if _, ok := m.vocab[token[cut:]]; ok {
				ways = append(ways, way{id, int32(cut)})
			}
		}
	}
	slices.SortFunc(ways, func(a, b way) int {
		return cmp.Or(cmp.Compare(m.rank[a.id], m.rank[b.id]), cmp.Compare(a.id, b.id), cmp.Compare(b.cut, a.cut))
	})
	merges := make([][2]string, len(ways))
	for i, w := range ways {
		merges[i] = [2]string{v.Tokens[w.id][:w.cut], v.Tokens[w.id][w.cut:]}
	}
	vocab, err := v.vocabulary(t, v.asIs)
	if err != nil {
		return err
	}
	more := object{"fuse_unk": true, "byte_fallback": true, "ignore_merges": false, "merges": merges}
	if v.UNK >= 0 {
		more["unk_token"] = v.Tokens[v.UNK]
	}
	f.Model = bpeModel(vocab, nil, more)
	marks := object{"type": "Replace", "pattern": object{"String": " "}, "content": metaMark}
	decoders := []any{object{"type": "Replace", "pattern": object{"String": metaMark}, "content": " "}, object{"type": "ByteFallback"}, object{"type": "Fuse"}}
	f.Normalizer = marks
	if v.AddSpacePrefix == nil || *v.AddSpacePrefix {
		f.Normalizer = object{"type": "Sequence", "normalizers": []any{object{"type": "Prepend", "prepend": metaMark}, marks}}
		decoders = append(decoders, object{"type": "Strip", "content": " ", "start": 1, "stop": 0})
	}
	f.Decoder = object{"type": "Sequence", "decoders": decoders}
	return nil
}

func (v *GGUFVocab) unigramParts(f *hfFile, t *Tokenizer) {
	list := make([][2]any, len(v.Tokens))
	for id, token := range v.Tokens {
		list[id] = [2]any{token, v.Scores[id]}
	}
	m := t.words.model.(*unigram)
	f.Model = object{"type": "Unigram", "vocab": list, "unk_id": nil, "byte_fallback": m.bytes}
	if m.unk >= 0 {
		f.Model["unk_id"] = m.unk
	}
	var normalizers []any
	if len(v.Charsmap) > 0 {
		normalizers = append(normalizers, object{"type": "Precompiled", "precompiled_charsmap": base64.StdEncoding.EncodeToString(v.Charsmap)})
	}
	space := never
	if v.AddSpacePrefix != nil && *v.AddSpacePrefix {
		space = always
	}
	if v.RemoveExtraSpaces != nil && *v.RemoveExtraSpaces {
		space = always
		normalizers = append(normalizers, object{"type": "Strip", "strip_left": true, "strip_right": true},
			object{"type": "Replace", "pattern": object{"Regex": " {2,}"}, "content": " "})
	}
	if len(normalizers) > 0 {
		f.Normalizer = object{"type": "Sequence", "normalizers": normalizers}
	}
	marks := object{"type": "Metaspace", "replacement": metaMark, "prepend_scheme": space, "split": true}
	f.PreTokenizer, f.Decoder = marks, marks
}

func (v *GGUFVocab) wordPieceParts(f *hfFile, t *Tokenizer) error {
	const prefix = "##"
	vocab, err := v.vocabulary(t, func(id int) string {
		token := v.Tokens[id]
		if t.control[id] || int32(id) == v.UNK {
			return token
		}
		if tail, ok := strings.CutPrefix(token, metaMark); ok {
			return tail
		}
		return prefix + token
	})
	if err != nil {
		return err
	}
	lower := v.Lowercase == nil || *v.Lowercase
	accents := lower
	if v.StripAccents != nil {
		accents = *v.StripAccents
	}
	f.Normalizer = object{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": accents, "lowercase": lower}
	f.PreTokenizer = object{"type": "BertPreTokenizer"}
	f.Decoder = object{"type": "WordPiece", "prefix": prefix, "cleanup": false}
	f.Model = object{"type": "WordPiece", "continuing_subword_prefix": prefix, "max_input_chars_per_word": 100, "vocab": vocab}
	if v.UNK >= 0 {
		f.Model["unk_token"] = v.Tokens[v.UNK]
	}
	return nil
}
