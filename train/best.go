package train

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/safetensors"
)

// bestName is the file of the values of the best evaluation, where the run may stop early. It has the step in its name and
// stays until a checkpoint knows of a later one, so that a run that was killed at any moment finds the one it needs.
const bestName = "best-%d.safetensors"

func bestFile(dir string, step int) string { return filepath.Join(dir, fmt.Sprintf(bestName, step)) }

// judge takes note of an evaluation. A run that may stop early keeps what was evaluated best.
func (s *session) judge(st *state, e Eval) error {
	if s.r.EarlyStop == 0 || st.Judged == e.Step {
		return nil
	}
	st.Judged = e.Step
	if st.Best != nil && e.Loss >= st.Best.Loss {
		st.Waited++
		return nil
	}
	st.Best, st.Waited = &e, 0
	var tensors []safetensors.Tensor
	for _, p := range s.opt.params {
		tensors = append(tensors, safetensors.Tensor{Name: p.Name, DType: "F32", Shape: p.Shape,
			Stream: func(w io.Writer) error { return compute.WriteValues(w, s.be, p.Value) }})
	}
	if err := safetensors.Write(bestFile(s.r.Out, e.Step), tensors, nil); err != nil {
		return err
	}
	if err := s.save(*st); err != nil {
		return err
	}
	return removeBest(s.r.Out, e.Step)
}

// removeBest removes all such files but that of a step; none has -1.
func removeBest(dir string, but int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		var step int
		if n, _ := fmt.Sscanf(e.Name(), bestName, &step); n != 1 || step == but || e.Name() != fmt.Sprintf(bestName, step) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// takeBest puts the values of the best evaluation in the place of the last ones.
func (s *session) takeBest(step int) error {
	f, err := safetensors.Open(bestFile(s.r.Out, step))
	if err != nil {
		return fmt.Errorf("the best values: %w", err)
	}
	defer f.Close()
	for _, p := range s.opt.params {
		t, ok := f.Tensor(p.Name)
		if !ok || t.DType != "F32" || len(t.Data) != 4*p.Value.Len() {
			return fmt.Errorf("%s: tensor %q is missing or not F32 of %v", bestFile(s.r.Out, step), p.Name, p.Shape)
		}
		compute.ReadValues(s.be, p.Value, t.Data)
	}
	return nil
}
