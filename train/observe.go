package train

import (
	"time"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/dataset"
)

// Observer is told what happens during a run, by the goroutine that runs it; a slow observer slows the run.
// [Silent] is one that does nothing, to embed.
type Observer interface {
	// Data is told once, when the rows are tokens: the files' mapping, counts and what was left out.
	Data(DataInfo)
	// Planned is told once, before anything is trained.
	Planned(Plan)
	// Started is told once, when the run's folder is made and the first step is about to be taken.
	Started(Start)
	Stepped(Step)
	Evaluated(Eval)
	// Noted is a sentence that people should see.
	Noted(text string)
}

// Silent observes nothing.
type Silent struct{}

// Data implements [Observer].
func (Silent) Data(DataInfo) {}

// Planned implements [Observer].
func (Silent) Planned(Plan) {}

// Started implements [Observer].
func (Silent) Started(Start) {}

// Stepped implements [Observer].
func (Silent) Stepped(Step) {}

// Evaluated implements [Observer].
func (Silent) Evaluated(Eval) {}

// Noted implements [Observer].
func (Silent) Noted(string) {}

// DataInfo is what the rows became.
type DataInfo struct {
	Set    string // files, formats and mappings, for people
	Report string // lengths, shares and what was too long, for people
	// Sources is what an epoch has of each file, and how much of its loss weight.
	Sources []dataset.Source
	Train   int // sequences that are trained on
	Held    int // sequences that are held out
}

// Start is what a run is, for its books.
type Start struct {
	Recipe  string // resolved, as YAML
	Out     string
	About   *adapter.Provenance // what it is made with: base, data, parents
	Machine string              // kernels and threads
	Steps   int                 // in all
	Resumed bool                // an earlier part of it was begun in the folder
	// What earlier parts did, as far as the checkpoint tells.
	Step   int
	Tokens int
}

// Step is one optimiser step that was taken.
type Step struct {
	Step, Steps int     // from 1
	Epoch       int     // from 0
	Loss        float64 // mean over the step's labels, weighted, in nats
	GradNorm    float64 // before clipping
	LR          float64
	Tokens      int // real tokens of this step
	Labels      int // of these, learned
	// TotalTokens and Elapsed are of this process, without earlier parts of a resumed run.
	TotalTokens  int
	Elapsed      time.Duration
	TokensPerSec float64       // over the last steps
	PeakShare    float64       // useful operations of the last steps over the machine's peak
	Left         time.Duration // until the end, at that speed
	Spent        Spent         // by all parts of the run together
	Rewards      *Rewards      // of the step's answers before it was taken; nil unless preferences are learned
}

// Eval is the loss on the held-out rows.
type Eval struct {
	Step   int // steps taken when it was measured
	Loss   float64
	Labels int
	// BitsPerByte is the loss of all labels together, in bits, over the bytes of their text; nil where examples are held
	// out and not text.
	BitsPerByte *float64
	// Rewards is how the held-out answers are rated; nil unless preferences are learned.
	Rewards *Rewards
}
