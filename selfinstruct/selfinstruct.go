// Package selfinstruct has a model write rows of instructions: from a few seeds, by making those harder, from the passages
// of a text, or by asking what a good text could be the answer to. What comes is filtered, and every row says where it is
// from.
//
//	g, err := selfinstruct.Open(ctx, selfinstruct.Options{Method: selfinstruct.Alpaca, Seeds: "seed_tasks.jsonl", N: 1000, Out: "rows.jsonl"})
//	defer g.Close()
//	journal, err := openai.OpenJournal(g.Journal())
//	report, err := g.Run(ctx, openai.Guard(client, prices, caps, journal), selfinstruct.Silent{})
//
// Which rows come out is a function of the seeds, the options and the answers alone: requests are made and answers read in
// one order, however many are under way. So a generation that ended early, in whatever way, goes on when it is run again
// with a model that has kept its answers ([openai.Guard]), and ends with the same rows as one that did not.
//
// It never spends on its own account: caps are the model's to hold, and one that is reached is an orderly end.
package selfinstruct

import (
	"fmt"
	"slices"
	"strings"
)

// The methods.
const (
	// SelfInstruct asks for instructions, then which of them are classifications, then for inputs and outputs: the input
	// first, or for a classification the output first (Wang et al., Self-Instruct, 2022, section 3).
	SelfInstruct = "self-instruct"
	// Alpaca asks for many whole tasks at once, with three seeds to look at (Taori et al., Stanford Alpaca, 2023).
	Alpaca = "alpaca"
	// Evol makes instructions harder or asks for another like them, and has the result answered (Xu et al., WizardLM, 2023,
	// section 3).
	Evol = "evol"
	// Documents asks for questions that a passage answers, with the words of the passage that do.
	Documents = "documents"
	// BackTranslation asks what a text could be the answer to (Li et al., Self-Alignment with Instruction
	// Backtranslation, 2023, section 2.2).
	BackTranslation = "back-translation"
)

// Methods are the names of the methods.
func Methods() []string { return []string{SelfInstruct, Alpaca, Evol, Documents, BackTranslation} }

// Options are what is to be generated. What is zero has a default, but for Method, Seeds, N and Out.
type Options struct {
	Method string
	// Seeds is what it begins with: rows of any format, or, for the methods that read texts, a text file, a folder of
	// them, or rows with a field "text".
	Seeds string
	N     int    // rows to keep
	Out   string // JSONL; what is needed to go on lies in the folder beside it, see [Folder]
	Seed  uint64 // of every choice

	Language    string // that is asked for, "English" by default; [AnyLanguage] leaves it open
	PerRequest  int    // tasks asked for at once; 20 for alpaca, 8 for self-instruct, 3 for documents
	Answer      int    // tokens of an answer at most; 0 leaves it to the method, and more than the method's is that
	Ahead       int    // requests that are made before the first of them is answered, [DefaultAhead]
	Rounds      int    // how often a seed is evolved, 4
	WithPassage bool   // rows from documents have the passage as their input
	Filters     *Filters

	// AtOnce is how many requests are under way at most, Ahead where it is 0 or more than that. It changes no row.
	AtOnce int
	Resume bool // go on where an earlier generation ended
}

// AnyLanguage says that rows may be in any language.
const AnyLanguage = "any"

// DefaultAhead is how many requests are made before the first of them is answered.
const DefaultAhead = 16

// resolve gives what is zero its default and checks the rest.
func (o Options) resolve() (Options, error) {
	if !slices.Contains(Methods(), o.Method) {
		return o, fmt.Errorf("method %q: must be one of %s", o.Method, strings.Join(Methods(), ", "))
	}
	switch {
	case o.Seeds == "":
		return o, fmt.Errorf("no seeds: %s needs %s", o.Method, map[bool]string{true: "a text, or a folder of texts", false: "a file of rows to begin with"}[o.readsTexts()])
	case o.N < 1:
		return o, fmt.Errorf("%d rows are asked for: must be 1 or more", o.N)
	case o.PerRequest < 0 || o.PerRequest > 100:
		return o, fmt.Errorf("%d tasks a request: must be 1 to 100", o.PerRequest)
	case o.Ahead < 0 || o.Ahead > 1024:
		return o, fmt.Errorf("%d requests ahead: must be 1 to 1024", o.Ahead)
	case o.Answer < 0:
		return o, fmt.Errorf("%d tokens an answer: must be 1 or more", o.Answer)
	case o.AtOnce < 0:
		return o, fmt.Errorf("%d requests at once: must be 1 or more", o.AtOnce)
	case o.Rounds < 0 || o.Rounds > 20:
		return o, fmt.Errorf("%d rounds: must be 1 to 20", o.Rounds)
	}
	set := func(v *int, def int) {
		if *v == 0 {
			*v = def
		}
	}
	set(&o.PerRequest, map[string]int{SelfInstruct: 8, Alpaca: 20, Documents: 3}[o.Method])
	set(&o.Ahead, DefaultAhead)
	set(&o.Rounds, 4)
	set(&o.AtOnce, o.Ahead)
	if o.Language == "" {
		o.Language = "English"
	}
	if o.Filters == nil {
		f := Published(o.Method, o.Language)
		o.Filters = &f
	}
	return o, o.Filters.check()
}

// readsTexts says whether the seeds are texts and not rows.
func (o Options) readsTexts() bool { return o.Method == Documents || o.Method == BackTranslation }
