package selfinstruct

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/cria-llm/cria/openai"
)

// The ways in which a generation ends before it has all rows.
const (
	StoppedByCap  = "cap"         // the next request could have passed a cap
	Interrupted   = "interrupted" // the context was cancelled
	Exhausted     = "exhausted"   // there is nothing more to ask about
	Barren        = "barren"      // no row was kept of many answers in a row
	TeacherFailed = "failed"      // the teacher could not be asked
)

// Report is what came of a generation, over all its parts.
type Report struct {
	Method       string `json:"method"`
	Teacher      string `json:"teacher"`
	Out          string `json:"out"`
	N            int    `json:"n"`
	Kept         int    `json:"kept"`                   // rows in the file
	Surplus      int    `json:"surplus"`                // rows beyond N, which are kept as answers
	Records      int    `json:"records"`                // tasks that the answers had
	Answers      int    `json:"answers"`                // that were read
	Refused      int    `json:"refused"`                // requests that the teacher would not take
	Unclassified int    `json:"unclassified,omitempty"` // instructions of self-instruct that were taken for no classifications, for want of a readable answer

	Dropped []Count `json:"dropped"` // the most frequent reason first

	PromptTokens     int         `json:"prompt_tokens"`
	CompletionTokens int         `json:"completion_tokens"`
	Cost             openai.Cost `json:"cost"`               // of the answers that were read
	Seconds          float64     `json:"seconds"`            // of this part
	Stopped          string      `json:"stopped,omitempty"`  // why it ended early
	Cap              string      `json:"cap,omitempty"`      // which cap was reached, and by what
	Forecast         *Estimate   `json:"forecast,omitempty"` // of the whole, where it did
}

// Count is a reason to drop a record and how often it was one.
type Count struct {
	Why   string `json:"why"`
	Count int    `json:"count"`
}

func counts(dropped map[string]int) []Count {
	out := []Count{}
	for _, why := range slices.Sorted(maps.Keys(dropped)) {
		out = append(out, Count{why, dropped[why]})
	}
	slices.SortStableFunc(out, func(a, b Count) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

// Observer is told how a generation goes, by one goroutine.
type Observer interface {
	// Planned is told what it takes, before anything is asked.
	Planned(Estimate)
	// Progressed is told after every answer.
	Progressed(Progress)
	// Noted is told what a user should know.
	Noted(text string)
}

// Progress is how far a generation is.
type Progress struct {
	Kept, N  int
	Records  int
	Answers  int // that were read
	UnderWay int // requests
	Cost     openai.Cost
	Forecast *Estimate     // nil until some answers were read
	Left     time.Duration // 0 where it is not known
}

// Silent is an observer that nobody hears.
type Silent struct{}

// Planned implements [Observer].
func (Silent) Planned(Estimate) {}

// Progressed implements [Observer].
func (Silent) Progressed(Progress) {}

// Noted implements [Observer].
func (Silent) Noted(string) {}
