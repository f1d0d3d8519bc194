package selfinstruct

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/filelock"
	"github.com/cria-llm/cria/internal/plainjson"
	"github.com/cria-llm/cria/internal/wholefile"
)

// Folder is where a generation into a file keeps what it needs to go on: its settings, and the answers it paid for.
func Folder(out string) string { return out + ".generate" }

// Settings are what decides which rows come out. A generation goes on with those that it began with.
type Settings struct {
	Version     int     `json:"version"`
	Method      string  `json:"method"`
	Teacher     string  `json:"teacher"`
	Seeds       string  `json:"seeds"`      // the absolute path, or the id of a dataset
	SeedsHash   string  `json:"seeds_hash"` // SHA-256 of what was read of them
	Seed        uint64  `json:"seed"`
	Language    string  `json:"language"`
	PerRequest  int     `json:"per_request"`
	Answer      int     `json:"answer_tokens"`
	Ahead       int     `json:"ahead"`
	Rounds      int     `json:"rounds"`
	WithPassage bool    `json:"with_passage"`
	Filters     Filters `json:"filters"`
	N           int     `json:"n"` // rows; the one setting that may be another when it goes on
}

// version is that of the prompts and of the order in which requests are made. Another one asks for other things.
const version = 1

// The files have no ending by which the folder they stand in would be taken for rows.
const (
	settingsName = "settings"
	journalName  = "journal"
)

// ReadSettings reads the settings that a generation into a file began with. Where there was none the error is
// [io/fs.ErrNotExist].
func ReadSettings(out string) (Settings, error) {
	var s Settings
	err := wholefile.JSON(filepath.Join(Folder(out), settingsName), 16<<20, &s)
	if err == nil && s.Version != version {
		err = fmt.Errorf("%s: begun by another version of this program (%d, this is %d), whose requests were others: give another file", out, s.Version, version)
	}
	return s, err
}

// Options are those that go on with it.
func (s Settings) Options(out string) Options {
	return Options{Method: s.Method, Seeds: s.Seeds, N: s.N, Out: out, Seed: s.Seed, Language: s.Language, PerRequest: s.PerRequest, Answer: s.Answer,
		Ahead: s.Ahead, Rounds: s.Rounds, WithPassage: s.WithPassage, Filters: &s.Filters, Resume: true}
}

// JSON is the settings as their file has them.
func (s Settings) JSON() ([]byte, error) { return json.MarshalIndent(s, "", "  ") }

// differs names the first setting that is another, with both values; "" where all are the same.
func (s Settings) differs(t Settings) string {
	a, b := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for v, into := range map[*Settings]*map[string]json.RawMessage{&s: &a, &t: &b} {
		text, err := json.Marshal(v)
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			return err.Error()
		}
	}
	delete(a, "seeds") // it may have moved: the hash tells
	for _, name := range []string{"method", "teacher", "seeds_hash", "seed", "language", "per_request", "answer_tokens", "ahead", "rounds", "with_passage", "filters"} {
		if string(a[name]) != string(b[name]) {
			return fmt.Sprintf("%s was %s and is %s", name, a[name], b[name])
		}
	}
	return ""
}

// Generation is one that can run.
type Generation struct {
	options  Options
	settings Settings
	seeds    []Task
	passages []passage
	begun    bool // an earlier part has settings
	unlock   func()
}

// Open reads the seeds and makes the folder ready. No other process can then write to it, until it is closed. A file that is
// there already is refused, or with Resume one that was not begun with the same settings.
func Open(ctx context.Context, o Options) (*Generation, error) {
	g, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	dir := Folder(g.options.Out)
	was, err := ReadSettings(g.options.Out)
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.Resume:
		return nil, fmt.Errorf("%s: no generation was begun there (%s is not there)", o.Out, dir)
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(o.Out); err == nil {
			return nil, fmt.Errorf("%s: is there already: give another file", o.Out)
		}
	case err != nil:
		return nil, err
	case !o.Resume:
		return nil, fmt.Errorf("%s: a generation was begun there already (--resume goes on with it; give another file for a new one)", o.Out)
	default:
		g.begun = true
		g.settings.Teacher = was.Teacher
		if d := was.differs(g.settings); d != "" {
			return nil, fmt.Errorf("%s: cannot go on: %s; give what it began with, or another file", o.Out, d)
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	brief, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if g.unlock, err = filelock.Lock(brief, filepath.Join(dir, "lock")); err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("%s: another process is generating into it", o.Out)
		}
		return nil, err
	}
	return g, nil
}

// Close lets others go on with it.
func (g *Generation) Close() {
	if g.unlock != nil {
		g.unlock()
	}
}

// Journal is the file for the answers that were paid for.
func (g *Generation) Journal() string { return filepath.Join(Folder(g.options.Out), journalName) }

// Out is the file for the rows.
func (g *Generation) Out() string { return g.options.Out }

// Settings are what it was begun with; the teacher is known once it ran.
func (g *Generation) Settings() Settings { return g.settings }

// prepare reads what a generation begins with.
func prepare(ctx context.Context, o Options) (*Generation, error) {
	o, err := o.resolve()
	if err != nil {
		return nil, err
	}
	if o.Out == "" {
		return nil, errors.New("no file is named for the rows")
	}
	g := &Generation{options: o}
	var parts []string
	if o.readsTexts() {
		if g.passages, err = readPassages(ctx, o.Seeds); err != nil {
			return nil, err
		}
		for _, p := range g.passages {
			parts = append(parts, p.file, p.text)
		}
	} else {
		if g.seeds, err = readSeeds(ctx, o.Seeds); err != nil {
			return nil, err
		}
		for _, t := range g.seeds {
			parts = append(parts, t.ID, t.Instruction, t.Input, t.Output)
		}
	}
	seeds := o.Seeds // the id of a dataset stays one
	if abs, err := filepath.Abs(seeds); err == nil {
		if _, err := os.Stat(abs); err == nil {
			seeds = abs
		}
	}
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	g.settings = Settings{Version: version, Method: o.Method, Seeds: seeds, SeedsHash: hex.EncodeToString(h.Sum(nil)), Seed: o.Seed,
		Language: o.Language, PerRequest: o.PerRequest, Answer: o.Answer, Ahead: o.Ahead, Rounds: o.Rounds, WithPassage: o.WithPassage, Filters: *o.Filters, N: o.N}
	return g, nil
}

// begin writes down what it begins with, or checks that the teacher is the same.
func (g *Generation) begin(teacher string) error {
	if g.begun {
		if was := g.settings.Teacher; was != teacher {
			return fmt.Errorf("%s: cannot go on: its teacher was %s and is %s; give what it began with, or another file", g.options.Out, was, teacher)
		}
	}
	g.settings.Teacher = teacher
	text, err := g.settings.JSON()
	if err != nil {
		return err
	}
	g.begun = true
	return atomicfile.WriteBytes(filepath.Join(Folder(g.options.Out), settingsName), append(text, '\n'))
}

// write writes the rows, whole or not at all.
func (g *Generation) write(rows []Row) error {
	return atomicfile.Write(g.options.Out, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		for i := range rows {
			line, err := plainjson.Marshal(&rows[i])
			if err != nil {
				return err
			}
			if _, err := out.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		return out.Flush()
	})
}
