package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/cria-llm/cria/hub"
	"github.com/cria-llm/cria/train"
)

// pulling shows a pull as it goes: on a terminal one line that is rewritten in place, elsewhere a line for each file and one
// every few seconds. It is a [hub.Observer].
type pulling struct {
	liveLine
	live bool
	ref  hub.Ref

	mu      sync.Mutex
	files   int
	whole   int       // files
	total   int64     // bytes
	there   int64     // bytes
	at      []arrived // of the last seconds, for the speed
	started time.Time
	told    time.Time // of the last plain line
	end     chan struct{}
}

// arrived is how much there was at a time.
type arrived struct {
	when  time.Time
	bytes int64
}

// window is how far back the speed looks.
const window = 10 * time.Second

func newPulling(a *app, w io.Writer, ref hub.Ref) *pulling {
	p := &pulling{liveLine: a.liveLine(w), live: a.terminal(w) && !a.dumb, ref: ref,
		started: time.Now(), end: make(chan struct{})}
	go everyTick(p.end, nil, nil, p.draw)
	return p
}

// draw shows how far it is.
func (p *pulling) draw(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tick(now)
}

// tick shows how far it is.
func (p *pulling) tick(now time.Time) {
	if p.files == 0 {
		return
	}
	p.at = append(p.at, arrived{now, p.there})
	for len(p.at) > 2 && now.Sub(p.at[0].when) > window {
		p.at = p.at[1:]
	}
	switch {
	case p.live:
		p.rewrite(p.bar(p.there, p.total, p.parts(now)))
	case now.Sub(p.told) >= pace:
		p.told = now
		fmt.Fprintln(p.w, "  "+strings.Join(p.parts(now), "  "))
	}
}

// parts tell how far it is, the most important first.
func (p *pulling) parts(now time.Time) []string {
	list := []string{
		percent(float64(p.there) / float64(max(1, p.total))),
		fmt.Sprintf("%s of %s", train.Bytes(p.there), train.Bytes(p.total)),
	}
	first := p.at[0]
	if took := now.Sub(first.when).Seconds(); took > 0.5 {
		rate := max(0, float64(p.there-first.bytes)) / took
		list = append(list, train.Bytes(int64(rate))+"/s")
		if rate > 0 {
			list = append(list, seconds(float64(p.total-p.there)/rate)+" left")
		}
	}
	return append(list, fmt.Sprintf("%d of %s", p.whole, plural(p.files, "file")))
}

// Planned implements [hub.Observer].
func (p *pulling) Planned(files int, bytes, have int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("%s: %s, %s", p.ref, plural(files, "file"), train.Bytes(bytes))
	switch {
	case have >= bytes:
		text += ", all there already"
	case have > 0:
		text += fmt.Sprintf(", %s there already", train.Bytes(have))
	}
	fmt.Fprintln(p.w, p.paint.bold(plain(text)))
	p.files, p.total = files, bytes
	p.started, p.told = time.Now(), time.Now()
	p.at = []arrived{{time.Now(), have}}
}

// Moved implements [hub.Observer].
func (p *pulling) Moved(_ string, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.there += bytes
}

// Finished implements [hub.Observer].
func (p *pulling) Finished(name string, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.whole++
	if !p.live {
		fmt.Fprintf(p.w, "  %s, %s\n", plain(name), train.Bytes(bytes))
	}
}

// Noted implements [hub.Observer].
func (p *pulling) Noted(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(text)
}

// close takes the line in place away.
func (p *pulling) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.end)
	p.erase()
}

// done says what came of it.
func (p *pulling) done(got *hub.Pulled) {
	t := table{}
	t.row("pulled", fmt.Sprintf("%s, every one checked, in %s", train.Bytes(got.Bytes), seconds(time.Since(p.started).Seconds())))
	if got.Resumed > 0 {
		t.row("resumed", train.Bytes(got.Resumed)+" were left by an earlier pull")
	}
	t.row("commit", plain(got.Commit))
	t.row("path", plain(got.Path))
	for i, command := range next(p.ref, got) {
		t.row([]string{"next", ""}[min(i, 1)], p.paint.accent(command))
	}
	t.print(p.w, p.paint)
}
