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
	Model  string    // tokenizer.ggml.model: "llama" or "gpt2"
	Pre    string    // tokenizer.ggml.pre, "" where absent
	Tokens []string  // tokenizer.ggml.tokens, by id
	Scores []float32 // tokenizer.ggml.scores; "llama" only
	Types  []int32   // tokenizer.ggml.token_type: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte
	Merges []string  // tokenizer.ggml.merges; "gpt2" only

	BOS, EOS, UNK int32 // ids, -1 for none

	AddBOS, AddEOS, AddSpacePrefix *bool // nil where absent
}

// Token types of a GGUF vocabulary.
const (
	typeUnknown     = 2
	typeControl     = 3
	typeUserDefined = 4
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
			added = append(added, addedToken{id: int32(id), content: token, special: special})
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
	case "":
		err = fmt.Errorf("tokenizer.ggml.model is missing")
	default:
		err = fmt.Errorf("tokenizer.ggml.model %q is not supported (supported: llama, gpt2)", v.Model)
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

// endsGeneration reports tokens that end a turn or a text wherever they occur, whatever type the file gives them.
func endsGeneration(token string) bool {
	switch token {
	case "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>",
		"<|end_of_text|>", "<end_of_utterance>", "<eos>", "<｜end▁of▁sentence｜>":
		return true
	}
	return false
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
	t.model = m
	return nil
}

// setGPT2 builds the model of a "gpt2" vocabulary: byte-level BPE with merges, behind the pre-tokenizer named by Pre.
func (t *Tokenizer) setGPT2(v GGUFVocab, typ func(int) int32) error {
	if len(v.Merges) == 0 {
		return fmt.Errorf("tokenizer.ggml.merges is missing or empty")
	}
	pre, err := ggufPre(v.Pre)
	if err != nil {
		return err
	}
	t.stages = pre.stages
	t.addBOS = pre.addBOS
	if v.AddSpacePrefix != nil && *v.AddSpacePrefix {
		t.normalizers = []normalizer{prepend{" "}}
	}
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
	for i, line := range v.Merges {
		at := -1
		if len(line) > 1 {
			at = strings.IndexByte(line[1:], ' ') + 1
		}
		if at <= 0 {
			return fmt.Errorf("tokenizer.ggml.merges[%d]: %.40q is not two tokens with a space between", i, line)
		}
		a, b := line[:at], line[at+1:]
		left, ok1 := t.ids[a]
		right, ok2 := t.ids[b]
		both, ok3 := t.ids[a+b]
		if !ok1 || !ok2 || !ok3 {
			return fmt.Errorf("tokenizer.ggml.merges[%d]: %.40q, %.40q and %.40q are not all in the vocabulary", i, a, b, a+b)
		}
		if typ(int(both)) == typeControl || typ(int(both)) == typeUnknown {
			continue // text never becomes one of these
		}
		if _, ok := m.merges[pair(left, right)]; !ok { // of equal merges the first counts
			m.merges[pair(left, right)] = merge{int32(i), both}
		}
	}
	m.finish()
	t.model = m
	return nil
}

// preTokenizer is what the name of a GGUF pre-tokenizer stands for.
type preTokenizer struct {
	stages     []stage
	wholeWords bool
	addBOS     bool
}

// ggufPre knows the pre-tokenizers of llama.cpp by name.
func ggufPre(name string) (p preTokenizer, err error) {
	gpt2 := words{splitGPT2}
	llama3 := words{cl100k{digits: 3}.split}
	regexes := func(patterns ...string) {
		for _, expr := range patterns {
			var s stage
			if s, err = regexStage(expr, false, isolated, "tokenizer.ggml.pre "+name); err != nil {
				return
			}
			p.stages = append(p.stages, s)
		}
	}
	switch name {
	case "", "default":
		p.stages = []stage{words{punctuationRunsLess}, gpt2, words{digitRuns}, words{threeDigits}}
	case "gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4", "gigachat", "a.x-4.0", "mellum",
		"modern-bert", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "jina-v1-en", "jina-v2-code", "roberta-bpe":
		p.stages = []stage{gpt2}
	case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano":
		p = preTokenizer{[]stage{llama3}, true, true}
	case "dbrx", "smaug-bpe", "glm4", "chatglm-bpe":
		p.stages = []stage{llama3}
	case "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "stablelm2", "hunyuan", "solar-open", "megrez", "grok-2":
		p.stages = []stage{words{cl100k{digits: 1}.split}}
	case "qwen35":
		p.stages = []stage{words{cl100k{digits: 1, marks: true}.split}}
	case "minicpm5":
		p = preTokenizer{[]stage{words{digitTriples}, words{cl100k{digits: math.MaxInt}.split}}, true, false}
	case "ufakzeka":
		p.stages = []stage{words{cl100k{digits: 1, plain: true}.split}}
	case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum2":
		p.stages = []stage{words{digitsApart}, gpt2}
	case "falcon":
		p.stages = []stage{words{punctuationRuns}, gpt2, words{threeDigits}}
	case "deepseek-llm":
		regexes(`[\r\n]`, `\s?`+deepseekLetters+`+`, deepseekPunctuation, `\s+$`, deepseekAsian)
		p.stages = append(p.stages, words{digitRuns})
	case "deepseek-coder":
		regexes(`[\r\n]`, `\s?\p{L}+`, `\s?\p{P}+`, deepseekAsian)
		p.stages = append(p.stages, words{digitsApart})
	case "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4":
		p.stages = []stage{words{digitTriples}}
		regexes(deepseekV3Asian, deepseekV3)
	case "tekken":
		regexes(tekken)
		p.wholeWords, p.addBOS = true, true
	case "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2":
		regexes(gpt4o)
	case "bloom", "gpt3-finnish", "poro-chat":
		regexes(bloom)
	case "viking":
		regexes(bloom)
		p.stages = append(p.stages, words{digitsApart})
	default:
		return p, fmt.Errorf("tokenizer.ggml.pre %q is not supported (supported: default, gpt-2, llama-bpe, qwen2, qwen35, smollm, falcon, starcoder, refact, command-r, mpt, olmo, deepseek-llm, deepseek-coder, deepseek-v3, tekken, gpt-4o, bloom, viking and their aliases)", name)
	}
	return p, err
}

// Patterns as llama.cpp has them, so that ids agree with it. In tekken and gpt4o ASCII case decides, where the patterns
// in the models' own tokenizer.json go by Unicode's.
const (
	deepseekLetters = "[" +
		"A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-\u0373" +
		"\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481" +
		"\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B" +
		"\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B" +
		"\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB" +
		"\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128" +
		"\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4" +
		"\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF" +
		"\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A\U00010400-\U0001044F\U000104B0-\U000104D3" +
		"\U000104D8-\U000104FB\U00010C80-\U00010CB2\U00010CC0-\U00010CF2\U000118A0-\U000118DF" +
		"\U0001E900-\U0001E943" + "]"
	deepseekPunctuation = `\s?[!-/:-~` + "\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+"
	deepseekAsian       = "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+"
	deepseekV3Asian     = "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+"
	deepseekV3          = `[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_` + "`" + `{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	bloom               = ` ?[^(\s|.,!?…。，、।۔،)]+`
	tekken              = `[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))*((?=[\p{L}])([^A-Z]))+|[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))+((?=[\p{L}])([^A-Z]))*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	endings             = `(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?`
	gpt4o               = `[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))*((?=[\p{L}])([^A-Z]))+` + endings + `|[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))+((?=[\p{L}])([^A-Z]))*` + endings + `|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)
