// Package chat turns a conversation into tokens, and says which of them are learned and which of them end a turn.
//
// It is the one place where a conversation is rendered: training, evaluation and serving call the same code, so a model
// is asked in exactly the form in which it was taught. [Template.Hash] names that form; an adapter stores it and a
// mismatch is noticed when the adapter is loaded.
//
// Three promises hold for every template:
//
//   - It stops. Every assistant turn ends with a control token, that token is a trained label, and [Template.Stop]
//     contains it. A vocabulary without such a token is refused.
//   - Masks go by position. A token is a label because of where the renderer put it, never because of its id: a pad
//     token equal to the end token, or an end token inside a text, changes nothing.
//   - The prompt is a prefix. What [Template.Prompt] gives is, token for token, the beginning of what
//     [Template.Render] gives for the same conversation with an answer. The texts before and after the boundary are
//     tokenised apart, so no token spans it.
//
// What people write is always encoded as plain text: a user who types <|im_end|> gets those ten characters, not the
// control token. A model's own template ([FromJinja]) spells control tokens out in one text with what people write; there
// they are recognised in what the template itself wrote alone. The alpaca template has no control tokens around its headings, so there a text that contains
// "### Response:" looks like a heading; chatml has no such weakness.
//
// The package never adds a token to a vocabulary, never searches a text for markers, and never shortens anything.
//
//	t, err := chat.Named("alpaca") // or Choose, for what a model's files carry
//	…
//	r, err := t.Render(tok, []chat.Message{{Role: chat.User, Content: "Name a prime."}, {Role: chat.Assistant, Content: "7"}})
//	// r.IDs are the tokens; r.Train[i] says that token i is a label.
package chat

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Role says who speaks.
type Role string

// The roles of a conversation.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
)

// Message is one turn of a conversation.
type Message struct {
	Role    Role
	Content string
	// Input is Alpaca's separate input, for user messages only; "" is none. Templates without a place for it put it
	// after Content, a blank line between.
	Input string
}

// Encoder is what a template needs of a tokenizer. Its methods must be safe for concurrent use.
type Encoder interface {
	// EncodeText gives the tokens of a text in which no special token is parsed. first says that the text stands at
	// the beginning of the sequence, where some tokenizers put a space before it.
	EncodeText(text string, first bool) []int32
	// TokenID looks up a token by its exact name in the vocabulary.
	TokenID(token string) (int32, bool)
	// BOS is the token that begins a sequence, where the vocabulary has one.
	BOS() (int32, bool)
	// EOS is the token that ends one.
	EOS() (int32, bool)
	// AddsBOS says that the model expects BOS before every sequence.
	AddsBOS() bool
}

// MessageError says which message of a conversation cannot be rendered, and why.
type MessageError struct {
	Index   int    // counted from 0
	Role    Role   // as given
	Part    string // "role", "content" or "input"
	Problem string // what is wrong and what would be right
}

func (e *MessageError) Error() string {
	return fmt.Sprintf("messages[%d] (%s): %s", e.Index, e.Role, e.Problem)
}

// Check says whether a conversation can be rendered for training: an optional system message first, then user and
// assistant in turn, the assistant last, and no turn of theirs empty. An empty system message counts as none. Problems
// with one message are a [*MessageError].
func Check(conv []Message) error { return check(conv, Assistant) }

// check does the work of Check for a conversation that must end with the given role.
func check(conv []Message, last Role) error {
	if len(conv) == 0 {
		return fmt.Errorf("the conversation has no messages")
	}
	turns := 0 // user and assistant messages so far
	for i, m := range conv {
		bad := func(part, format string, args ...any) error {
			return &MessageError{Index: i, Role: m.Role, Part: part, Problem: fmt.Sprintf(format, args...)}
		}
		if !utf8.ValidString(m.Content) {
			return bad("content", "not valid UTF-8")
		}
		if !utf8.ValidString(m.Input) {
			return bad("input", "not valid UTF-8")
		}
		if m.Input != "" && m.Role != User {
			return bad("input", "only a user message has a separate input")
		}
		switch m.Role {
		case System:
			if i > 0 {
				return bad("role", "a system message can only be the first")
			}
			continue
		case User, Assistant:
		default:
			return bad("role", "unknown role %q: must be system, user or assistant", string(m.Role))
		}
		want := User
		if turns%2 == 1 {
			want = Assistant
		}
		if m.Role != want {
			if turns == 0 {
				return bad("role", "the assistant speaks first: the first turn must be the user's")
			}
			return bad("role", "two %s messages in a row: user and assistant must take turns", m.Role)
		}
		turns++
		if strings.TrimSpace(m.Content) == "" {
			if m.Role == Assistant {
				return bad("content", "empty: the response is what is learned")
			}
			return bad("content", "empty: there is nothing to answer")
		}
	}
	end := len(conv) - 1
	switch {
	case turns == 0:
		return &MessageError{Index: end, Role: conv[end].Role, Part: "role", Problem: "nobody speaks: a user message must follow"}
	case conv[end].Role == last:
		return nil
	case turns == 1 && last == Assistant:
		return &MessageError{Index: end, Role: conv[end].Role, Part: "role", Problem: "no assistant turn: there is nothing to learn"}
	case last == Assistant:
		return &MessageError{Index: end, Role: conv[end].Role, Part: "role", Problem: "the last message has no answer: a conversation to learn from ends with the assistant"}
	default:
		return &MessageError{Index: end, Role: conv[end].Role, Part: "role", Problem: "the last message must be the user's: that is what gets answered"}
	}
}
