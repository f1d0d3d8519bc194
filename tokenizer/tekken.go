package tokenizer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// tekkenFile is tekken.json, Mistral's own format: byte strings by rank, and control tokens before them.
type tekkenFile struct {
	Config struct {
		Pattern string `json:"pattern"`
		Size    int    `json:"default_vocab_size"`
		Special int    `json:"default_num_special_tokens"`
	} `json:"config"`
	Vocab []struct {
		Rank  int    `json:"rank"`
		Bytes []byte `json:"token_bytes"` // base64
	} `json:"vocab"`
	Special []struct {
		Rank  int    `json:"rank"`
		Token string `json:"token_str"`
	} `json:"special_tokens"`
}

// tekkenSpecial are the control tokens of files that do not list them, by id.
func tekkenSpecial() []string {
	return []string{"<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CALLS]",
		"[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]"}
}

// parseTekken reads tekken.json. Of all neighbours that together are a token those with the lowest rank merge first.
func parseTekken(data []byte) (*Tokenizer, template, error) {
	none := template{before: -1, after: -1}
	var f tekkenFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, none, err
	}
	special, size := f.Config.Special, f.Config.Size
	if special < 3 || special > 1<<16 || size <= special || size-special > len(f.Vocab) {
		return nil, none, fmt.Errorf("config: %d tokens, %d of them special, with a vocab of %d: want 3 special ones or more, and as many others as the vocab has or fewer", size, special, len(f.Vocab))
	}
	t := &Tokenizer{tokens: make([]string, size), present: make([]bool, size), control: make([]bool, size), ids: make(map[string]int32, size), bos: 1, eos: 2}
	names := make([]string, special)
	copy(names, tekkenSpecial())
	for i, s := range f.Special {
		if s.Rank < 0 || s.Rank >= special || s.Token == "" {
			return nil, none, fmt.Errorf("special_tokens[%d]: %.40q of rank %d is outside the %d special tokens", i, s.Token, s.Rank, special)
		}
		names[s.Rank] = s.Token
	}
	var added []addedToken
	for id, token := range names {
		if token == "" {
			token = fmt.Sprintf("<SPECIAL_%d>", id)
		}
		if _, ok := t.ids[token]; ok {
			return nil, none, fmt.Errorf("special_tokens: %.40q is there twice", token)
		}
		t.setToken(int32(id), token)
		t.control[id] = true
		added = append(added, addedToken{id: int32(id), content: token, special: true})
	}
	m := &bpe{bytes: true, vocab: make(map[string]int32, size-special), rank: make([]int32, size), unk: -1, wholeWords: true}
	for i := range m.byteIDs {
		m.byteIDs[i] = -1
	}
	for i, e := range f.Vocab[:size-special] {
		_, twice := m.vocab[string(e.Bytes)]
		if e.Rank != i || len(e.Bytes) == 0 || twice {
			return nil, none, fmt.Errorf("vocab[%d]: %.40q of rank %d: want bytes that no entry before has, and the rank %d", i, e.Bytes, e.Rank, i)
		}
		id := int32(special + i)
		m.vocab[string(e.Bytes)], m.rank[id] = id, int32(i)
		if len(e.Bytes) == 1 {
			m.byteIDs[e.Bytes[0]] = id
		}
		spelled := spellBytes(string(e.Bytes))
		if _, ok := t.ids[spelled]; ok {
			t.tokens[id], t.present[id] = spelled, true // spelled like a control token, which keeps its name
		} else {
			t.setToken(id, spelled)
		}
	}
	split, err := json.Marshal(object{"type": "Split", "pattern": object{"Regex": f.Config.Pattern}, "behavior": isolated})
	if err != nil {
		return nil, none, err
	}
	t.source = &source{preTokenizer: split, added: added}
	if t.stages, err = parsePreTokenizer(split, "config"); err != nil {
		return nil, none, err
	}
	if err := t.setAdded(added, false); err != nil {
		return nil, none, fmt.Errorf("special_tokens: %w", err)
	}
	t.decoders = []decoder{bytesDecoder{}}
	m.finish()
	t.words = m.memory()
	return t, template{known: true, before: 1, after: -1}, nil
}

// mergeList is the merges, the first merge first, each the numbers of two tokens. Those of a model that merges by rank
// are the last step on the way to each token.
func (m *bpe) mergeList() [][2]int32 {
	var list [][2]int32
	if m.merges != nil {
		order := make([]uint64, 0, len(m.merges))
		for p := range m.merges {
			order = append(order, p)
		}
		slices.SortFunc(order, func(a, b uint64) int { return cmp.Compare(m.merges[a].rank, m.merges[b].rank) })
		for _, p := range order {
			list = append(list, [2]int32{int32(p >> 32), int32(uint32(p))})
		}
		return list
	}
	type made struct {
		token string
		id    int32
	}
	var order []made
	for token, id := range m.vocab {
		if len(token) > 1 {
			order = append(order, made{token, id})
		}
	}
	slices.SortFunc(order, func(a, b made) int { return cmp.Compare(m.rank[a.id], m.rank[b.id]) })
	var s scratch
	for _, tok := range order {
		without := *m // the model as it was before this token
		without.wholeWords, without.longest = false, len(tok.token)-1
		if ids := without.encode(nil, tok.token, &s); len(ids) == 2 && max(m.rank[ids[0]], m.rank[ids[1]]) < m.rank[tok.id] {
			list = append(list, [2]int32{ids[0], ids[1]})
		}
	}
	return list
}
