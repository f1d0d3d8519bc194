package chat

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"
)

// Template is one way of writing a conversation down. It is immutable and safe for concurrent use.
type Template struct {
	name    string
	control []string // tokens that the vocabulary must have
	turnEnd string   // the control token that ends an assistant turn; "" is the tokenizer's EOS
	lead    string   // what stands before an answer's text and is learned with it
	// pieces writes a checked conversation down. open adds what stands before an answer, where conv ends with a user
	// message.
	pieces func(conv []Message, open bool) []piece

	own *own // where the template is not built in; then there are no pieces
}

// kind says how a piece becomes tokens.
type kind byte

const (
	text    kind = 't' // plain text, no special token parsed
	control kind = 'c' // one control token, by name
	end     kind = 'e' // the tokenizer's EOS
)

// piece is a stretch of a rendered conversation. Pieces are tokenised apart from each other.
type piece struct {
	kind  kind
	text  string // the text, or the name of the control token
	train bool   // its tokens are labels
}

// Names lists the built-in templates, in the order in which they are shown.
func Names() []string { return []string{"alpaca", "chatml", "vicuna", "plain"} }

// Named gives a built-in template:
//
//   - alpaca: Stanford Alpaca's prompts, word for word; the answer follows "### Response:" at once and ends with EOS.
//   - chatml: <|im_start|>role, newline, content<|im_end|>, newline. The vocabulary must have both tokens.
//   - vicuna: Vicuna 1.1's USER: and ASSISTANT:, the answer after a space that is learned with it, EOS.
//   - plain: the prompt's text, the answer, EOS; no markup at all. Spacing between the two is the data's.
func Named(name string) (*Template, error) {
	switch name {
	case "alpaca":
		return &Template{name: name, pieces: alpacaPieces}, nil
	case "chatml":
		return &Template{name: name, control: []string{imStart, imEnd}, turnEnd: imEnd, pieces: chatmlPieces}, nil
	case "vicuna":
		return &Template{name: name, lead: vicunaLead, pieces: vicunaPieces}, nil
	case "plain":
		return &Template{name: name, pieces: plainPieces}, nil
	}
	return nil, fmt.Errorf("unknown template %q: must be one of %s", name, strings.Join(Names(), ", "))
}

// Name is the name under which [Named] knows the template, or that which [FromJinja] was given.
func (t *Template) Name() string { return t.name }

// Lead is what every answer begins with in the model's tokens and its text does not have: a space after "ASSISTANT:", or
// nothing. Whoever shows an answer takes it off.
func (t *Template) Lead() string { return t.lead }

// Hash is the hex SHA-256 of everything that determines the rendering: the tokens it needs and ends a turn with, and
// the pieces it writes, labels marked, for a set of conversations that reaches every branch. Hashing what is written,
// rather than a version number, means that a changed template cannot keep its old hash.
//
// Of a template that is not built in it is that of its text, of the names of BOS and EOS in it, and of the date that it
// is told.
func (t *Template) Hash() string {
	if t.own != nil {
		return t.own.hash()
	}
	h := sha256.New()
	put(h, "cria chat template", t.name, t.turnEnd)
	put(h, t.control...)
	for _, conv := range probes() {
		open := conv[len(conv)-1].Role == User
		for _, p := range t.pieces(conv, open) {
			put(h, string(p.kind), p.text, fmt.Sprint(p.train))
		}
		put(h, "next")
	}
	return hex.EncodeToString(h.Sum(nil))
}

// put writes strings with their number and lengths, so that no two lists give the same bytes.
func put(w hash.Hash, list ...string) {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(list)))
	for _, s := range list {
		b = binary.LittleEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	w.Write(b) // a hash takes everything
}

// probes are conversations that reach every branch of every template: with and without system message, empty system
// message, separate input and second turn, each both answered and open. White space at the ends of texts is part of
// them, so that a template which trims has another hash.
func probes() [][]Message {
	var list [][]Message
	for _, system := range [][]Message{nil, {{Role: System}}, {{Role: System, Content: " S\n"}}} {
		for _, in1 := range []string{"", " J\n"} {
			for _, in2 := range []string{"", " K\n"} {
				conv := append(slices.Clone(system),
					Message{Role: User, Content: " U\n", Input: in1},
					Message{Role: Assistant, Content: " A\n"},
					Message{Role: User, Content: " V\n", Input: in2},
					Message{Role: Assistant, Content: " B\n"})
				for n := len(system) + 1; n <= len(conv); n++ {
					list = append(list, conv[:n])
				}
			}
		}
	}
	return list
}

// split takes an optional system message off a conversation; an empty one counts as none.
func split(conv []Message) (system string, turns []Message) {
	if len(conv) > 0 && conv[0].Role == System {
		if strings.TrimSpace(conv[0].Content) != "" {
			system = conv[0].Content
		}
		return system, conv[1:]
	}
	return "", conv
}

// joined is a user message for templates that have no place for a separate input.
func joined(m Message) string {
	if m.Input == "" {
		return m.Content
	}
	return m.Content + "\n\n" + m.Input
}
