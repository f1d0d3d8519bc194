package weigh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/similarity"
)

// Options say whom scores ask, and where they are kept.
type Options struct {
	Model    *infer.Assistant // nil where no score needs one
	Judge    openai.Model     // nil where no score needs one
	Parallel int              // how many questions a judge is asked at once; 0 is 8
	// Cache is a file that values are added to as they come, and that they are taken from another time; "" keeps none.
	Cache string
	// Progress is told how many rows are done of what goes on, 0 of 0 of what is done at once. It is called by one goroutine
	// at a time.
	Progress func(doing string, done, of int)
}

// Column is a score of all rows.
type Column struct {
	Score   Score
	Values  []float64 // by row
	Missing []string  // by row: why it has no value; "" where it has
}

// Table is what was measured.
type Table struct {
	Columns      []Column
	Vectors      [][]float32 // by row; nil where nothing needs them
	Cluster      []int       // by row; nil where nothing needs them
	ClusterNames []string    // by cluster: words that tell it from the others
	Categories   [][]int     // by row: places in Rules.Keywords
	Speed        Speed
	names        []string // of the categories
}

// Speed tells what measuring took, of what was not in the cache.
type Speed struct {
	Rows    int     `json:"rows"` // that the model measured
	Seconds float64 `json:"seconds"`
	Tokens  int     `json:"tokens"` // computed; what several texts begin with counts once
	// PeakShare is the share of the floating-point operations a second that the machine reaches; 0 where that cannot be
	// measured.
	PeakShare float64 `json:"peak_share"`
	Judged    int     `json:"judged"` // rows, marks and scores of each
	Cached    int     `json:"cached"` // values that were there already
}

// RowsPerSecond is 0 where nothing was measured.
func (s Speed) RowsPerSecond() float64 {
	if s.Seconds == 0 {
		return 0
	}
	return float64(s.Rows) / s.Seconds
}

// measuring is a Measure under way.
type measuring struct {
	rows    []*curate.Row
	rules   *Rules
	o       Options
	cache   *cache
	table   *Table
	content []string // by row
	model   string   // hash of the model with its adapters
	said    string   // by the judge, where there first was no mark in it
}

// chunk is how many rows are measured between two writes: what is lost when the program is killed. Chunks end at the same rows
// whatever of them is known, for a value has its last digits by what is measured beside it.
const chunk = 256

func errNoModel(what string) error {
	return fmt.Errorf("%s needs a model: name one (--model MODEL)", what)
}

// Measure computes the scores that rules need, in the order of [Rules.Needs]. A row that cannot have a score has a reason
// instead; a score that no row can have is an error.
func Measure(ctx context.Context, rows []*curate.Row, rules *Rules, o Options) (*Table, error) {
	scores, err := withParts(rules.Needs())
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("no rows to weigh")
	}
	for _, s := range scores {
		switch {
		case s.Model && o.Model == nil:
			return nil, errNoModel("score " + s.Name)
		case s.Judge && o.Judge == nil:
			return nil, fmt.Errorf("score %s needs a judge: name one (--judge URL|MODEL)", s.Name)
		}
	}
	m := &measuring{rows: rows, rules: rules, o: o, table: &Table{}}
	for _, c := range rules.Keywords {
		m.table.names = append(m.table.names, c.Name)
	}
	for i, r := range rows {
		if r.Index != i {
			return nil, fmt.Errorf("row %d is at place %d", r.Index, i)
		}
		m.content = append(m.content, contentOf(r))
	}
	if o.Model != nil {
		if m.model, err = o.Model.Hash(); err != nil {
			return nil, err
		}
	}
	if m.cache, err = openCache(o.Cache); err != nil {
		return nil, err
	}
	for _, s := range scores {
		m.table.Columns = append(m.table.Columns, Column{Score: s, Values: make([]float64, len(rows)), Missing: make([]string, len(rows))})
	}
	err = m.all(ctx)
	if err := errors.Join(err, m.cache.f.Close()); err != nil {
		return nil, err
	}
	return m.table, m.someEach()
}

func (m *measuring) all(ctx context.Context) error {
	for _, step := range []func(context.Context) error{m.texts, m.tokens, m.clusters, m.judged} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	m.products()
	return nil
}

func (m *measuring) say(doing string, done, of int) {
	if m.o.Progress != nil {
		m.o.Progress(doing, done, of)
	}
}

func (m *measuring) set(column, row int, value float64, missing string) {
	c := &m.table.Columns[column]
	c.Values[row], c.Missing[row] = value, missing
}

// texts are the scores that follow from the rows alone.
func (m *measuring) texts(context.Context) error {
	match := newMatcher(m.rules.Keywords)
	if len(m.rules.Keywords) > 0 {
		for _, r := range m.rows {
			m.table.Categories = append(m.table.Categories, match.of(r))
		}
	}
	for k, c := range m.table.Columns {
		for i, r := range m.rows {
			switch name := c.Score.Name; {
			case name == length.Name:
				value, missing := lengthOf(r)
				m.set(k, i, value, missing)
			case name == keywords.Name:
				m.set(k, i, match.worth(m.table.Categories[i]), "")
			case groupField(name) != "":
				value, missing := fieldOf(r, groupField(name))
				m.set(k, i, value, missing)
			}
		}
	}
	return nil
}

// tokens are the scores that follow from how likely the model finds texts.
func (m *measuring) tokens(ctx context.Context) error {
	var columns []int
	for k, c := range m.table.Columns {
		if c.Score.tokens != nil {
			columns = append(columns, k)
		}
	}
	if len(columns) == 0 {
		return nil
	}
	ids := make([]string, len(m.table.Columns))
	for _, k := range columns {
		s := m.table.Columns[k].Score
		of := []string{m.model}
		if s.tokens.conversation {
			t, _, err := m.o.Model.Template()
			if err != nil {
				return err
			}
			of = append(of, t.Hash())
		}
		ids[k] = identity(s.Name, s.version, of...)
	}
	var todo []int
	for i := range m.rows {
		for _, k := range columns {
			value, ok := m.cache.values[cacheKey{m.content[i], ids[k]}]
			if ok {
				m.set(k, i, value, "")
				m.table.Speed.Cached++
			} else if n := len(todo); n == 0 || todo[n-1] != i {
				todo = append(todo, i)
			}
		}
	}
	peak, before := 0.0, m.o.Model.Work()
	if len(todo) > 0 {
		peak = m.o.Model.PeakFLOPS()
	}
	began := time.Now()
	done := len(m.rows) - len(todo)
	m.say("measuring rows", done, len(m.rows))
	for len(todo) > 0 {
		n := slices.IndexFunc(todo, func(i int) bool { return i/chunk != todo[0]/chunk })
		if n < 0 {
			n = len(todo)
		}
		part := todo[:n]
		todo = todo[n:]
		b := &batch{e: encoder{m.o.Model}, places: map[string]int{}}
		for _, i := range part {
			for _, k := range columns {
				if value, ok := m.cache.values[cacheKey{m.content[i], ids[k]}]; ok {
					m.set(k, i, value, "")
					continue
				}
				missing, err := b.want(m.rows[i], k, m.table.Columns[k].Score.tokens)
				if err != nil {
					return err
				}
				m.set(k, i, 0, missing)
			}
		}
		var failed error
		err := b.measure(ctx, func(row, column int, value float64, missing string) {
			m.set(column, row, value, missing)
			if missing == "" {
				failed = errors.Join(failed, m.cache.put(cacheKey{m.content[row], ids[column]}, value))
			}
		})
		if err := errors.Join(err, failed); err != nil {
			return err
		}
		if err := m.cache.f.Flush(); err != nil {
			return err
		}
		m.table.Speed.Rows += b.rows()
		done += len(part)
		m.say("measuring rows", done, len(m.rows))
	}
	m.table.Speed.Seconds = time.Since(began).Seconds()
	work := m.o.Model.Work()
	m.table.Speed.Tokens = work.Tokens - before.Tokens
	if peak > 0 && m.table.Speed.Rows > 0 {
		m.table.Speed.PeakShare = (work.FLOPs - before.FLOPs) / m.table.Speed.Seconds / max(peak, m.o.Model.PeakFLOPS())
	}
	return nil
}

// clusters are what follows from the rows' vectors.
func (m *measuring) clusters(ctx context.Context) (err error) {
	if !m.rules.needsVectors() {
		return nil
	}
	t := m.table
	if t.Vectors, err = m.vectors(ctx); err != nil || !m.rules.needsClusters() {
		return err
	}
	m.say("finding clusters", 0, 0)
	n := m.rules.Clusters
	if n == 0 {
		n = max(1, min(100, len(m.rows)/10))
	}
	if t.Cluster, err = unless(ctx, func() []int { return similarity.KMeans(t.Vectors, n, 0) }); err != nil {
		return err
	}
	t.ClusterNames = clusterNames(m.rows, t.Cluster, m.rules.Vectors.text)
	for k, c := range t.Columns {
		if c.Score.Name == rarity.Name {
			t.Columns[k].Values = rarityOf(t.Cluster)
		}
	}
	return nil
}

// judged are the scores that a judge gives. What it cannot mark is not kept, so that another time it is asked again.
func (m *measuring) judged(ctx context.Context) error {
	type question struct{ column, row int }
	var todo []question
	ids := make([]string, len(m.table.Columns))
	for k, c := range m.table.Columns {
		if c.Score.judge == nil {
			continue
		}
		ids[k] = identity(c.Score.Name, c.Score.version, m.o.Judge.Name(), c.Score.judge.ask)
		for i := range m.rows {
			if value, ok := m.cache.values[cacheKey{m.content[i], ids[k]}]; ok {
				m.set(k, i, value, "")
				m.table.Speed.Cached++
				continue
			}
			todo = append(todo, question{k, i})
		}
	}
	if len(todo) > 0 {
		m.say("asking for marks", 0, len(todo))
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	var wait sync.WaitGroup
	var failed error
	next := 0
	workers := m.o.Parallel
	if workers < 1 {
		workers = 8
	}
	ask := func() (q question, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if next == len(todo) || ctx.Err() != nil {
			return q, false
		}
		next++
		return todo[next-1], true
	}
	give := func(q question, value float64, missing, said string, err error) {
		mu.Lock()
		defer mu.Unlock()
		if m.said == "" {
			m.said = said
		}
		if err == nil {
			m.set(q.column, q.row, value, missing)
			m.table.Speed.Judged++
			m.say("asking for marks", m.table.Speed.Judged, len(todo))
			if missing == "" {
				err = errors.Join(m.cache.put(cacheKey{m.content[q.row], ids[q.column]}, value), m.cache.f.Flush())
			}
		}
		if err != nil {
			if failed == nil {
				failed = err
			}
			stop()
		}
	}
	for range min(workers, len(todo)) {
		wait.Go(func() {
			for q, ok := ask(); ok; q, ok = ask() {
				value, missing, said, err := m.table.Columns[q.column].Score.judge.mark(ctx, m.o.Judge, m.rows[q.row])
				give(q, value, missing, said, err)
			}
		})
	}
	wait.Wait()
	if failed != nil {
		return fmt.Errorf("judging stopped after %d of %d marks, which are kept: %w", m.table.Speed.Judged, len(todo), failed)
	}
	return ctx.Err()
}

// products are the scores that others are multiplied for.
func (m *measuring) products() {
	for k, c := range m.table.Columns {
		if c.Score.of == nil {
			continue
		}
		for i := range m.rows {
			value, missing := 1.0, ""
			for _, name := range c.Score.of {
				part, err := m.table.column(name)
				if err != nil || missing != "" {
					continue
				}
				value, missing = value*part.Values[i], part.Missing[i]
			}
			m.set(k, i, value, missing)
		}
	}
}

// someEach is an error where a score has not one value.
func (m *measuring) someEach() error {
	for _, c := range m.table.Columns {
		if !slices.Contains(c.Missing, "") {
			if c.Missing[0] == noMark {
				return fmt.Errorf("no row has a score %s: %s, which is such as %q", c.Score.Name, noMark, clip(m.said, 60))
			}
			return fmt.Errorf("no row has a score %s: row 0: %s", c.Score.Name, c.Missing[0])
		}
	}
	return nil
}
