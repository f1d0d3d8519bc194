package selfinstruct

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cria-llm/cria/openai"
)

// author is a teacher that writes what each step asks for, in words drawn by the request alone, late by a random time.
type author struct {
	late time.Duration // at most
	fail func(openai.Request) error

	mu    sync.Mutex
	asked []openai.Request
}

func (t *author) Name() string { return "author" }

func (t *author) Chat(_ context.Context, r openai.Request) (*openai.Response, error) {
	if t.late > 0 {
		time.Sleep(rand.N(t.late))
	}
	t.mu.Lock()
	t.asked = append(t.asked, r)
	t.mu.Unlock()
	if t.fail != nil {
		if err := t.fail(r); err != nil {
			return nil, err
		}
	}
	text := write(r)
	return &openai.Response{Model: "author-1", Text: text, Finish: "stop",
		Usage: openai.Usage{PromptTokens: len(r.Messages[0].Content) / 4, CompletionTokens: len(text) / 4}}, nil
}

// write answers a request as its schema wants it.
func write(r openai.Request) string {
	h := fnv.New64a()
	fmt.Fprint(h, r.Messages, *r.Seed)
	random := rand.New(rand.NewPCG(h.Sum64(), 0))
	var schema struct {
		Properties map[string]struct {
			MinItems, MaxItems int
			Items              struct{ Properties map[string]any }
			Type               string
		}
	}
	if r.Schema == nil {
		return sentence(random, 12)
	}
	if err := json.Unmarshal(r.Schema, &schema); err != nil {
		return err.Error()
	}
	out := map[string]any{}
	for name, p := range schema.Properties {
		if p.Type == "string" {
			out[name] = sentence(random, 9)
			continue
		}
		list := []any{}
		for range max(1, p.MaxItems) {
			switch {
			case name == "classification":
				list = append(list, random.IntN(2) == 0)
			case p.Items.Properties == nil:
				list = append(list, sentence(random, 8))
			default:
				item := map[string]string{}
				for _, f := range slices.Sorted(maps.Keys(p.Items.Properties)) {
					item[f] = sentence(random, 7)
				}
				if _, ok := item["quote"]; ok {
					item["quote"] = quoteFrom(r.Messages[0].Content)
				}
				list = append(list, item)
			}
		}
		out[name] = list
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// sentence is n words that hardly another has.
func sentence(random *rand.Rand, n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("w%d", random.IntN(3000))
	}
	return strings.Join(words, " ")
}

// quoteFrom is a few words of the passage in a prompt.
func quoteFrom(prompt string) string {
	_, passage, _ := strings.Cut(prompt, "----\n")
	words := strings.Fields(passage)
	return strings.Join(words[3:9], " ")
}
