package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"
)

// sentencePiece is a SentencePiece model, as far as it is read: the fields of sentencepiece_model.proto.
type sentencePiece struct {
	vocab  GGUFVocab // pieces, scores and types: GGUF files took the numbers of the types from here
	kind   uint64    // model_type
	suffix bool      // treat_whitespace_as_suffix

	charsmap            []byte
	prefix, merge, mark bool // add_dummy_prefix, remove_extra_whitespaces, escape_whitespaces
}

// ParseSentencePiece reads the tokenizer of a SentencePiece model, the contents of a file called tokenizer.model or
// spiece.model, of type BPE or Unigram. Byte-pair models add BOS to a text and Unigram models EOS, as the models that they
// come with do, unless the files beside say otherwise ([Open] reads those).
func ParseSentencePiece(data []byte) (*Tokenizer, error) {
	t, err := parseSentencePiece(data, nil)
	if err != nil {
		return nil, fmt.Errorf("SentencePiece model: %w", err)
	}
	return t, nil
}

// parseSentencePiece appends tokens that other files add after those of the model.
func parseSentencePiece(data []byte, added map[int64]addedToken) (*Tokenizer, error) {
	if line, _, _ := bytes.Cut(data[:min(len(data), 64)], []byte("\n")); tiktokenLine(line) {
		return nil, fmt.Errorf("this is a tiktoken file, which has neither pattern nor control tokens: take the model's tokenizer.json")
	}
	m, err := readSentencePiece(data)
	if err != nil {
		return nil, err
	}
	v := m.vocab
	for id, a := range added {
		if id < 0 || id >= int64(len(m.vocab.Tokens)+len(added)) {
			return nil, fmt.Errorf("added token %d (%.40q) is outside the %d tokens of the model and the %d added to them", id, a.content, len(m.vocab.Tokens), len(added))
		}
		for int64(len(v.Tokens)) <= id {
			v.Tokens, v.Scores, v.Types = append(v.Tokens, ""), append(v.Scores, 0), append(v.Types, typeUnused)
		}
		v.Tokens[id], v.Types[id] = a.content, typeUserDefined
		if a.special && int32(id) != v.UNK {
			v.Types[id] = typeControl
		}
	}
	v.AddSpacePrefix, v.RemoveExtraSpaces, v.Charsmap = &m.prefix, &m.merge, m.charsmap
	switch m.kind {
	case 1:
		v.Model = "t5"
	case 2:
		v.Model = "llama"
	default:
		return nil, fmt.Errorf("model_type %d is not supported (supported: 1, Unigram, and 2, BPE)", m.kind)
	}
	if m.suffix || !m.mark {
		return nil, fmt.Errorf("a model with treat_whitespace_as_suffix or without escape_whitespaces is not supported")
	}
	t, err := fromGGUF(v)
	if err != nil {
		return nil, err
	}
	t.normalizers = nil
	if len(m.charsmap) > 0 {
		c, err := parseCharsmap(m.charsmap)
		if err != nil {
			return nil, err
		}
		t.normalizers = append(t.normalizers, &c)
	}
	t.normalizers = append(t.normalizers, sentenceSpaces{prefix: m.prefix, merge: m.merge})
	t.source = &source{vocab: &v}
	return t, nil
}

// tiktokenLine reports base64 and a rank.
func tiktokenLine(line []byte) bool {
	text, rank, ok := bytes.Cut(line, []byte(" "))
	_, err := base64.StdEncoding.Decode(make([]byte, len(text)), text)
	return ok && len(text) > 0 && err == nil && len(rank) > 0 && rank[0] >= '0' && rank[0] <= '9'
}

func readSentencePiece(data []byte) (*sentencePiece, error) {
	m := &sentencePiece{kind: 1, prefix: true, merge: true, mark: true}
	m.vocab.UNK, m.vocab.BOS, m.vocab.EOS = 0, 1, 2
	err := fields(data, func(n int, x uint64, body []byte) error {
		switch n {
		case 1:
			text, score, kind := "", float32(0), uint64(typeNormal)
			err := fields(body, func(n int, x uint64, body []byte) error {
				switch n {
				case 1:
					text = string(body)
				case 2:
					score = math.Float32frombits(uint32(x))
				case 3:
					kind = x
				}
				return nil
			})
			id := len(m.vocab.Tokens)
			switch {
			case err != nil:
				return fmt.Errorf("piece %d: %w", id, err)
			case text == "" || !utf8.ValidString(text) || kind < typeNormal || kind > typeByte:
				return fmt.Errorf("piece %d, %.40q of type %d, is no text of a known type", id, text, kind)
			}
			m.vocab.Tokens = append(m.vocab.Tokens, text)
			m.vocab.Scores = append(m.vocab.Scores, score)
			m.vocab.Types = append(m.vocab.Types, int32(kind))
			return nil
		case 2:
			return m.trainer(body)
		case 3:
			return fields(body, func(n int, x uint64, body []byte) error {
				switch n {
				case 2:
					m.charsmap = body
				case 3:
					m.prefix = x != 0
				case 4:
					m.merge = x != 0
				case 5:
					m.mark = x != 0
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(m.vocab.Tokens) == 0 {
		return nil, fmt.Errorf("it has no pieces")
	}
	for _, id := range []*int32{&m.vocab.BOS, &m.vocab.EOS, &m.vocab.UNK} {
		if int(*id) >= len(m.vocab.Tokens) {
			*id = -1
		}
	}
	return m, nil
}

// trainer reads what is needed of trainer_spec.
func (m *sentencePiece) trainer(body []byte) error {
	return fields(body, func(n int, x uint64, _ []byte) error {
		id := int32(-1)
		if x < math.MaxInt32 {
			id = int32(x)
		}
		switch n {
		case 3:
			m.kind = x
		case 24:
			m.suffix = x != 0
		case 35:
			m.vocab.byteFallback = x != 0
		case 40:
			m.vocab.UNK = id
		case 41:
			m.vocab.BOS = id
		case 42:
			m.vocab.EOS = id
		}
		return nil
	})
}

// fields goes through a message of Protocol Buffers: each field with its number, and its value or its bytes. Nothing is
// copied, so that lengths in the file allocate nothing.
func fields(data []byte, yield func(n int, x uint64, body []byte) error) error {
	size := len(data)
	short := func() error { return fmt.Errorf("byte %d: the message ends within a field", size-len(data)) }
	for len(data) > 0 {
		tag, n := binary.Uvarint(data)
		if n <= 0 {
			return short()
		}
		data = data[n:]
		var x uint64
		var body []byte
		switch tag & 7 {
		case 0:
			if x, n = binary.Uvarint(data); n <= 0 {
				return short()
			}
			data = data[n:]
		case 1:
			if len(data) < 8 {
				return short()
			}
			x, data = binary.LittleEndian.Uint64(data), data[8:]
		case 2:
			length, n := binary.Uvarint(data)
			if n <= 0 || length > uint64(len(data)-n) {
				return short()
			}
			body, data = data[n:n+int(length)], data[n+int(length):]
		case 5:
			if len(data) < 4 {
				return short()
			}
			x, data = uint64(binary.LittleEndian.Uint32(data)), data[4:]
		default:
			return fmt.Errorf("byte %d: field %d has wire type %d, which no such message has", size-len(data), tag>>3, tag&7)
		}
		if tag>>3 == 0 || tag>>3 > 1<<29-1 {
			return fmt.Errorf("byte %d: field number %d is out of range", size-len(data), tag>>3)
		}
		if err := yield(int(tag>>3), x, body); err != nil {
			return err
		}
	}
	return nil
}
