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
}

const stateKey = "cria.state"

// save writes the checkpoint, whole or not at all.
func (s *session) save(st state) error {
	text, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	var tensors []safetensors.Tensor
	add := func(kind, name string, shape []int, b compute.Buffer) {
		tensors = append(tensors, safetensors.Tensor{Name: kind + "/" + name, DType: "F32", Shape: shape,
			Stream: func(w io.Writer) error { return compute.WriteValues(w, s.be, b) }})
	}
	for i, p := range s.opt.params {
		add("value", p.Name, p.Shape, p.Value)
		for _, part := range s.opt.rules[i].state() {
			add(part.kind, p.Name, p.Shape, part.values)
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
		for _, part := range append([]moment{{"value", p.Value}}, s.opt.rules[i].state()...) {
			name := part.kind + "/" + p.Name
			t, ok := f.Tensor(name)
			if !ok || t.DType != "F32" || len(t.Data) != 4*part.values.Len() {
				return st, fmt.Errorf("%s: tensor %q is missing or not F32 of %v", checkpointFile, name, p.Shape)
			}
			compute.ReadValues(s.be, part.values, t.Data)
		}
	}
	s.opt.steps = st.Step
	return st, nil
}
