package selfinstruct

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cria-llm/cria/internal/plainjson"
	"github.com/cria-llm/cria/openai"
)

// ask is a request, and what is to be made of its answer.
type ask struct {
	step    string
	change  string   // of evol
	parents []string // ids of what the teacher is shown
	request openai.Request
	// read makes of an answer what may be kept, and what is to be asked next. It is called once, in the order of the
	// requests.
	read func(answer) (made []candidate, more []*ask)

	// Since it was made.
	pool   *pool
	number int
	root   *ask   // that it followed from in the end; itself where it followed from no answer
	id     string // of the answer, for the ids of its rows
	hash   string // of its messages
	before paid   // its share of what the requests that led to it took
	sent   bool
	done   chan struct{}
	// Since it was done.
	response *openai.Response
	err      error
}

// answer is what a teacher wrote.
type answer struct {
	text string
	cut  bool // at its greatest length, or where the endpoint would not go on
}

// candidate is a task that may be kept, with the instances that it has, each of which is a row.
type candidate struct {
	id          string // of an instruction that has one already, before the number of the instance; "" takes the answer's
	instruction string
	instances   []instance
	source      *Source
	admitted    bool // the instruction is among those that are known
	like        resemblance
	kept        func(Task) // is told each row that is kept; may be nil
}

// instance is an input and its output.
type instance struct{ Input, Output string }

// paid is what requests took, or a share of it.
type paid struct {
	prompt, completion float64 // tokens
	cost               openai.Cost
}

func (p paid) plus(q paid) paid {
	return paid{p.prompt + q.prompt, p.completion + q.completion, p.cost + q.cost}
}

func (p paid) over(n int) paid {
	x := float64(max(1, n))
	return paid{p.prompt / x, p.completion / x, p.cost / openai.Cost(max(1, n))}
}

// made numbers a request and gives it its key: the same for the same request of the same generation, and for no other.
func (a *ask) made(p *pool, o Options, teacher string, number int) error {
	a.pool, a.number, a.done = p, number, make(chan struct{})
	seed := int64(o.Seed&(1<<31-1)) + int64(number)
	a.request.Seed = &seed
	if o.Answer > 0 {
		a.request.MaxTokens = min(a.request.MaxTokens, o.Answer)
	}
	messages, err := plainjson.Marshal(a.request.Messages)
	if err != nil {
		return err
	}
	request, err := plainjson.Marshal(a.request)
	if err != nil {
		return err
	}
	key := sha256.Sum256(fmt.Appendf(nil, "cria generate\n%s\n%s\n%d\n%s", o.Method, teacher, number, request))
	a.request.Key = hex.EncodeToString(key[:])
	a.id = a.request.Key[:12]
	hash := sha256.Sum256(messages)
	a.hash = hex.EncodeToString(hash[:8])
	return nil
}

// readText is the one text of an answer that should be a JSON object with it; of a plain text the whole. Where there is none
// it is counted.
func readText(p *pool, x answer, name string) (string, bool) {
	p.records++
	text := strings.TrimSpace(x.text)
	why := malformed
	if x.cut {
		why = truncated
	} else if strings.Contains(text, "{") {
		var object map[string]json.RawMessage
		text = ""
		if openai.Decode(x.text, &object) == nil {
			text, _ = plainValue(object[name])
		}
	}
	if x.cut || text == "" || merged.MatchString(text) {
		p.drop(why, 1)
		return "", false
	}
	return text, true
}

// withoutThoughts is what a model said after it thought.
func withoutThoughts(text string) string {
	if rest, ok := strings.CutPrefix(strings.TrimSpace(text), "<think>"); ok {
		_, said, _ := strings.Cut(rest, "</think>")
		return said
	}
	return text
}

// oneLine is a text with its lines put together.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
