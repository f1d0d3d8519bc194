package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
	"github.com/cria-llm/cria/selfinstruct"
)

func TestAGenerationTellsWhatIsSpentAndWhatIsLeft(t *testing.T) {
	prices := openai.Prices{In: 100, Out: 200}
	s := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{})
	client, err := openai.NewClient(openai.ClientOptions{BaseURL: s.URL, Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	journal, err := openai.OpenJournal(filepath.Join(t.TempDir(), "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	asked := &teacher{guarded: openai.Guard(client, prices, openai.Caps{}, journal), prices: prices}
	if _, err := asked.Model().Chat(t.Context(), openai.Request{Messages: []openai.Message{{Role: "user", Content: strings.Repeat("word ", 80)}}, MaxTokens: 200}); err != nil {
		t.Fatal(err)
	}

	var out bytes.Buffer
	g := &generating{liveLine: liveLine{w: &out, width: func() int { return 160 }}, live: true, from: time.Now(), end: make(chan struct{})}
	g.tick(time.Now())
	g.asks(asked)
	g.Planned(selfinstruct.Estimate{Requests: selfinstruct.Interval{Low: 9, Likely: 12, High: 20}, Cost: selfinstruct.Interval{Low: 0.1, Likely: 0.2, High: 0.5}})
	g.Progressed(selfinstruct.Progress{Kept: 25, N: 100, Records: 50, Answers: 3, UnderWay: 8, Left: 9 * time.Second,
		Forecast: &selfinstruct.Estimate{Cost: selfinstruct.Interval{Low: 0.1, Likely: 0.12, High: 0.15}}})
	g.tick(time.Now())
	for _, want := range []string{"waiting for the first answer", "\restimate\n", "12 (9–20)", "$0.2000 ($0.1000–$0.5000)", "25 of 100 rows", "$0.0307 spent", "about $0.1200 in all ($0.1000 to $0.1500)", "9 s left", "kept 50 % of 50", "3 answers, 8 under way"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q lacks %q", out.String(), want)
		}
	}
	g.width = func() int { return 60 }
	out.Reset()
	g.Progressed(selfinstruct.Progress{Kept: 26, N: 100, Records: 50, Answers: 3, UnderWay: 8, Left: 9 * time.Second})
	g.tick(time.Now())
	if text := out.String(); strings.Contains(text, "\n") || !strings.Contains(text, "26 of 100 rows") || strings.Contains(text, "under way") {
		t.Errorf("on a narrow terminal: %q", text)
	}
	g.close()

	// Elsewhere it is a line every few seconds.
	start := time.Now()
	g = &generating{liveLine: liveLine{w: &out, width: g.width}, t: asked, at: selfinstruct.Progress{Kept: 1, N: 2}, told: start, end: make(chan struct{})}
	out.Reset()
	for s := range 12 {
		g.tick(start.Add(time.Duration(s) * time.Second))
	}
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("%d lines in 12 seconds: %q", n, out.String())
	}
}
