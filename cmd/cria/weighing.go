package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// weighing shows what goes on while rows are weighed, also while that has no news of its own.
type weighing struct {
	mu       sync.Mutex
	shown    *doing
	judge    *teacher // nil where there is none
	doing    string
	done, of int
	before   int // that were done when it began
	since    time.Time
	end      chan struct{}
	once     sync.Once
}

func newWeighing(a *app, w io.Writer) *weighing {
	p := &weighing{shown: newDoing(a, w), end: make(chan struct{})}
	go everyTick(p.end, nil, nil, p.draw)
	return p
}

func (p *weighing) draw(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.doing != "" {
		p.shown.say("%s", p.text(now))
	}
}

// progress is told how far something is; where that does not change, it is shown with its time alone.
func (p *weighing) progress(doing string, done, of int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if doing != p.doing {
		p.doing, p.before, p.since = doing, done, time.Now()
	}
	p.done, p.of = done, of
}

func (p *weighing) text(now time.Time) string {
	took := now.Sub(p.since)
	if p.done == p.before {
		return p.doing + "… " + duration(took.Truncate(time.Second))
	}
	rate := float64(p.done-p.before) / took.Seconds()
	text := fmt.Sprintf("%s: %s of %s, %.3g/s, %s left", p.doing, count(p.done), count(p.of), rate, seconds(float64(p.of-p.done)/rate))
	if p.judge != nil {
		text += ", " + strings.Join(p.judge.parts(p.done, p.of), ", ")
	}
	return text
}

// asks says that a judge is asked, whose spending is shown.
func (p *weighing) asks(judge *teacher) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.judge = judge
}

// close takes the line in place away. Nothing is shown after it.
func (p *weighing) close() {
	p.once.Do(func() {
		close(p.end)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.doing = ""
		p.shown.close()
	})
}
