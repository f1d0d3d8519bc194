package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/hub"
)

func TestAPullTellsItsSpeedAndTheTimeLeft(t *testing.T) {
	var out bytes.Buffer
	p := &pulling{liveLine: liveLine{w: &out, width: func() int { return 100 }}, live: true, ref: hub.Ref{ID: "org/name"}, end: make(chan struct{})}
	p.Planned(2, 1_000_000_000, 100_000_000)
	start := p.at[0].when
	p.Moved("a", 100_000_000) // was there
	p.Moved("a", 200_000_000)
	p.Finished("a", 300_000_000)
	p.tick(start.Add(4 * time.Second))
	for _, want := range []string{"org/name: 2 files, 1.0 GB, 100 MB there already", "30 %", "300 MB of 1.0 GB", "50 MB/s", "14 s left", "1 of 2 files"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q lacks %q", out.String(), want)
		}
	}
	// It stays on one line, however narrow.
	p.width = func() int { return 45 }
	out.Reset()
	p.tick(start.Add(5 * time.Second))
	if text := out.String(); strings.Contains(text, "\n") || strings.Contains(text, "left") {
		t.Errorf("on a narrow terminal: %q", text)
	}
	p.close()

	// Elsewhere it is a line every few seconds.
	out.Reset()
	p = &pulling{liveLine: liveLine{w: &out, width: p.width}, ref: p.ref, end: make(chan struct{})}
	p.Planned(1, 1000, 0)
	start = p.told
	out.Reset()
	for s := range 12 {
		p.tick(start.Add(time.Duration(s) * time.Second))
	}
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("%d lines in 12 seconds: %q", n, out.String())
	}
}
