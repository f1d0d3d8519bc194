package openai_test

import (
	"path/filepath"
	"testing"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

func newClient(t *testing.T, s *openaitest.Server, change func(*openai.ClientOptions)) *openai.Client {
	t.Helper()
	o := openai.ClientOptions{BaseURL: s.URL, Model: "echo"}
	if change != nil {
		change(&o)
	}
	c, err := openai.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ask(text string) openai.Request {
	return openai.Request{Messages: []openai.Message{{Role: "user", Content: text}}, MaxTokens: 100}
}

func TestAnswersAreReadStreamedAndWhole(t *testing.T) {
	for name, o := range map[string]openaitest.Options{"streamed": {}, "whole": {Plain: true}} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, openaitest.NewServer(t, openaitest.Echo, o), nil)
			res, err := c.Chat(t.Context(), ask("Name a prime, <b>çava</b> 素数 🎉."))
			if err != nil {
				t.Fatal(err)
			}
			if res.Text != "Name a prime, <b>çava</b> 素数 🎉." || res.Finish != "stop" || res.Usage.CompletionTokens == 0 || res.Usage.Estimated {
				t.Errorf("answer %+v", res)
			}
		})
	}
}

func TestGuardSmoke(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{Prices: openai.Prices{In: 1, Out: 2}})
	path := filepath.Join(t.TempDir(), "j")
	for range 2 {
		j, err := openai.OpenJournal(path)
		if err != nil {
			t.Fatal(err)
		}
		g := openai.Guard(newClient(t, s, nil), openai.Prices{In: 1, Out: 2}, openai.Caps{Cost: 1}, j)
		res, err := g.Chat(t.Context(), ask("hello"))
		if err != nil || res.Text != "hello" {
			t.Fatal(res, err)
		}
		t.Logf("%+v %s", g.Spent(), s.Billed())
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
