package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/plainjson"
)

// Trained is a tokenizer as a [Trainer] makes it.
type Trained struct {
	Special []string   // the first ids
	Tokens  []string   // by id, spelled as in tokenizer.json: special tokens, 256 bytes, then what merges make
	Merges  [][2]int32 // the first merge first
	Split   string     // one of Splits

	Words      int   // different words of the text
	Bytes      int64 // of the text
	TextTokens int64 // that the text is cut into
}

// trainedFiles are the files of a tokenizer.
func trainedFiles() []string { return []string{"tokenizer.json", "tokenizer_config.json"} }

// Free reports, as an error, that a folder cannot take a new tokenizer because it has one, or is none.
func Free(dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s: is a file: a tokenizer is written to a folder", dir)
	}
	for _, name := range trainedFiles() {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s is there already: a tokenizer is not written over another (choose another folder)", path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Save writes tokenizer.json and tokenizer_config.json, in the schema of Hugging Face's libraries, into a folder that
// is [Free]. It makes the folder.
func (t *Trained) Save(dir string) error {
	if err := Free(dir); err != nil {
		return err
	}
	main, config, err := t.Files()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	// tokenizer.json last: without it the folder holds no tokenizer.
	if err := atomicfile.WriteBytes(filepath.Join(dir, "tokenizer_config.json"), config); err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, "tokenizer.json"), main)
}

// Files are the contents of tokenizer.json and tokenizer_config.json.
func (t *Trained) Files() (tokenizerJSON, tokenizerConfig []byte, err error) {
	type addedToken struct {
		ID         int    `json:"id"`
		Content    string `json:"content"`
		SingleWord bool   `json:"single_word"`
		LStrip     bool   `json:"lstrip"`
		RStrip     bool   `json:"rstrip"`
		Normalized bool   `json:"normalized"`
		Special    bool   `json:"special"`
	}
	type byteLevel struct {
		Type           string `json:"type"`
		AddPrefixSpace bool   `json:"add_prefix_space"`
		TrimOffsets    bool   `json:"trim_offsets"`
		UseRegex       bool   `json:"use_regex"`
	}
	type regex struct {
		Regex string `json:"Regex"`
	}
	type splitPart struct {
		Type     string   `json:"type"`
		Pattern  regex    `json:"pattern"`
		Behavior behavior `json:"behavior"`
		Invert   bool     `json:"invert"`
	}
	type sequence struct {
		Type          string `json:"type"`
		Pretokenizers []any  `json:"pretokenizers"`
	}
	type model struct {
		Type                    string          `json:"type"`
		Dropout                 *float64        `json:"dropout"`
		UnkToken                *string         `json:"unk_token"`
		ContinuingSubwordPrefix *string         `json:"continuing_subword_prefix"`
		EndOfWordSuffix         *string         `json:"end_of_word_suffix"`
		FuseUnk                 bool            `json:"fuse_unk"`
		ByteFallback            bool            `json:"byte_fallback"`
		IgnoreMerges            bool            `json:"ignore_merges"`
		Vocab                   json.RawMessage `json:"vocab"`
		Merges                  []string        `json:"merges"`
	}
	bytesPart := byteLevel{Type: "ByteLevel"}
	f := struct {
		Version       string       `json:"version"`
		Truncation    *struct{}    `json:"truncation"`
		Padding       *struct{}    `json:"padding"`
		AddedTokens   []addedToken `json:"added_tokens"`
		Normalizer    *struct{}    `json:"normalizer"`
		PreTokenizer  any          `json:"pre_tokenizer"`
		PostProcessor byteLevel    `json:"post_processor"`
		Decoder       byteLevel    `json:"decoder"`
		Model         model        `json:"model"`
	}{Version: "1.0", PostProcessor: bytesPart, Decoder: bytesPart, Model: model{Type: "BPE", Merges: make([]string, 0, len(t.Merges))}}
	for _, s := range splits() {
		switch {
		case s.name != t.Split:
		case s.regex == "":
			words := bytesPart
			words.UseRegex = true
			f.PreTokenizer = words
		default:
			f.PreTokenizer = sequence{"Sequence", []any{splitPart{"Split", regex{s.regex}, isolated, false}, bytesPart}}
		}
	}
	decoders := make(map[string]addedToken, len(t.Special)) // encoding/json sorts a map's keys
	for i, s := range t.Special {
		a := addedToken{ID: i, Content: s, Special: true}
		f.AddedTokens = append(f.AddedTokens, a)
		decoders[fmt.Sprint(i)] = a
	}
	if f.Model.Vocab, err = vocabObject(t.Tokens); err != nil {
		return nil, nil, err
	}
	for _, m := range t.Merges {
		f.Model.Merges = append(f.Model.Merges, t.Tokens[m[0]]+" "+t.Tokens[m[1]])
	}
	if tokenizerJSON, err = plainjson.Indent(f); err != nil {
		return nil, nil, err
	}
	tokenizerConfig, err = plainjson.Indent(struct {
		AddBOS         bool                  `json:"add_bos_token"`
		AddPrefixSpace bool                  `json:"add_prefix_space"`
		Decoder        map[string]addedToken `json:"added_tokens_decoder"`
		BOS            string                `json:"bos_token"`
		CleanUp        bool                  `json:"clean_up_tokenization_spaces"`
		EOS            string                `json:"eos_token"`
		Class          string                `json:"tokenizer_class"`
	}{Decoder: decoders, BOS: t.Special[0], EOS: t.Special[0], Class: "PreTrainedTokenizerFast"})
	return tokenizerJSON, tokenizerConfig, err
}

// vocabObject is the object of tokens in the order of their ids, which a Go map would lose. It leaves out empty ones.
func vocabObject(tokens []string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for id, token := range tokens {
		if token == "" {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		name, err := plainjson.Marshal(token)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%s:%d", name, id)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
