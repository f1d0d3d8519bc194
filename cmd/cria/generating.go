package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/selfinstruct"
)

// generating shows a generation as it goes: on a terminal one line that is rewritten in place, elsewhere a plain line every
// few seconds. It is a [selfinstruct.Observer].
type generating struct {
	liveLine
	live bool

	mu   sync.Mutex
	t    *teacher              // nil while it is opened
	at   selfinstruct.Progress // N is 0 before the first answer
	told time.Time             // of the last plain line
	from time.Time
	end  chan struct{}
}

func newGenerating(ctx context.Context, a *app, w io.Writer) *generating {
	g := &generating{liveLine: a.liveLine(w), live: a.terminal(w) && !a.dumb, from: time.Now(), told: time.Now(), end: make(chan struct{})}
	go everyTick(g.end, ctx.Done(), func() {
		g.Noted("stopping; answers that are paid for are waited for; interrupt again to stop at once")
	}, g.draw)
	return g
}

// asks says who is asked.
func (g *generating) asks(t *teacher) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.t = t
}

func (g *generating) draw(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tick(now)
}

func (g *generating) tick(now time.Time) {
	switch {
	case !g.live && now.Sub(g.told) < pace:
	case g.at.N == 0 && g.live:
		g.rewrite("  " + g.paint.dim("waiting for the first answer… "+duration(now.Sub(g.from).Truncate(time.Second))))
	case g.live:
		g.rewrite(g.bar(int64(g.at.Kept), int64(g.at.N), g.parts()))
	default:
		g.told = now
		if g.at.N == 0 {
			fmt.Fprintln(g.w, "  waiting for the first answer")
			return
		}
		fmt.Fprintln(g.w, "  "+strings.Join(g.parts(), "  "))
	}
}

// parts tell how far it is, the most important first.
func (g *generating) parts() []string {
	p := g.at
	list := []string{fmt.Sprintf("%s of %s", count(p.Kept), plural(p.N, "row"))}
	list = append(list, g.t.parts(0, 0)...) // the forecast is by rows an answer, and not the teacher's
	if f := p.Forecast; f != nil && f.Cost.Likely > 0 {
		list = append(list, fmt.Sprintf("about %s in all (%s to %s)", dollars(f.Cost.Likely), dollars(f.Cost.Low), dollars(f.Cost.High)))
	}
	if p.Left > 0 {
		list = append(list, duration(max(time.Second, p.Left.Round(time.Second)))+" left")
	}
	return append(list, fmt.Sprintf("kept %s of %s", percent(float64(p.Kept)/float64(max(1, p.Records))), count(p.Records)),
		fmt.Sprintf("%s, %d under way", plural(p.Answers, "answer"), p.UnderWay))
}

// Planned implements [selfinstruct.Observer].
func (g *generating) Planned(e selfinstruct.Estimate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.erase()
	showEstimate(g.w, g.paint, e, g.t.prices)
}

// Progressed implements [selfinstruct.Observer].
func (g *generating) Progressed(p selfinstruct.Progress) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.at = p
}

// Noted implements [selfinstruct.Observer].
func (g *generating) Noted(text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.note(text)
}

// close takes the line in place away. Nothing is drawn after it.
func (g *generating) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.end:
		return
	default:
	}
	close(g.end)
	g.erase()
}

// showEstimate is what a generation takes.
func showEstimate(w io.Writer, p paint, e selfinstruct.Estimate, prices openai.Prices) {
	t := table{heading: "estimate"}
	whole := func(x float64) string { return count(int(math.Round(x))) }
	t.row("requests", interval(e.Requests, whole))
	t.row("tokens asked", interval(e.PromptTokens, whole))
	t.row("tokens answered", interval(e.CompletionTokens, whole))
	if prices == (openai.Prices{}) {
		t.row("cost", p.dim("none: no price is known (--price-in, --price-out)"))
	} else {
		t.row("cost", p.bold(interval(e.Cost, dollars)))
	}
	t.print(w, p)
}

// interval is a guess with its bounds: 12 (9–20).
func interval(x selfinstruct.Interval, text func(float64) string) string {
	return fmt.Sprintf("%s (%s–%s)", text(x.Likely), text(x.Low), text(x.High))
}

func dollars(x float64) string { return openai.CostOf(x).String() }

// showGenerated is what came of a generation.
func showGenerated(w io.Writer, p paint, r selfinstruct.Report, asked *teacher) {
	t := table{heading: "generated"}
	rows := fmt.Sprintf("%s of %s", count(r.Kept), count(r.N))
	if r.Kept < r.N {
		rows = p.warn(rows)
	} else {
		rows = p.good(rows)
	}
	t.row("rows", rows+fmt.Sprintf(", from %s in %s", plural(r.Records, "task"), plural(r.Answers, "answer")))
	for i, c := range r.Dropped {
		t.row([]string{"dropped", ""}[min(i, 1)], fmt.Sprintf("%s %s", count(c.Count), c.Why))
	}
	if r.Refused > 0 {
		t.row("not taken", plural(r.Refused, "request"))
	}
	if r.Unclassified > 0 {
		t.row("unclassified", plural(r.Unclassified, "instruction")+" taken for no classifications")
	}
	asked.tell(&t)
	if r.Forecast != nil && r.Forecast.Cost.Likely > 0 {
		t.row("for all rows", interval(r.Forecast.Cost, dollars)+" in all")
	}
	t.row("time", seconds(r.Seconds))
	t.row("file", plain(r.Out))
	t.print(w, p)
}
