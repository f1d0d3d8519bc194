package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/model"
)

// checkpointFile holds a run that is under way: every trained value, its moments, and the state below. The order of the
// data and every random draw follow from the seed and the step, so nothing else is needed to go on with the same bits.
const checkpointFile = "checkpoint.safetensors"

// state is what a checkpoint says besides numbers.
type state struct {
	Step       int      `json:"step"`     // steps taken
	Identity   string   `json:"identity"` // of recipe, base and data: see session.identity
	Kernels    string   `json:"kernels"`  // instruction set that computed it
	Tokens     int      `json:"tokens"`
	Seconds    float64  `json:"seconds"`
	Busy       float64  `json:"busy"` // seconds of these that steps took
	EvalBefore *float64 `json:"eval_before,omitempty"`
	BitsBefore *float64 `json:"bpb_before,omitempty"`

	RewardsBefore *Rewards `json:"rewards_before,omitempty"`

	Joules       float64  `json:"joules,omitempty"`
	Estimated    bool     `json:"estimated,omitempty"` // some of these
	Look         float64  `json:"look,omitempty"`      // seconds that the looks before training took
	ForgetBefore *float64 `json:"forget_before,omitempty"`
	// Of a run that may stop early: the best evaluation, the step of the last one, and how many came since the best.
	Best   *Eval `json:"best,omitempty"`
	Judged int   `json:"judged,omitempty"`
	Waited int   `json:"waited,omitempty"`
}

const stateKey = "cria.state"

// save writes the checkpoint, whole or not at all.
func (s *session) save(st state) error {
	text, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	var tensors []safetensors.Tensor
	add := func(p *model.Param, m moment) {
		t := safetensors.Tensor{Name: m.kind + "/" + p.Name, DType: "F32", Shape: []int{m.values.Len()},
			Stream: func(w io.Writer) error { return compute.WriteValues(w, s.be, m.values) }}
		switch {
		case m.values.Len() == 0:
			t.DType, t.Shape, t.Data, t.Stream = "U8", []int{len(m.bytes)}, m.bytes, nil
		case m.values.Len() == p.Value.Len():
			t.Shape = p.Shape
		}
		tensors = append(tensors, t)
	}
	for i := range s.opt.params {
		p := &s.opt.params[i]
		add(p, moment{kind: "value", values: p.Value})
		for _, m := range s.opt.rules[i].state() {
			add(p, m)
		}
	}
	return safetensors.Write(filepath.Join(s.r.Out, checkpointFile), tensors, map[string]string{stateKey: string(text)})
}

// restore takes up the checkpoint of the run's folder. It reports false where there is none.
func (s *session) restore() (state, bool, error) {
	path := filepath.Join(s.r.Out, checkpointFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return state{}, false, nil
	}
	st, err := s.readCheckpoint(path)
	if err != nil {
		return state{}, false, fmt.Errorf("resume %s: %w", s.r.Out, err)
	}
	return st, true, nil
}

func (s *session) readCheckpoint(path string) (state, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return state{}, err
	}
	defer f.Close()
	var st state
	if err := json.Unmarshal([]byte(f.Metadata()[stateKey]), &st); err != nil {
		return st, fmt.Errorf("%s: no state of a run in it: %w", checkpointFile, err)
	}
	if st.Identity != s.identity() {
		return st, errors.New("the checkpoint is of another recipe, base model or data: give what the run was started with, or another --out")
	}
	if st.Kernels != string(s.be.ISA()) {
		s.obs.Noted(fmt.Sprintf("the checkpoint was computed with %s kernels, this machine uses %s: the run goes on, but not with the same bits", st.Kernels, s.be.ISA()))
	}
	for i, p := range s.opt.params {
		for _, part := range append([]moment{{kind: "value", values: p.Value}}, s.opt.rules[i].state()...) {
			name, dtype := part.kind+"/"+p.Name, "F32"
			if part.values.Len() == 0 {
				dtype = "U8"
			}
			t, ok := f.Tensor(name)
			if !ok || t.DType != dtype || int64(len(t.Data)) != part.size() {
				return st, fmt.Errorf("%s: tensor %q is missing or not %s of %d bytes", checkpointFile, name, dtype, part.size())
			}
			if part.values.Len() > 0 {
				compute.ReadValues(s.be, part.values, t.Data)
			}
			copy(part.bytes, t.Data)
		}
	}
	s.opt.steps = st.Step
	return st, nil
}
