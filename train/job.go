package train

import "github.com/cria-llm/cria/adapter"

// job is what differs between fine-tuning and pretraining: which model is trained, on which sequences, and what is left
// of it at the end. The steps, the checkpoints, the evaluations and the books of a session are the same for both.
type job interface {
	// command is what starts such a run, and goes on with it: "cria train".
	command() string
	// yaml is the recipe with what the model and the memory decided, to repeat the run from.
	yaml() []byte
	// identity is all that the run's numbers follow from.
	identity() []string
	// about is what the run's result is made with.
	about() *adapter.Provenance
	// save writes what was trained into the run's folder.
	save() error
}

// tuning is the job of [Run].
type tuning struct{ *session }

func (t tuning) command() string { return "cria train" }

func (t tuning) yaml() []byte { return t.resolved().YAML() }

func (t tuning) identity() []string {
	r := t.resolved().withoutGuards()
	r.Base, r.Out, r.Data, r.Threads, r.EvalEvery, r.SaveEvery = "", "", nil, 0, 0, 0
	r.Checkpointing, r.Assume = "", nil
	parts := []string{string(r.YAML()), t.m.Hash(), t.dataHash, t.template.Hash()}
	for _, p := range t.parents {
		parts = append(parts, p.Hash)
	}
	if mix := mixture(t.r.Data); mix != "" {
		parts = append(parts, mix)
	}
	return parts
}

func (t tuning) about() *adapter.Provenance { return t.provenance() }

func (t tuning) save() error {
	if t.r.Method == Full {
		return t.saveModel()
	}
	return t.saveAdapter()
}
