package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/cria-llm/cria/train"
)

// progress shows a run as it goes: on a terminal one line that is rewritten in place, elsewhere a plain line every few
// seconds. It is a [train.Observer].
type progress struct {
	train.Silent // what is not shown

	liveLine
	r    train.Recipe     // with its defaults
	plan func(train.Plan) // shows the plan
	live bool

	mu     sync.Mutex
	held   bool       // some rows are held out
	doing  string     // what goes on while no step is under way
	step   train.Step // last one taken; Steps is 0 before the plan
	since  time.Time  // when what is under way began
	smooth smooth
	told   time.Time // of the last plain line
	done   chan struct{}
}

// pace is the time between plain lines, and tick between two looks of the line in place.
const (
	pace = 5 * time.Second
	tick = 200 * time.Millisecond
)

func newProgress(ctx context.Context, a *app, w io.Writer, r train.Recipe) *progress {
	if full, err := r.Resolve(); err == nil {
		r = full
	}
	p := &progress{
		liveLine: a.liveLine(w), r: r, live: a.terminal(w) && !a.dumb,
		doing: "reading the model and the data", since: time.Now(), done: make(chan struct{}),
	}
	p.plan = func(plan train.Plan) { showPlan(p.w, p.paint, p.r, plan) }
	go everyTick(p.done, ctx.Done(), p.heard, p.redraw)
	return p
}

// redraw keeps the line in place alive while a step takes its time.
func (p *progress) redraw(time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draw()
}

// heard says that an interrupt was: the micro-batch that is under way is computed to its end.
func (p *progress) heard() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
	default:
		p.note("stopping; interrupt again to stop at once, without a checkpoint")
	}
}

// close takes the line in place away. Nothing is drawn after it.
func (p *progress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return
	default:
	}
	close(p.done)
	p.erase()
	p.live = false
}

// Data implements [train.Observer].
func (p *progress) Data(d train.DataInfo) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprintln(p.w, p.paint.bold("data"))
	fmt.Fprintln(p.w, indent(plain(d.Set)))
	fmt.Fprintln(p.w, indent(plain(d.Report)))
	showSources(p.w, p.paint, d.Sources)
	if p.held = d.Held > 0; p.held {
		fmt.Fprintf(p.w, "  %s held out, %s trained on\n", plural(d.Held, "sequence"), count(d.Train))
	}
	p.now("measuring one step")
}

// Planned implements [train.Observer].
func (p *progress) Planned(plan train.Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.plan(plan)
	fmt.Fprintln(p.w, p.paint.bold("training"))
	p.step.Steps = plan.Steps
	p.now("step 1 of " + count(plan.Steps))
	if plan.Before > 0 {
		p.now("computing the base's log-probabilities")
	}
	if p.held {
		p.now("measuring the held-out loss")
	}
}

// Stepped implements [train.Observer].
func (p *progress) Stepped(s train.Step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	epoch := s.Epoch != p.step.Epoch
	p.step = s
	p.smooth.add(s.Loss)
	p.now("")
	if s.Step == s.Steps && p.held {
		p.now("measuring the held-out loss")
	}
	if p.live {
		return // the ticker draws it
	}
	if first := p.told.IsZero(); first || epoch || s.Step == s.Steps || time.Since(p.told) >= pace {
		p.told = time.Now()
		fmt.Fprintln(p.w, "  "+strings.Join(p.parts(), "  "))
	}
}

// Evaluated implements [train.Observer].
func (p *progress) Evaluated(e train.Eval) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	when := "before training"
	if e.Step > 0 {
		when = "after step " + count(e.Step)
	}
	bits := ""
	if e.BitsPerByte != nil {
		bits = fmt.Sprintf(", %s bits per byte", p.paint.bold(fmt.Sprintf("%.4f", *e.BitsPerByte)))
	}
	fmt.Fprintf(p.w, "  held-out loss %s%s %s\n", p.paint.bold(fmt.Sprintf("%.4f", e.Loss)), bits+rated(e.Rewards), when)
	p.now("")
	switch p.step.Step {
	case 0:
		p.now("step 1 of " + count(p.step.Steps))
	case p.step.Steps:
		p.now("writing the result")
	}
}

// Noted implements [train.Observer].
func (p *progress) Noted(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(text)
}

// now says what is under way from here on.
func (p *progress) now(doing string) {
	p.doing, p.since = doing, time.Now()
}

// parts tell where the run stands, the most important first.
func (p *progress) parts() []string {
	s := p.step
	left := "last step"
	if s.Step < s.Steps {
		left = duration(max(time.Second, s.Left-time.Since(p.since)).Round(time.Second)) + " left"
	}
	return []string{
		fmt.Sprintf("step %s/%s", count(s.Step), count(s.Steps)),
		fmt.Sprintf("loss %.3f", p.smooth.value()) + rated(s.Rewards),
		left,
		speed(s.TokensPerSec),
		percent(s.PeakShare) + " of peak",
		fmt.Sprintf("epoch %d", s.Epoch+1),
		fmt.Sprintf("lr %.1e", s.LR),
	}
}

// rated says how often the better answer has the higher reward, and by how much; nothing where preferences are not learned.
func rated(r *train.Rewards) string {
	if r == nil {
		return ""
	}
	s := ", accuracy " + percent(r.Accuracy)
	if r.Margin != nil {
		s += fmt.Sprintf(", margin %.3f", *r.Margin)
	}
	return s
}

// draw rewrites the line in place, with as many parts as the terminal is wide for.
func (p *progress) draw() {
	if !p.live {
		return
	}
	if p.doing != "" {
		p.rewrite("  " + p.paint.dim(p.doing+"… "+duration(time.Since(p.since).Truncate(time.Second))))
		return
	}
	p.rewrite(p.bar(int64(p.step.Step), int64(p.step.Steps), p.parts()))
}

// smooth is a running mean that forgets, about ten values back, and is not drawn to 0 at its start.
type smooth struct{ sum, weight float64 }

func (s *smooth) add(x float64) {
	const keep = 0.9
	s.sum, s.weight = keep*s.sum+x, keep*s.weight+1
}

func (s *smooth) value() float64 { return s.sum / s.weight }

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }
