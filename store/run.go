package store

import (
	"database/sql/driver"
	"fmt"
	"os"
	"time"

	"github.com/cria-llm/cria/internal/machine"
)

// Status is how far a run has come.
type Status string

// A run whose process is gone without a word counts as interrupted.
const (
	Running     Status = "running"
	Done        Status = "done"
	Interrupted Status = "interrupted"
	Failed      Status = "failed"
)

// Run is a line of the ledger: one training, from its start to its end, parts that were resumed included.
type Run struct {
	ID       string     `json:"id"`   // sorts by the time of the start
	Kind     string     `json:"kind"` // train, pretrain
	Status   Status     `json:"status"`
	Error    string     `json:"error,omitempty"`   // of a failed or interrupted one
	Stopped  string     `json:"stopped,omitempty"` // the guard that ended it before its last step
	Started  time.Time  `json:"started"`
	Ended    *time.Time `json:"ended"`     // nil while it goes on, or where its process was killed
	Out      string     `json:"out"`       // its folder, an absolute path
	Base     string     `json:"base"`      // the base model's name
	BaseHash string     `json:"base_hash"` // hex, as all hashes
	DataHash string     `json:"data_hash"`

	PlannedSteps int      `json:"planned_steps"`
	Steps        int      `json:"steps"` // taken
	Tokens       int      `json:"tokens"`
	Seconds      float64  `json:"seconds"`
	TokensPerSec float64  `json:"tokens_per_s"`
	Joules       *float64 `json:"joules"` // nil where unknown, as all pointers
	Energy       string   `json:"energy"` // where joules come from: measured, estimated
	Cost         *float64 `json:"cost"`   // in the currency of the recipe's prices

	LossBefore   *float64 `json:"loss_before"` // on held-out rows, in nats a token
	LossAfter    *float64 `json:"loss_after"`
	LossBest     *float64 `json:"loss_best"`
	BestStep     int      `json:"best_step"`     // steps taken when it was measured
	ForgetBefore *float64 `json:"forget_before"` // on a general text, in nats a token
	ForgetAfter  *float64 `json:"forget_after"`
	ProbeAsked   int      `json:"probe_asked"`   // prompts that were answered after training
	ProbeStopped int      `json:"probe_stopped"` // answers of these that ended by themselves

	Adapter     string   `json:"adapter"` // folder of what was made; empty before
	AdapterHash string   `json:"adapter_hash"`
	Parents     []Parent `json:"parents,omitempty"` // adapters below it
	Machine     string   `json:"machine"`           // for people: host, processor, threads, kernels
	Recipe      string   `json:"recipe"`            // YAML

	// Who writes the line, to find out whether it still does.
	host, process string
	pid           int
}

// Parent is an adapter that a run was trained on top of.
type Parent struct {
	Name string `json:"name"`
	Hash string `json:"hash"`
}

// WattHours is the energy in Wh; nil where unknown.
func (r Run) WattHours() *float64 {
	if r.Joules == nil {
		return nil
	}
	wh := *r.Joules / 3600
	return &wh
}

// columns are those of the table runs, in the order of [Run.fields].
const columns = `id, kind, recipe, base, base_hash, data_hash, out, started, ended, status, error, stopped, planned_steps, steps,
	tokens, seconds, tokens_per_s, joules, energy, cost, loss_before, loss_after, loss_best, best_step, forget_before,
	forget_after, probe_asked, probe_stopped, adapter, adapter_hash, machine, host, pid, process`

// fields are what is written to the columns and read from them.
func (r *Run) fields() []any {
	return []any{&r.ID, &r.Kind, &r.Recipe, &r.Base, &r.BaseHash, &r.DataHash, &r.Out, (*stamp)(&r.Started), stampOrNone{&r.Ended},
		&r.Status, &r.Error, &r.Stopped, &r.PlannedSteps, &r.Steps, &r.Tokens, &r.Seconds, &r.TokensPerSec, &r.Joules, &r.Energy,
		&r.Cost, &r.LossBefore, &r.LossAfter, &r.LossBest, &r.BestStep, &r.ForgetBefore, &r.ForgetAfter, &r.ProbeAsked,
		&r.ProbeStopped, &r.Adapter, &r.AdapterHash, &r.Machine, &r.host, &r.pid, &r.process}
}

// stamp is a time as the ledger keeps it.
type stamp time.Time

func (s *stamp) Value() (driver.Value, error) { return time.Time(*s).UnixMilli(), nil }

func (s *stamp) Scan(v any) error {
	ms, ok := v.(int64)
	if !ok {
		return fmt.Errorf("time is %v, want milliseconds", v)
	}
	*s = stamp(time.UnixMilli(ms).UTC())
	return nil
}

// stampOrNone is a time that may be missing.
type stampOrNone struct{ t **time.Time }

func (s stampOrNone) Value() (driver.Value, error) {
	if *s.t == nil {
		return nil, nil // NULL
	}
	return (*s.t).UnixMilli(), nil
}

func (s stampOrNone) Scan(v any) error {
	if v == nil {
		*s.t = nil
		return nil
	}
	var at stamp
	if err := at.Scan(v); err != nil {
		return err
	}
	*s.t = (*time.Time)(&at)
	return nil
}

// claim makes this process the one that writes the run.
func (r *Run) claim() {
	r.pid = os.Getpid()
	r.process = machine.ProcessMark(r.pid)
	r.host, _ = os.Hostname() // where there is none, runs of machines without a name are taken to be of this one
}

// settle makes a run interrupted whose process is gone. Of another machine's nothing is known.
func (r *Run) settle(host string) {
	if r.Status != Running || r.host != host || r.process == "" || machine.ProcessMark(r.pid) == r.process {
		return
	}
	r.Status = Interrupted
	r.Error = "its process ended without a word: killed, or the machine went down"
}
