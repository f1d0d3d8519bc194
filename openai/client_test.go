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

var prices = openai.Prices{In: 0.15, Out: 0.6}

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

func TestClientIsAModel(t *testing.T) {
	for name, o := range map[string]openaitest.Options{
		"streamed": {}, "whole": {Plain: true}, "of few words": {NoSchema: true, Renamed: true, Uncounted: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := openaitest.NewServer(t, openaitest.Echo, o)
			openaitest.Suite(t, func(t *testing.T) openai.Model { return newClient(t, s, nil) })
		})
	}
}

func TestGuardedIsAModel(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{})
	openaitest.Suite(t, func(t *testing.T) openai.Model {
		return guard(t, newClient(t, s, nil), openai.Caps{}, filepath.Join(t.TempDir(), "answers.journal"))
	})
}

func guard(t *testing.T, m openai.Model, caps openai.Caps, path string) *openai.Guarded {
	t.Helper()
	j, err := openai.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return openai.Guard(m, prices, caps, j)
}
