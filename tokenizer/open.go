package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/internal/wholefile"
)

// maxFile bounds the size of a file that is read whole. The largest tokenizer.json in use are below 40 MB.
const maxFile = 512 << 20

// Open reads the tokenizer of a model folder (tokenizer.json, with tokenizer_config.json, special_tokens_map.json,
// generation_config.json and config.json where present), or of its tokenizer.model, spiece.model or tekken.json where it
// has no tokenizer.json; or such a file itself with those beside it.
func Open(path string) (*Tokenizer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open tokenizer: %w", err)
	}
	name := path
	if info.IsDir() {
		for _, file := range tokenizerFiles() {
			name = filepath.Join(path, file)
			if _, err = os.Stat(name); err == nil {
				break
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open tokenizer: %s has no %s (a GGUF file carries its own tokenizer; other formats must be converted)", path, strings.Join(tokenizerFiles(), " or "))
		}
	}
	data, err := wholefile.Read(name, maxFile)
	if err != nil {
		return nil, fmt.Errorf("open tokenizer: %w", err)
	}
	dir := filepath.Dir(name)
	var side sideFiles
	var added addedFile
	for _, f := range []struct {
		name string
		to   any
	}{
		{"tokenizer_config.json", &side.config},
		{"special_tokens_map.json", &side.special},
		{"generation_config.json", &side.generation},
		{"config.json", &side.model},
		{"added_tokens.json", &added},
	} {
		name := filepath.Join(dir, f.name)
		if err := wholefile.JSON(name, maxFile, f.to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open tokenizer: %w", err)
		}
	}
	if strings.HasSuffix(name, ".model") {
		t, err := openModel(data, side, added)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return t, nil
	}
	parse := parseFile
	if filepath.Base(name) == "tekken.json" {
		parse = parseTekken
	}
	t, post, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t.applySide(side, post)
	return t, nil
}

// tokenizerFiles are the files that a tokenizer is read from, the first that there is.
func tokenizerFiles() []string {
	return []string{"tokenizer.json", "tokenizer.model", "spiece.model", "tekken.json"}
}

// addedFile is added_tokens.json: ids by token.
type addedFile map[string]int64

// openModel reads a SentencePiece model with what the files beside it say. Tokens that they add are looked for in text.
func openModel(data []byte, side sideFiles, file addedFile) (*Tokenizer, error) {
	added := make(map[int64]addedToken)
	for token, id := range file {
		added[id] = addedToken{content: token}
	}
	for key, a := range side.config.Added {
		id, err := strconv.ParseInt(key, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("tokenizer_config.json: added_tokens_decoder: %.40q is no id", key)
		}
		added[id] = addedToken{content: a.Content, special: a.Special}
	}
	t, err := parseSentencePiece(data, added)
	if err != nil {
		return nil, err
	}
	addBOS, addEOS := t.addBOS, t.addEOS
	t.applySide(side, template{before: -1, after: -1})
	if side.config.AddBOS != nil {
		addBOS = *side.config.AddBOS
	}
	if side.config.AddEOS != nil {
		addEOS = *side.config.AddEOS
	}
	t.addBOS, t.addEOS = addBOS && t.bos >= 0, addEOS && t.eos >= 0
	return t, nil
}

// sideFiles is what the files beside tokenizer.json say.
type sideFiles struct {
	config, special, generation, model sideFile
}

// sideFile is the keys that any of them may have.
type sideFile struct {
	BOSToken tokenName `json:"bos_token"`
	EOSToken tokenName `json:"eos_token"`
	AddBOS   *bool     `json:"add_bos_token"`
	AddEOS   *bool     `json:"add_eos_token"`
	BOSID    tokenID   `json:"bos_token_id"`
	EOSID    tokenID   `json:"eos_token_id"`

	Added map[string]struct {
		Content string `json:"content"`
		Special bool   `json:"special"`
	} `json:"added_tokens_decoder"`
}

// tokenName is a token written as "</s>" or as {"content": "</s>", …}; "" for null.
type tokenName string

func (n *tokenName) UnmarshalJSON(data []byte) error {
	var s *string
	if json.Unmarshal(data, &s) == nil {
		if s != nil {
			*n = tokenName(*s)
		}
		return nil
	}
	var object struct {
		Content string `json:"content"`
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return fmt.Errorf("want a token or an object with its content: %w", err)
	}
	*n = tokenName(object.Content)
	return nil
}

// tokenID is an id written as 2 or as [2, 7], of which the first counts.
type tokenID struct {
	id  int64
	set bool
}

func (n *tokenID) UnmarshalJSON(data []byte) error {
	var one *int64
	if json.Unmarshal(data, &one) == nil {
		if one != nil {
			*n = tokenID{*one, true}
		}
		return nil
	}
	var many []int64
	if err := json.Unmarshal(data, &many); err != nil {
		return fmt.Errorf("want an id or a list of ids: %w", err)
	}
	if len(many) > 0 {
		*n = tokenID{many[0], true}
	}
	return nil
}

// applySide settles BOS and EOS. What names the token goes before what gives its id, and the tokenizer's own files
// before the model's.
func (t *Tokenizer) applySide(side sideFiles, post template) {
	pick := func(names []tokenName, ids []tokenID, fromTemplate, otherwise int32) int32 {
		for _, name := range names {
			if id, ok := t.ids[string(name)]; ok && name != "" {
				return id
			}
		}
		for _, id := range ids {
			if id.set && id.id >= 0 && id.id < 1<<31 && t.known(int32(id.id)) {
				return int32(id.id)
			}
		}
		if t.known(fromTemplate) {
			return fromTemplate
		}
		return otherwise
	}
	before, after := post.before, post.after
	if id, ok := t.ids[post.beforeToken]; ok && post.beforeToken != "" {
		before = id
	}
	if id, ok := t.ids[post.afterToken]; ok && post.afterToken != "" {
		after = id
	}
	t.bos = pick([]tokenName{side.config.BOSToken, side.special.BOSToken}, []tokenID{side.generation.BOSID, side.model.BOSID}, before, t.bos)
	t.eos = pick([]tokenName{side.config.EOSToken, side.special.EOSToken}, []tokenID{side.generation.EOSID, side.model.EOSID}, after, t.eos)
	t.addBOS = before >= 0 && before == t.bos
	if side.config.AddBOS != nil {
		t.addBOS = *side.config.AddBOS
	}
	t.addEOS = after >= 0 && after == t.eos
	if side.config.AddEOS != nil {
		t.addEOS = *side.config.AddEOS
	}
	t.addBOS = t.addBOS && t.bos >= 0
	t.addEOS = t.addEOS && t.eos >= 0
	for _, id := range []int32{t.bos, t.eos} {
		if id >= 0 {
			t.control[id] = true
		}
	}
}
