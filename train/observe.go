package train

import "time"

// Observer is told what happens during a run, by the goroutine that runs it; a slow observer slows the run.
// [Silent] is one that does nothing, to embed.
type Observer interface {
	// Data is told once, when the rows are tokens: the files' mapping, counts and what was left out.
	Data(DataInfo)
	// Planned is told once, before anything is trained.
	Planned(Plan)
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
	Train  int    // sequences that are trained on
	Held   int    // sequences that are held out
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
}

// Eval is the loss on the held-out rows.
type Eval struct {
	Step   int // steps taken when it was measured
	Loss   float64
	Labels int
	// BitsPerByte is the loss of all labels together, in bits, over the bytes of their text; nil where examples are held
	// out and not text.
	BitsPerByte *float64
}
