package train

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/model"
)

// checkChoice holds what the recipe chooses to train to its method.
func (r Recipe) checkChoice() error {
	lora := r.Layers != "" || r.Init != "" || r.RSLoRA || r.DoRA || r.LoRAPlus != 0
	switch {
	case r.Method == Full && lora:
		return errors.New("method full trains the weights themselves: layers, init, rslora, dora and lora_plus belong to method lora")
	case r.Method == LoRA && (r.LastLayers != 0 || len(r.Freeze) > 0):
		return errors.New("method lora trains no weight of the base: last_layers and freeze belong to method full, layers and targets to lora")
	case r.Method == Full && (r.TrainEmbeddings || r.TrainHead) && r.LastLayers == 0:
		return errors.New("method full trains embedding and head: train_embeddings and train_head belong to last_layers and to method lora, and freeze leaves out")
	case !(r.LoRAPlus == 0 || r.LoRAPlus >= 1 && r.LoRAPlus <= 1e4):
		return fmt.Errorf("lora_plus is %g: what multiplies the rate of B, 16 for one", r.LoRAPlus)
	case r.Init != "" && r.Init != pissa:
		return fmt.Errorf("init is %q: pissa, or nothing for a random A and a B of 0", r.Init)
	case r.Init == pissa && r.Dropout != 0:
		return errors.New("dropout would take away part of the base where init is pissa: leave one of them out")
	case r.LastLayers < 0:
		return fmt.Errorf("last_layers is %d: 1 or more", r.LastLayers)
	}
	for field, list := range map[string][]string{"targets": r.Targets, "freeze": r.Freeze} {
		for _, p := range list {
			if _, err := path.Match(p, ""); err != nil || p == "" {
				return fmt.Errorf("%s has %q: a name, or a pattern such as *.mlp.* or layers.[0-3].*", field, p)
			}
		}
	}
	_, err := blocks(r.Layers, 0)
	return err
}

// named says whether a pattern means the module or tensor of that name: by the name or its end from a dot on, as PEFT has
// it, or by the whole name where the pattern has a *, ? or [ in it. In either, "model." or "transformer." before a name and ".weight" after it
// may be left out.
func named(pattern, name string) bool {
	glob := strings.ContainsAny(pattern, "*?[")
	for _, n := range [...]string{name, strings.TrimSuffix(name, ".weight")} {
		if n == pattern || !glob && strings.HasSuffix(n, "."+pattern) {
			return true
		}
		for _, n := range [...]string{n, strings.TrimPrefix(strings.TrimPrefix(n, "model."), "transformer.")} {
			if ok, _ := path.Match(pattern, n); glob && ok { // the pattern was checked
				return true
			}
		}
	}
	return false
}

// blocks reads a choice of blocks: numbers and ranges of them from 0, as 0-5,8, or last:4. It is nil for all of them. Where
// count is not 0 that is how many there are.
func blocks(text string, count int) (func(block int) bool, error) {
	if text == "" {
		return nil, nil
	}
	bad := fmt.Errorf("layers is %q: want numbers of blocks and ranges from 0 up, such as 0-5,8, or last:4", text)
	if n, ok := strings.CutPrefix(text, "last:"); ok {
		k, err := strconv.Atoi(n)
		switch {
		case err != nil || k < 1:
			return nil, bad
		case count > 0 && k > count:
			return nil, fmt.Errorf("layers is %q: the model has %d blocks", text, count)
		}
		return func(b int) bool { return b >= count-k }, nil
	}
	var ranges [][2]int
	for _, part := range strings.Split(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		lo, err := strconv.Atoi(from)
		hi, err2 := strconv.Atoi(to)
		switch {
		case err != nil || err2 != nil || lo < 0 || hi < lo:
			return nil, bad
		case count > 0 && hi >= count:
			return nil, fmt.Errorf("layers is %q: the model has blocks 0 to %d", text, count-1)
		}
		ranges = append(ranges, [2]int{lo, hi})
	}
	return func(b int) bool {
		return slices.ContainsFunc(ranges, func(r [2]int) bool { return b >= r[0] && b <= r[1] })
	}, nil
}

// targets finds the linear layers that the names and patterns mean, in the blocks that layers chooses.
func targets(m *model.Model, names []string, layers string) ([]*model.LinearLayer, error) {
	in, err := blocks(layers, m.Config().Layers)
	if err != nil {
		return nil, err
	}
	var found []*model.LinearLayer
	var leaves []string
	used := make(map[string]bool)
	for _, l := range m.Linears() {
		if leaf := leafOf(l.Name); !slices.Contains(leaves, leaf) {
			leaves = append(leaves, leaf)
		}
		meant := false
		for _, n := range names {
			if n == allLinear || named(n, l.Name) {
				meant, used[n] = true, true
			}
		}
		if meant && (in == nil || in(blockOf(l.Name))) {
			found = append(found, l)
		}
	}
	for _, n := range names {
		if !used[n] {
			return nil, fmt.Errorf("targets: model %s has no linear layer %q: it has %s, patterns such as *.mlp.* or layers.[0-3].*, or %s for all", m.Name(), n, strings.Join(leaves, ", "), allLinear)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("targets and layers have no linear layer of model %s in common", m.Name())
	}
	return found, nil
}

// targetNames is what PEFT's configuration lists for the targets: the last parts of their names where these mean them and
// no others, else the whole names.
func (s *session) targetNames() []string {
	target, leaves := map[string]bool{}, map[string]bool{}
	var names []string
	for _, l := range s.targets {
		target[l.Name], leaves[leafOf(l.Name)] = true, true
		names = append(names, l.Name)
	}
	for _, l := range s.m.Linears() {
		if leaves[leafOf(l.Name)] && !target[l.Name] {
			return names
		}
	}
	return nil
}

func leafOf(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// blockOf is the number of the block in a module's or tensor's name, -1 where it is in none.
func blockOf(name string) int {
	for _, part := range strings.Split(name, ".") {
		if n, err := strconv.Atoi(part); err == nil {
			return n
		}
	}
	return -1
}

const headTensor = model.HeadModule + ".weight"

// embeddingTensor is the embedding by the name of its tensor.
func embeddingTensor(m *model.Model) string { return m.EmbeddingModule() + ".weight" }

// choose decides which tensors of the base are trained, where that is part of them, and whether a tied head unties
// (law 9).
func (s *session) choose() error {
	c := s.m.Config()
	if s.r.LastLayers > c.Layers {
		return fmt.Errorf("last_layers is %d: model %s has %d blocks", s.r.LastLayers, s.m.Name(), c.Layers)
	}
	if s.r.Method == Full && s.r.LastLayers == 0 && len(s.r.Freeze) == 0 {
		return nil
	}
	s.chosen = map[string]bool{}
	if s.r.Method == Full {
		for _, t := range s.m.Tensors() {
			outer := s.m.AtInput(t.Name) || t.Name == headTensor
			s.chosen[t.Name] = s.r.LastLayers == 0 || !outer && (blockOf(t.Name) < 0 || blockOf(t.Name) >= c.Layers-s.r.LastLayers)
		}
	}
	if s.r.TrainEmbeddings || s.r.TrainHead {
		s.untie = c.Tied && (s.r.Method == LoRA || s.r.TrainEmbeddings != s.r.TrainHead)
		s.chosen[embeddingTensor(s.m)] = s.r.TrainEmbeddings
		s.chosen[headTensor] = s.r.TrainHead && (s.untie || !c.Tied)
	}
	if s.untie {
		s.obs.Noted(fmt.Sprintf("base %s has its embedding as output head: they are untied, so that %s", s.m.Name(), map[[2]bool]string{
			{true, false}: "the embedding is trained alone", {false, true}: "the head is trained alone", {true, true}: "each is trained as a matrix of its own",
		}[[2]bool{s.r.TrainEmbeddings, s.r.TrainHead}]))
	}
	return s.freeze()
}

// freeze takes what the recipe's patterns mean out of what is trained.
func (s *session) freeze() error {
	for _, p := range s.r.Freeze {
		found := false
		for name := range s.chosen {
			if named(p, name) {
				s.chosen[name], found = false, true
			}
		}
		if !found && named(p, headTensor) && s.m.Config().Tied {
			return fmt.Errorf("freeze has %q: the head of %s is its embedding, which %s freezes", p, s.m.Name(), s.m.EmbeddingModule())
		}
		if !found {
			return fmt.Errorf("freeze has %q: model %s has no tensor of such a name, as model.layers.0.mlp.up_proj.weight is", p, s.m.Name())
		}
	}
	for name, trained := range s.chosen {
		if !trained {
			delete(s.chosen, name)
		}
	}
	if s.r.Method == Full && len(s.chosen) == 0 {
		return errors.New("freeze leaves nothing to train")
	}
	return nil
}

// makeTrainable makes trainable what was chosen of the base.
func (s *session) makeTrainable(ctx context.Context) error {
	if s.chosen == nil {
		return s.m.MakeTrainable(ctx)
	}
	if s.untie {
		if err := s.m.Untie(); err != nil {
			return err
		}
	}
	return s.m.MakePartTrainable(ctx, func(name string) bool { return s.chosen[name] })
}

// trainsHead says whether the output head is trained.
func (s *session) trainsHead() bool {
	return s.r.Method == Full && s.chosen == nil || s.chosen[headTensor] ||
		s.chosen[embeddingTensor(s.m)] && s.m.Config().Tied && !s.untie
}
