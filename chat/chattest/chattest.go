// Package chattest has a tokenizer of a few lines for tests of whatever renders conversations: every byte is a token.
// It is for tests alone and reads no files.
package chattest

// Tokens beside the 256 bytes.
const (
	BOS     int32 = 256
	EOS     int32 = 257
	ImStart int32 = 258
	ImEnd   int32 = 259
	Prefix  int32 = 260 // stands for the space that some tokenizers put before a sequence
)

// Bytes is an encoder (chat.Encoder) whose tokens are the bytes of the text. The zero value has no control tokens.
type Bytes struct {
	HasBOS, HasEOS, HasChatML bool
	DummyPrefix               bool  // put Prefix before a text at the beginning of the sequence
	End                       int32 // the EOS token, where not 0; may be a byte, to have EOS occur inside texts
}

// Full has every control token, adds BOS and a dummy prefix.
func Full() Bytes { return Bytes{HasBOS: true, HasEOS: true, HasChatML: true, DummyPrefix: true} }

// EncodeText gives the bytes of the text as tokens.
func (b Bytes) EncodeText(text string, first bool) []int32 {
	ids := make([]int32, 0, len(text)+1)
	if first && b.DummyPrefix {
		ids = append(ids, Prefix)
	}
	for i := range len(text) {
		ids = append(ids, int32(text[i]))
	}
	return ids
}

// TokenID knows the two tokens of ChatML.
func (b Bytes) TokenID(token string) (int32, bool) {
	switch {
	case b.HasChatML && token == "<|im_start|>":
		return ImStart, true
	case b.HasChatML && token == "<|im_end|>":
		return ImEnd, true
	}
	return 0, false
}

// BOS is 256.
func (b Bytes) BOS() (int32, bool) { return BOS, b.HasBOS }

// EOS is 257, or End where that is set.
func (b Bytes) EOS() (int32, bool) {
	if b.End != 0 {
		return b.End, b.HasEOS
	}
	return EOS, b.HasEOS
}

// AddsBOS is true where there is a BOS.
func (b Bytes) AddsBOS() bool { return b.HasBOS }

// Text writes tokens out: bytes as they are, the others by name. The prefix shows as "_".
func Text(ids []int32) string {
	var out []byte
	for _, id := range ids {
		switch {
		case id < 256:
			out = append(out, byte(id))
		case id == BOS:
			out = append(out, "<s>"...)
		case id == EOS:
			out = append(out, "</s>"...)
		case id == ImStart:
			out = append(out, "<|im_start|>"...)
		case id == ImEnd:
			out = append(out, "<|im_end|>"...)
		case id == Prefix:
			out = append(out, '_')
		}
	}
	return string(out)
}
