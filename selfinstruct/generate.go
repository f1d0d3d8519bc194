package selfinstruct

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/cria-llm/cria/openai"
)

// Run asks the teacher until there are N rows, writes them, and says what came of it. A cap that was reached, an interrupt,
// and a teacher that cannot be asked end it early: what was kept until then is written, Report.Stopped says why, and the
// error of the last two is given as well. prices are for the costs in rows and the forecast.
func (g *Generation) Run(ctx context.Context, teacher openai.Model, prices openai.Prices, obs Observer) (Report, error) {
	if err := g.begin(teacher.Name()); err != nil {
		return Report{}, err
	}
	r := g.runner(teacher, prices, obs)
	plan, err := r.plan()
	if err != nil {
		return Report{}, err
	}
	obs.Planned(plan)
	began := time.Now()
	stopped, failure := r.run(ctx)
	r.rest()
	report := r.report(stopped)
	report.Seconds = time.Since(began).Seconds()
	if err := g.write(r.pool.rows[:report.Kept]); err != nil {
		return report, errors.Join(failure, err)
	}
	return report, failure
}

// Plan estimates what a generation takes, and touches no file.
func Plan(ctx context.Context, o Options, prices openai.Prices) (Estimate, error) {
	g, err := prepare(ctx, o)
	if err != nil {
		return Estimate{}, err
	}
	return g.runner(nil, prices, Silent{}).plan()
}

// runner is a generation that runs.
type runner struct {
	o       Options
	teacher openai.Model
	name    string // the teacher's
	prices  openai.Prices
	obs     Observer

	pool   *pool
	method method
	queue  []*ask // that follow from answers
	window []*ask // that were made and whose answers were not read, in order
	count  int    // made

	answers, refused int
	barren           int // answers since the last row
	capped           string
	measured         measured
	used             openai.Usage
	began            time.Time
}

func (g *Generation) runner(teacher openai.Model, p openai.Prices, obs Observer) *runner {
	r := &runner{o: g.options, teacher: teacher, name: g.settings.Teacher, prices: p, obs: obs, began: time.Now()}
	r.pool = newPool(g.seeds, g.options)
	o := g.options
	switch o.Method {
	case SelfInstruct:
		r.method = bootstrap{o.Language, o.PerRequest}
	case Alpaca:
		r.method = alpaca{o.Language, o.PerRequest}
	case Evol:
		r.method = &evol{language: o.Language, rounds: o.Rounds}
	case Documents:
		r.method = &documents{language: o.Language, count: o.PerRequest, withPassage: o.WithPassage, passages: g.passages}
	case BackTranslation:
		r.method = &backTranslation{language: o.Language, passages: g.passages}
	}
	return r
}

// plan estimates the whole from the first request.
func (r *runner) plan() (Estimate, error) {
	if err := r.fill(); err != nil {
		return Estimate{}, err
	}
	return beforehand(r.o.N, r.method, r.window[0], r.prices), nil
}

// What ends a run that goes nowhere: so many answers without a row, and so many requests in a row that were not taken.
const (
	mostBarren  = 50
	mostRefused = 5
)

// run asks until there are enough rows. Requests are made when the answers before them, but for the last Ahead, were read,
// and answers are read in the order of the requests; when a request is sent changes nothing but the time.
func (r *runner) run(ctx context.Context) (stopped string, err error) {
	defer r.settle()
	refused := 0
	for len(r.pool.rows) < r.o.N {
		if ctx.Err() != nil {
			return Interrupted, ctx.Err()
		}
		if err := r.fill(); err != nil {
			return TeacherFailed, err
		}
		if len(r.window) == 0 {
			return Exhausted, nil
		}
		r.send(ctx)
		first := r.window[0]
		select {
		case <-first.done:
		case <-ctx.Done():
			return Interrupted, ctx.Err()
		}
		var bad *openai.RequestError
		switch err := first.err; {
		case err == nil:
			refused = 0
		case ctx.Err() != nil:
			return Interrupted, ctx.Err()
		case errors.As(err, new(*openai.CapError)):
			r.capped = err.Error()
			return StoppedByCap, nil
		case errors.As(err, &bad) && !slices.Contains([]int{401, 402, 403, 404, 429}, bad.Status) && refused < mostRefused-1:
			refused++
			r.refused++
			r.obs.Noted(fmt.Sprintf("request %d was not taken, and is left out: %v", first.number, err))
			r.window = r.window[1:]
			continue
		default:
			return TeacherFailed, fmt.Errorf("ask %s: %w", r.name, err)
		}
		r.window = r.window[1:]
		r.take(first)
		if r.barren >= mostBarren {
			return Barren, nil
		}
	}
	return "", nil
}

// fill makes requests until as many are outstanding as go ahead.
func (r *runner) fill() error {
	for len(r.window) < r.o.Ahead {
		var a *ask
		if len(r.queue) > 0 {
			a, r.queue = r.queue[0], r.queue[1:]
		} else if r.begun() >= r.method.begun(r.o.Ahead) {
			return nil
		} else if a = r.method.next(r.pool); a == nil {
			return nil
		} else {
			a.root = a
		}
		if err := a.made(r.pool, r.o, r.name, r.count); err != nil {
			return err
		}
		r.count++
		r.window = append(r.window, a)
	}
	return nil
}

// begun is how many requests that followed from none have an outstanding one: themselves, or one that followed from them.
func (r *runner) begun() int {
	roots := map[*ask]bool{}
	for _, a := range r.window {
		roots[a.root] = true
	}
	return len(roots) // none waits in the queue
}

// send sends what was made, as far as rows are missing that those under way will likely not bring.
func (r *runner) send(ctx context.Context) {
	underWay := 0
	for _, a := range r.window {
		if a.sent {
			underWay++
		}
	}
	for i, a := range r.window {
		if a.sent {
			continue
		}
		if i > 0 && (underWay >= r.o.AtOnce || float64(len(r.pool.rows))+float64(underWay)*r.yield() >= float64(r.o.N)) {
			return
		}
		a.sent = true
		underWay++
		go func() {
			defer close(a.done)
			a.response, a.err = r.teacher.Chat(ctx, a.request)
		}()
	}
}

// yield is how many rows an answer brings.
func (r *runner) yield() float64 {
	if r.measured.n >= leastMeasured {
		return r.measured.rows / float64(r.measured.n)
	}
	requests, _ := r.method.prior()
	return 1 / requests.Likely
}

// settle waits until nothing is under way: what is may be paid for.
func (r *runner) settle() {
	for _, a := range r.window {
		if a.sent {
			<-a.done
		}
	}
}

// rest reads the answers that came after the one at which it ended early: they are paid for. Where it goes on they are read
// in their order.
func (r *runner) rest() {
	for _, a := range r.window {
		if a.sent && a.err == nil && len(r.pool.rows) < r.o.N {
			r.take(a)
		}
	}
}

// take makes rows of an answer.
func (r *runner) take(a *ask) {
	r.answers++
	usage := a.response.Usage
	r.used.PromptTokens += usage.PromptTokens
	r.used.CompletionTokens += usage.CompletionTokens
	now := paid{float64(usage.PromptTokens), float64(usage.CompletionTokens), r.prices.Cost(usage)}
	kept := len(r.pool.rows)
	made, more := a.read(answer{text: withoutThoughts(a.response.Text), cut: a.response.Finish == "length" || a.response.Finish == "content_filter"})
	parts := len(more)
	for _, c := range made {
		parts += len(c.instances)
	}
	share := a.before.plus(now).over(parts)
	for _, b := range more {
		b.before, b.root = share, a.root
	}
	r.queue = append(r.queue, more...)
	n := 0
	for _, c := range made {
		n = r.keep(a, c, share, n)
	}
	kept = len(r.pool.rows) - kept
	r.measured.add(kept, now)
	r.barren++
	if kept > 0 {
		r.barren = 0
	}
	r.obs.Progressed(r.progress())
}

// keep takes what passes the filters among the rows. n numbers the instances of the answer; the next number is given.
func (r *runner) keep(a *ask, c candidate, share paid, n int) int {
	p := r.pool
	id, first := a.id, n
	if c.id != "" {
		id, first = c.id, 0
	}
	n += len(c.instances)
	if !c.admitted {
		if why := p.rules.instruction(c.instruction); why != "" {
			p.drop(why, len(c.instances))
			return n
		}
	}
	for i := range c.instances {
		if noInput(c.instances[i].Input) {
			c.instances[i].Input = ""
		}
	}
	if p.rules.Conflict && conflicts(c.instances) {
		p.drop("conflict", len(c.instances))
		return n
	}
	var rows []Row
	for i, x := range c.instances {
		if why := p.rules.exchange(x.Input, x.Output); why != "" {
			p.drop(why, 1)
			continue
		}
		rows = append(rows, Row{Instruction: c.instruction, Input: x.Input, Output: x.Output, ID: fmt.Sprintf("%s.%d", id, first+i)})
	}
	if len(rows) == 0 {
		return n
	}
	if !c.admitted {
		var ok bool
		if c.like, ok = p.admitNew(c.instruction); !ok {
			return n
		}
	}
	for _, row := range rows {
		row.Provenance = Provenance{
			Method: r.o.Method, Step: a.step, Teacher: a.response.Model, PromptHash: a.hash, Seed: r.o.Seed, Request: a.number,
			Parents: a.parents, Change: a.change, Source: c.source,
			PromptTokens: round(share.prompt, 2), CompletionTokens: round(share.completion, 2), Cost: share.cost, Answered: a.response.At,
			Similar: c.like.near, Similarity: round(c.like.mean, 4),
		}
		if row.Provenance.Teacher == "" {
			row.Provenance.Teacher = r.name
		}
		p.rows = append(p.rows, row)
		if c.kept != nil {
			c.kept(Task{ID: row.ID, Instruction: row.Instruction, Input: row.Input, Output: row.Output})
		}
	}
	return n
}

// round is a number to so many digits after the point.
func round(x float64, digits int) float64 {
	p := math.Pow(10, float64(digits))
	return math.Round(x*p) / p
}

func (r *runner) progress() Progress {
	p := Progress{Kept: min(len(r.pool.rows), r.o.N), N: r.o.N, Records: r.pool.records, Answers: r.answers, Cost: r.measured.cost}
	for _, a := range r.window {
		if a.sent {
			p.UnderWay++
		}
	}
	if e, ok := r.measured.forecast(p.Kept, p.N); ok {
		p.Forecast = &e
		took := time.Since(r.began)
		p.Left = time.Duration(float64(took) * max(0, e.Requests.Likely-float64(r.answers)) / float64(r.answers))
	}
	return p
}

func (r *runner) report(stopped string) Report {
	p := r.progress()
	report := Report{
		Method: r.o.Method, Teacher: r.name, Out: r.o.Out, N: r.o.N, Kept: p.Kept, Surplus: len(r.pool.rows) - p.Kept,
		Records: p.Records, Answers: r.answers, Refused: r.refused, Unclassified: r.pool.unclassified, Dropped: counts(r.pool.dropped),
		PromptTokens: r.used.PromptTokens, CompletionTokens: r.used.CompletionTokens, Cost: p.Cost, Stopped: stopped, Cap: r.capped,
	}
	if stopped != "" {
		report.Forecast = p.Forecast
	}
	return report
}
