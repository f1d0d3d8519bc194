package adapter

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/internal/atomicfile"
)

// Save writes the adapter's folder, each file complete or not at all: the weights in float32 first, then cria.json, and
// adapter_config.json last, so that a folder that loads is whole. A crash while an adapter is written over another
// of the same shape may leave new weights under the old configuration; callers who keep several save to new folders.
func (a *Adapter) Save(dir string) error {
	if err := a.save(dir); err != nil {
		return fmt.Errorf("save adapter %s: %w", dir, err)
	}
	return nil
}

func (a *Adapter) save(dir string) error {
	config, tensors, err := a.encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := safetensors.Write(filepath.Join(dir, weightsFile), tensors, map[string]string{"format": "pt"}); err != nil {
		return err
	}
	if err := a.Provenance.Write(dir); err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, configFile), append(config, '\n'))
}

// encode is the text of the configuration and the tensors in float32, by name.
func (a *Adapter) encode() ([]byte, []safetensors.Tensor, error) {
	if err := a.Config.check(); err != nil {
		return nil, nil, err
	}
	config, err := a.Config.json()
	if err != nil {
		return nil, nil, err
	}
	var tensors []safetensors.Tensor
	for _, name := range a.Names() {
		p := a.Modules[name]
		if err := a.checkPair(name, p); err != nil {
			return nil, nil, err
		}
		tensors = append(tensors,
			safetensors.Tensor{Name: prefix + name + suffixA, DType: "F32", Shape: []int{p.R, p.In}, Data: bytesOf(p.A)},
			safetensors.Tensor{Name: prefix + name + suffixB, DType: "F32", Shape: []int{p.Out, p.R}, Data: bytesOf(p.B)})
		if len(p.Magnitude) > 0 {
			tensors = append(tensors, safetensors.Tensor{Name: prefix + name + suffixM, DType: "F32", Shape: []int{p.Out}, Data: bytesOf(p.Magnitude)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Whole)) {
		m := a.Whole[name]
		if wholeModule(prefix+name+".weight", a.Config.ModulesToSave) == "" || len(m.Values) != m.Rows*m.Cols {
			return nil, nil, fmt.Errorf("module %q of %d×%d values in %d is whole, and modules_to_save lists %v", name, m.Rows, m.Cols, len(m.Values), a.Config.ModulesToSave)
		}
		tensors = append(tensors, safetensors.Tensor{Name: prefix + name + ".weight", DType: "F32", Shape: []int{m.Rows, m.Cols}, Data: bytesOf(m.Values)})
	}
	if len(tensors) == 0 {
		return nil, nil, fmt.Errorf("no modules")
	}
	return config, tensors, nil
}

// checkPair holds a module to the configuration that will be read back with it.
func (a *Adapter) checkPair(name string, p Pair) error {
	r, alpha, err := a.Config.module(name)
	switch {
	case err != nil:
		return err
	case p.R != r:
		return fmt.Errorf("module %q has rank %d, the configuration says %d", name, p.R, r)
	case p.Scale != a.Config.scale(r, alpha):
		return fmt.Errorf("module %q has scale %g, the configuration says %g", name, p.Scale, a.Config.scale(r, alpha))
	case a.Config.DoRA != (len(p.Magnitude) > 0) || a.Config.DoRA && len(p.Magnitude) != p.Out:
		return fmt.Errorf("module %q of %d rows has a magnitude of %d values, and use_dora is %t", name, p.Out, len(p.Magnitude), a.Config.DoRA)
	case len(p.A) != p.R*p.In || len(p.B) != p.Out*p.R:
		return fmt.Errorf("module %q has %d and %d values, [%d %d] and [%d %d] need %d and %d", name, len(p.A), len(p.B),
			p.R, p.In, p.Out, p.R, p.R*p.In, p.Out*p.R)
	}
	return nil
}

func bytesOf(x []float32) []byte {
	data := make([]byte, 4*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
	}
	return data
}
