package train

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/hub"
	"github.com/cria-llm/cria/model"
)

// openBase opens the model that the recipe's base names, and reads the adapters after it: they stay frozen beneath what
// is trained.
func (s *session) openBase(ctx context.Context) error {
	var err error
	if s.base, err = adapter.ParseSpec(s.r.Base); err != nil {
		return fmt.Errorf("base: %w", err)
	}
	if s.r.Method == Full && len(s.base.Adapters) > 0 {
		return fmt.Errorf("base is %s: method full trains the weights of a model alone, and not beneath adapters: merge these into one first, or use method lora", s.r.Base)
	}
	path := s.base.Model
	if len(s.base.Adapters) > 0 {
		if path, err = adapter.ModelPath(path); err != nil {
			return err
		}
	}
	if s.m, err = model.Open(s.be, path); err != nil {
		return err
	}
	for _, named := range s.base.Adapters {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.readBelow(named); err != nil {
			return err
		}
	}
	return nil
}

// readBelow reads an adapter of the base. One of another base is an error, as it is where both are spoken with.
func (s *session) readBelow(named string) error {
	dir, err := adapter.Folder(named)
	if err != nil {
		return err
	}
	a, err := adapter.Load(dir)
	if err != nil {
		return err
	}
	if err := a.CheckBase(s.m.Name(), s.m.Hash()); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	err = a.CheckBelow(s.below)
	if err != nil {
		return fmt.Errorf("adapter %s %w", dir, err)
	}
	if abs, err := filepath.Abs(named); err == nil {
		named = abs
	}
	parent, err := a.Parent(filepath.Base(named), 1, adapter.TrainedOn)
	if err != nil {
		return err
	}
	s.below, s.parents = append(s.below, a), append(s.parents, parent)
	return nil
}

// pairs is an adapter as the model takes it.
func pairs(a *adapter.Adapter) map[string]model.Pair {
	all := make(map[string]model.Pair, len(a.Modules))
	for name, p := range a.Modules {
		all[name] = model.Pair(p)
	}
	return all
}

// attach puts an untrained adapter on the targets, on top of those of the base.
func (s *session) attach(ctx context.Context) error {
	var stack []map[string]model.Pair
	for _, a := range s.below {
		stack = append(stack, pairs(a))
		for module, m := range a.Whole {
			if err := s.m.Replace(module, m.Values); err != nil {
				return fmt.Errorf("base is %s: %w", s.r.Base, err)
			}
		}
	}
	if err := s.m.Stack(stack...); err != nil {
		return fmt.Errorf("base is %s: %w", s.r.Base, err)
	}
	var shapes []adapter.ModuleShape
	for _, l := range s.targets {
		shapes = append(shapes, adapter.ModuleShape{Name: l.Name, In: l.In(), Out: l.Out()})
	}
	o := adapter.Options{Rank: s.r.Rank, Alpha: s.r.Alpha, Dropout: s.r.Dropout, RSLoRA: s.r.RSLoRA, Seed: s.r.Seed, Targets: s.targetNames(),
		FanInFanOut: s.m.FanInFanOut()}
	if s.r.DoRA {
		o.RowLengths = s.m.RowLengths
	}
	a, err := adapter.New(shapes, o)
	if err != nil {
		return err
	}
	s.adapter = a
	if s.r.Init == pissa {
		if err := s.startPrincipal(ctx); err != nil {
			return err
		}
	}
	deltas := make(map[string]*model.Delta, len(a.Modules))
	for name, p := range a.Modules {
		deltas[name] = s.m.NewDelta(p.A, p.B, p.R, p.Scale, float32(s.r.Dropout), true)
		if s.r.DoRA {
			s.m.WithMagnitude(deltas[name], p.Magnitude)
		}
	}
	return s.m.Attach(deltas)
}

// pissa is the start of an adapter at the principal singular vectors of the weights (Meng et al. 2024).
const pissa = "pissa"

// startPrincipal has the adapter begin as the principal part of the targets' weights, which is taken off what lies beneath.
// The base stays as it is: what is saved is what the training changed, for the base as it is.
func (s *session) startPrincipal(ctx context.Context) error {
	s.obs.Noted(fmt.Sprintf("init pissa: finding the %d principal singular vectors of %d layers", s.r.Rank, len(s.targets)))
	s.start = make(map[string]adapter.Pair, len(s.targets))
	var all sync.WaitGroup
	var mu sync.Mutex
	var failed error
	room := make(chan struct{}, s.be.Threads())
	for _, l := range s.targets {
		room <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		w, scale := s.m.Weights(l.Name), s.adapter.Modules[l.Name].Scale
		all.Go(func() {
			defer func() { <-room }()
			p, err := adapter.Principal(w, l.Out(), l.In(), s.r.Rank, scale, s.r.Seed)
			mu.Lock()
			defer mu.Unlock()
			if err != nil && failed == nil {
				failed = fmt.Errorf("init pissa: %s: %w", l.Name, err)
			}
			s.start[l.Name] = p
		})
	}
	all.Wait()
	if err := cmp.Or(ctx.Err(), failed); err != nil {
		return err
	}
	offset := make(map[string]model.Pair, len(s.start))
	for name, p := range s.start {
		offset[name] = model.Pair(p)
		p.A, p.B, p.Magnitude = slices.Clone(p.A), slices.Clone(p.B), s.adapter.Modules[name].Magnitude
		s.adapter.Modules[name] = p
	}
	return s.m.Offset(offset)
}

// saveAdapter writes the trained pairs as PEFT does, and what they were trained on.
func (s *session) saveAdapter() error {
	for _, l := range s.targets {
		p := s.adapter.Modules[l.Name]
		s.be.Read(p.A, l.Delta.A)
		s.be.Read(p.B, l.Delta.B)
		if s.r.DoRA {
			s.be.Read(p.Magnitude, l.Delta.Magnitude)
		}
	}
	for _, p := range s.m.Params() {
		if module := strings.TrimSuffix(p.Name, ".weight"); module == s.m.EmbeddingModule() || module == model.HeadModule {
			m := adapter.Matrix{Values: make([]float32, p.Value.Len()), Rows: p.Shape[0], Cols: p.Shape[1]}
			s.be.Read(m.Values, p.Value)
			s.adapter.Carry(module, m)
		}
	}
	a := s.adapter
	if s.r.Init == pissa {
		a = a.Since(s.start)
	}
	a.Config.Base = s.base.Model
	if ref, ok := hub.RefOf(s.base.Model); ok { // a path in the cache means nothing to who has another
		a.Config.Base = ref.String()
	}
	a.Provenance = s.provenance()
	return a.Save(s.r.Out)
}
