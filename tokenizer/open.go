package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/internal/jsonfile"
)

// maxFile bounds the size of a file that is read whole. The largest tokenizer.json in use are below 40 MB.
const maxFile = 512 << 20

// Open reads the tokenizer of a model folder (tokenizer.json, with tokenizer_config.json, special_tokens_map.json,
// generation_config.json and config.json where present), or a tokenizer.json file itself with those beside it.
func Open(path string) (*Tokenizer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open tokenizer: %w", err)
	}
	name := path
	if info.IsDir() {
		name = filepath.Join(path, "tokenizer.json")
	}
	data, err := jsonfile.ReadBytes(name, maxFile)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open tokenizer: %s has no tokenizer.json (a GGUF file carries its own tokenizer; other formats must be converted)", path)
		}
		return nil, fmt.Errorf("open tokenizer: %w", err)
	}
	t, post, err := parseFile(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	dir := filepath.Dir(name)
	var side sideFiles
	for _, f := range []struct {
		name string
		to   *sideFile
	}{
		{"tokenizer_config.json", &side.config},
		{"special_tokens_map.json", &side.special},
		{"generation_config.json", &side.generation},
		{"config.json", &side.model},
	} {
		name := filepath.Join(dir, f.name)
		if err := jsonfile.Read(name, maxFile, f.to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open tokenizer: %w", err)
		}
	}
	t.applySide(side, post)
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
	pick := func(names []tokenName, ids []tokenID, fromTemplate int32) int32 {
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
		return -1
	}
	before, after := post.before, post.after
	if id, ok := t.ids[post.beforeToken]; ok && post.beforeToken != "" {
		before = id
	}
	if id, ok := t.ids[post.afterToken]; ok && post.afterToken != "" {
		after = id
	}
	t.bos = pick([]tokenName{side.config.BOSToken, side.special.BOSToken}, []tokenID{side.generation.BOSID, side.model.BOSID}, before)
	t.eos = pick([]tokenName{side.config.EOSToken, side.special.EOSToken}, []tokenID{side.generation.EOSID, side.model.EOSID}, after)
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
