// Package bout has two or more contestants answer the same prompts, has a judge or people compare their answers in pairs, and
// reports what came of it. All of it is kept in a folder as it comes, so that a bout that was ended in any way goes on from there:
//
//	bout.json       who, what was asked, and who judged last
//	prompts.jsonl   the prompts
//	answers.jsonl   what contestants said, by who they are to the last weight and by what they were asked
//	verdicts.jsonl  what judges said, by the texts that they saw
//	votes.jsonl     what people said
//
// It asks for nothing that is there, and never shows a judge or a voter whose an answer is.
//
//	b, err := bout.Open("dir", bout.Settings{…}, prompts)
//	defer b.Close()
//	err = b.Answer(ctx, 0, tuned, 8, nil)
//	err = b.Answer(ctx, 1, base, 8, nil)
//	err = b.Judge(ctx, judge, 8, nil)
//	r, err := b.Report()
package bout

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/internal/appendfile"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/filelock"
	"github.com/cria-llm/cria/internal/several"
)

// Who is a contestant as a report names it.
type Who struct {
	Name string `json:"name"`
	ID   string `json:"id,omitempty"` // tells its answers from others': a hash, and how it was asked
	// Weights are the hashes of a model on this machine: its base's, and those of the adapters on top of it.
	Weights []string `json:"weights,omitempty"`
}

// Person is the judge that votes.
const Person = "person"

// Settings are what a bout is about.
type Settings struct {
	Format      int       `json:"cria_bout"` // 2
	ID          string    `json:"bout"`      // tells the bout from others, wherever its folder goes
	Version     string    `json:"version"`   // of the program that began it
	Begun       time.Time `json:"begun"`
	Contestants []Who     `json:"contestants"`   // two or more; a contestant's place here is never a seat: those are dealt for each verdict
	FirstOnly   bool      `json:"against_first"` // pairs are those with the first, otherwise everybody with everybody
	Prompts     Prompts   `json:"prompts"`
	Judge       string    `json:"judge"` // the last, with what another needs to ask the same; Person where people vote; empty before any
	// Judges are the models that judges are, by the names of these.
	Judges map[string]arena.Made `json:"judges,omitempty"`
	Seed   uint64                `json:"seed"` // of seats, orders and intervals
}

// Contestant answers prompts.
type Contestant interface {
	Name() string
	// ID tells it from any other contestant that could say something else, also one of the same name.
	ID() string
	// Answer is what it says. failed is why it has no answer to that prompt; an error ends the bout.
	Answer(ctx context.Context, p Prompt) (text, failed string, err error)
}

func (g *given) Name() string { return g.name }
func (g *given) ID() string   { return g.id }

func (g *given) Answer(_ context.Context, p Prompt) (text, failed string, err error) {
	text, ok := g.answers[p.whole()]
	if !ok {
		failed = "the file has no answer"
	}
	return text, failed, nil
}

// weighed is a contestant with weights on this machine.
type weighed interface{ Weights() []string }

// answer is a line of answers.jsonl.
type answer struct {
	Key    string `json:"key"` // of contestant and prompt
	Text   string `json:"text"`
	Failed string `json:"failed,omitempty"`
}

// verdict is a line of verdicts.jsonl.
type verdict struct {
	Judge  string     `json:"judge"`
	Key    string     `json:"key"`  // of what was seen
	Seat   arena.Seat `json:"seat"` // of the meeting's A
	First  float64    `json:"first"`
	Failed string     `json:"failed,omitempty"`
	Said   string     `json:"said,omitempty"`
}

// check says whether a judge can have said so.
func (v verdict) check() error {
	if !(v.First >= 0 && v.First <= 1) {
		return fmt.Errorf("first is %g: want 0 to 1", v.First)
	}
	return seated(v.Seat)
}

// seated says whether there is such a seat.
func seated(s arena.Seat) error {
	if s != arena.First && s != arena.Second {
		return fmt.Errorf("seat is %d: want 0 or 1", s)
	}
	return nil
}

type verdictKey struct{ judge, key string }

// Bout is a folder that is open.
type Bout struct {
	Settings Settings
	prompts  []Prompt
	dir      string
	at       time.Time // when it was read

	mu       sync.Mutex
	answers  map[string]answer
	verdicts map[verdictKey]verdict
	votes    []vote

	answered *appendfile.File // nil where the bout is only read
	judged   *appendfile.File
	unlock   func()
}

// Open opens the folder to go on with the bout in it, or begins one. A bout of others, or about other prompts, is an error.
func Open(dir string, s Settings, p *Prompts) (*Bout, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	unlock, err := filelock.Lock(ctx, filepath.Join(dir, "lock"))
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%s is open in another process: let that one end, or stop it", dir)
	} else if err != nil {
		return nil, err
	}
	b, err := begin(dir, s, p)
	if err != nil {
		unlock()
		return nil, err
	}
	b.unlock = unlock
	return b, nil
}

func begin(dir string, s Settings, p *Prompts) (*Bout, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	s.Format, s.Prompts = format, *p
	b := &Bout{Settings: s, prompts: p.List, dir: dir, at: time.Now().UTC()}
	was, err := ReadSettings(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		b.Settings.ID = newID()
		if err := writePrompts(filepath.Join(dir, "prompts.jsonl"), p.List); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	default:
		if err := was.goesOnAs(s); err != nil {
			return nil, fmt.Errorf("%s has another bout: %w; name another folder", dir, err)
		}
		b.Settings.ID, b.Settings.Begun, b.Settings.Version = was.ID, was.Begun, was.Version
		b.Settings.Judges = was.Judges
		b.Settings.Contestants = append(was.Contestants, s.Contestants[len(was.Contestants):]...)
		if s.Judge == "" {
			b.Settings.Judge = was.Judge
		}
	}
	if err := b.save(); err != nil {
		return nil, err
	}
	b.forget()
	if b.answered, err = openLines(b.path("answers"), nil, b.takeAnswer); err != nil {
		return nil, err
	}
	if b.judged, err = openLines(b.path("verdicts"), verdict.check, b.takeVerdict); err != nil {
		return nil, errors.Join(err, b.answered.Close())
	}
	err = readLines(b.path("votes"), vote.check, b.takeVote)
	if err != nil {
		return nil, errors.Join(err, b.answered.Close(), b.judged.Close())
	}
	return b, nil
}

// Read opens the folder to look at what there is.
func Read(dir string) (*Bout, error) {
	at := time.Now().UTC()
	s, err := ReadSettings(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no bout: cria arena run --out %s begins one", dir, dir)
	} else if err != nil {
		return nil, err
	}
	b := &Bout{Settings: s, dir: dir, at: at}
	b.forget()
	if err := readLines(b.path("prompts"), Prompt.check, func(p Prompt) { b.prompts = append(b.prompts, p) }); err != nil {
		return nil, err
	}
	if len(b.prompts) != s.Prompts.N {
		return nil, fmt.Errorf("%s has %d prompts, want %d", b.path("prompts"), len(b.prompts), s.Prompts.N)
	}
	if err := readLines(b.path("answers"), nil, b.takeAnswer); err != nil {
		return nil, err
	}
	if err := readLines(b.path("verdicts"), verdict.check, b.takeVerdict); err != nil {
		return nil, err
	}
	err = readLines(b.path("votes"), vote.check, b.takeVote)
	return b, err
}

func (b *Bout) path(name string) string { return filepath.Join(b.dir, name+".jsonl") }

func (b *Bout) forget() {
	b.answers, b.verdicts = map[string]answer{}, map[verdictKey]verdict{}
}

func (b *Bout) takeAnswer(a answer)   { b.answers[a.Key] = a }
func (b *Bout) takeVerdict(v verdict) { b.verdicts[verdictKey{v.Judge, v.Key}] = v }

// idLength is the length of an id, in digits of 16.
const idLength = 10

func newID() string {
	var id [idLength / 2]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

func (b *Bout) save() error {
	text, err := json.MarshalIndent(b.Settings, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(b.dir, "bout.json"), append(text, '\n'))
}

func writePrompts(path string, list []Prompt) error {
	var text []byte
	for _, p := range list {
		line, err := json.Marshal(p)
		if err != nil {
			return err
		}
		text = append(append(text, line...), '\n')
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, text)
}

// Dir is the bout's folder.
func (b *Bout) Dir() string { return b.dir }

// Close lets the folder go.
func (b *Bout) Close() error {
	if b.answered == nil {
		return nil
	}
	defer b.unlock()
	return errors.Join(b.answered.Close(), b.judged.Close())
}

// often is how long what came may not be on the disk yet. What was paid for is there before: see [openai.Guard].
const often = 100 * time.Millisecond

// Answer asks the contestant of a place what it has not answered yet, so many prompts at once; what failed is tried again. told, where it is not nil, is called after each by
// one goroutine at a time.
func (b *Bout) Answer(ctx context.Context, place int, c Contestant, parallel int, told func(done, total int)) (err error) {
	w := &b.Settings.Contestants[place]
	w.ID, w.Weights = c.ID(), nil
	if c, ok := c.(weighed); ok {
		w.Weights = c.Weights()
	}
	if err := b.save(); err != nil {
		return err
	}
	var open []Prompt
	seen := map[string]bool{}
	for _, p := range b.prompts {
		key := hash(w.ID, p.id())
		if was, ok := b.answers[key]; (!ok || was.Failed != "") && !seen[key] {
			open, seen[key] = append(open, p), true
		}
	}
	defer func() { err = errors.Join(err, b.answered.Flush()) }()
	return several.Do(ctx, len(open), parallel, func(ctx context.Context, i int) error {
		text, failed, err := c.Answer(ctx, open[i])
		if err != nil {
			return err
		}
		a := answer{Key: hash(w.ID, open[i].id()), Text: text, Failed: failed}
		if err := b.answered.Soon(a, often); err != nil {
			return err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.takeAnswer(a)
		return nil
	}, told)
}

// Choose makes a judge the one whose verdicts are reported, and keeps which model it is.
func (b *Bout) Choose(j arena.Judge) error {
	b.Settings.Judge = j.Name()
	made, ok, err := arena.MadeOf(j)
	if err != nil {
		return err
	}
	if ok {
		if b.Settings.Judges == nil {
			b.Settings.Judges = map[string]arena.Made{}
		}
		b.Settings.Judges[j.Name()] = made
	}
	return b.save()
}

// Judge has a judge compare the answers that it has not compared yet, each pair from both seats; what failed is tried again.
func (b *Bout) Judge(ctx context.Context, j arena.Judge, parallel int, told func(done, total int)) (err error) {
	if err := b.Choose(j); err != nil {
		return err
	}
	type look struct {
		seat  arena.Seat
		shown arena.Shown
		key   verdictKey
	}
	var open []look
	asked := map[verdictKey]bool{}
	for pair := range b.pairs() {
		for _, seat := range []arena.Seat{arena.First, arena.Second} {
			l := look{seat: seat, shown: pair.Show(seat)}
			l.key = verdictKey{j.Name(), l.shown.Hash()}
			if was, ok := b.verdicts[l.key]; (!ok || was.Failed != "") && !asked[l.key] {
				open, asked[l.key] = append(open, l), true
			}
		}
	}
	defer func() { err = errors.Join(err, b.judged.Flush()) }()
	return several.Do(ctx, len(open), parallel, func(ctx context.Context, i int) error {
		l := open[i]
		got, err := j.Judge(ctx, l.shown)
		if err != nil {
			return err
		}
		v := verdict{Judge: l.key.judge, Key: l.key.key, Seat: l.seat, First: got.First, Failed: got.Failed, Said: got.Said}
		if err := v.check(); err != nil {
			v.First, v.Failed = 0, err.Error()
		}
		if err := b.judged.Soon(v, often); err != nil {
			return err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.takeVerdict(v)
		return nil
	}, told)
}
