package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/openai"
)

// teacherFlags say which model writes or judges, how fast it may be asked, and what that may cost.
type teacherFlags struct {
	flag    string // teacher or judge
	fs      *pflag.FlagSet
	spec    string // URL or MODEL
	model   string // at the URL
	named   bool   // behind the URL
	keyEnv  string
	plain   bool
	client  openai.ClientOptions
	in, out float64
	caps    openai.Caps

	threads int               // of a model on this machine; 0 is all
	note    func(text string) // is told of long waits; nil for silence
}

// add registers the flags; flag is what the model is called: teacher or judge.
func (f *teacherFlags) add(fs *pflag.FlagSet, flag string) {
	f.flag, f.fs = flag, fs
	fs.Var((*address)(f), flag, "`URL|MODEL` that answers: the address of an OpenAI-compatible endpoint, URL#NAME with the model's name there, or a model on this machine")
	fs.StringVar(&f.model, flag+"-model", "", "`NAME` of the model at the URL, where that has none")
	fs.StringVar(&f.keyEnv, "key-env", "", "environment `VARIABLE` with the endpoint's key (default OPENAI_API_KEY, where it is set)")
	fs.BoolVar(&f.plain, "plain-http", false, "allow http:// to another machine: texts and key can be read on the way")
	fs.IntVar(&f.client.Concurrency, "concurrency", 8, "requests at once")
	fs.IntVar(&f.client.RequestsPerMinute, "rpm", 0, "requests a minute at the most (default as many as the endpoint allows)")
	fs.IntVar(&f.client.TokensPerMinute, "tpm", 0, "tokens a minute at the most (default as many as the endpoint allows)")
	fs.Float64Var(&f.in, "price-in", 0, "`DOLLARS` per million tokens of prompts (default OpenAI's list price of "+openai.PricesDate+" at OpenAI)")
	fs.Float64Var(&f.out, "price-out", 0, "`DOLLARS` per million tokens of answers")
	fs.Float64Var(&f.caps.Cost, "max-cost", 0, "`DOLLARS` that all answers may cost; what could cost more is not asked")
	fs.IntVar(&f.caps.Tokens, "max-tokens", 0, "tokens that all prompts and answers may have")
	fs.IntVar(&f.caps.Requests, "max-requests", 0, "requests that may be answered")
}

// remote says whether the model is at an address.
func (f *teacherFlags) remote() bool { return isURL(f.spec) }

// address is the flag that says who answers.
type address teacherFlags

func (a *address) Set(s string) error {
	a.spec, a.named = s, false
	if isURL(s) {
		url, name, named := strings.Cut(s, "#")
		if a.spec, a.named = url, named; named {
			a.model = name
		}
	}
	return nil
}

func (a *address) String() string { return a.spec }
func (a *address) Type() string   { return "string" }

func isURL(spec string) bool {
	return strings.HasPrefix(spec, "https://") || strings.HasPrefix(spec, "http://")
}

// prices are the ones given, or the built-in ones; none for a model on this machine, and for one whose price is not known.
func (f *teacherFlags) prices() openai.Prices {
	if f.in != 0 || f.out != 0 {
		return openai.Prices{In: f.in, Out: f.out}
	}
	if u, err := url.Parse(f.spec); err == nil && u.Hostname() == "api.openai.com" && !f.priced() {
		p, _ := openai.PriceOf(f.model)
		return p
	}
	return openai.Prices{}
}

// priced says whether prices were given, if only to say that there are none.
func (f *teacherFlags) priced() bool { return f.fs.Changed("price-in") || f.fs.Changed("price-out") }

// check says what is missing before anything is opened.
func (f *teacherFlags) check() error {
	switch prices := f.prices(); {
	case f.spec == "":
		return fmt.Errorf("--%s is missing: the address of an endpoint, or a model", f.flag)
	case f.named && f.fs.Changed(f.flag+"-model"):
		return fmt.Errorf("--%s and --%s-model both name a model at %s: leave one out", f.flag, f.flag, f.spec)
	case f.remote() && f.model == "":
		return fmt.Errorf("--%s-model is missing: the model's name at %s", f.flag, f.spec)
	case !f.remote() && f.model != "":
		return fmt.Errorf("--%s-model is for a model at an address; --%s is %q", f.flag, f.flag, f.spec)
	case f.fs.Changed("max-cost") && f.caps.Cost == 0, f.fs.Changed("max-tokens") && f.caps.Tokens == 0, f.fs.Changed("max-requests") && f.caps.Requests == 0:
		return errors.New("a cap of 0 would ask nothing: leave it out for none")
	case f.client.Concurrency < 1:
		return fmt.Errorf("--concurrency is %d, want 1 or more", f.client.Concurrency)
	case f.remote() && f.caps.Cost > 0 && !f.priced() && prices == openai.Prices{}:
		return fmt.Errorf("the price of %s is not known, so --max-cost cannot be kept: give --price-in and --price-out, in dollars per million tokens (0 where it costs nothing)", f.model)
	default:
		return errors.Join(prices.Check(), f.caps.Check())
	}
}

// teacher is a model that writes or judges, with its journal.
type teacher struct {
	guarded *openai.Guarded
	prices  openai.Prices
	close   []func() error // in reverse
}

// openTeacher opens what the flags say, with the journal at a path: what is asked again is answered from there.
func (a *app) openTeacher(ctx context.Context, f teacherFlags, journal string) (_ *teacher, err error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	t := &teacher{prices: f.prices()}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Close())
		}
	}()
	var m openai.Model
	if f.remote() {
		m, err = f.endpoint()
	} else {
		m, err = t.local(ctx, f)
	}
	if err != nil {
		return nil, err
	}
	j, err := openai.OpenJournal(journal)
	if err != nil {
		return nil, err
	}
	t.close = append(t.close, j.Close)
	t.guarded = openai.Guard(m, t.prices, f.caps, j)
	return t, nil
}

// grace is how long answers that are under way may take to their end after an interrupt.
const grace = 20 * time.Second

func (f *teacherFlags) endpoint() (openai.Model, error) {
	o := f.client
	o.BaseURL, o.Model, o.Insecure, o.Note, o.Grace = f.spec, f.model, f.plain, f.note, grace
	name := f.keyEnv
	if name == "" {
		name = "OPENAI_API_KEY"
	}
	if o.Key = strings.TrimSpace(os.Getenv(name)); o.Key == "" && f.keyEnv != "" {
		return nil, fmt.Errorf("--key-env names %s, which is not set", name)
	}
	c, err := openai.NewClient(o)
	if errors.Is(err, openai.ErrPlain) {
		return nil, fmt.Errorf("%w, or --plain-http in a network that you trust", err)
	}
	return c, err
}

func (t *teacher) local(ctx context.Context, f teacherFlags) (openai.Model, error) {
	spec, err := located(f.spec)
	if err != nil {
		return nil, err
	}
	be, err := cpu.New(cpu.Options{Threads: f.threads})
	if err != nil {
		return nil, err
	}
	t.close = append(t.close, func() error { be.Close(); return nil })
	m, err := infer.Open(ctx, be, spec, infer.OpenOptions{})
	if err != nil {
		return nil, err
	}
	t.close = append(t.close, m.Close)
	return infer.NewTeacher(m), nil
}

// Model is the teacher behind its journal and below its caps.
func (t *teacher) Model() openai.Model { return t.guarded }

// Spent is what all answers in the journal took.
func (t *teacher) Spent() openai.Spent { return t.guarded.Spent() }

// Close lets the journal and the model go.
func (t *teacher) Close() error {
	var err error
	for len(t.close) > 0 {
		last := len(t.close) - 1
		err = errors.Join(err, t.close[last]())
		t.close = t.close[:last]
	}
	return err
}

// parts tell on a live line what was spent, and what all of total will have cost where done of it are there.
func (t *teacher) parts(done, total int) []string {
	s := t.Spent()
	if t.prices == (openai.Prices{}) {
		return []string{count(s.PromptTokens+s.CompletionTokens) + " tokens"}
	}
	list := []string{s.Most().String() + " spent"}
	if f, ok := t.guarded.Forecast(done, total); ok && done < total {
		list = append(list, fmt.Sprintf("about %s in all (%s to %s)", f.Expect, f.Low, f.High))
	}
	return list
}

// tell adds to a table what was spent.
func (t *teacher) tell(to *table) {
	s := t.Spent()
	text := fmt.Sprintf("%s, %s tokens in and %s out", plural(s.Requests, "answer"), count(s.PromptTokens), count(s.CompletionTokens))
	if s.FromJournal > 0 {
		text += fmt.Sprintf("; %s were in the journal already", plural(s.FromJournal, "answer"))
	}
	to.row("asked", text)
	if t.prices != (openai.Prices{}) {
		cost := s.Cost.String()
		if s.Uncertain > 0 {
			cost += fmt.Sprintf(", and up to %s for what came back without an answer or a count", s.Uncertain)
		}
		to.row("spent", cost)
	}
}
