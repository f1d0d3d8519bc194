// Package model is one decoder-only transformer, driven by a [Config], with the forward pass that training,
// scoring and decoding share and its backward. Every number is computed by a [compute.Backend]; this package
// plans the memory, keeps the order of operations and knows the file formats that weights come in.
//
// A model family is a way to fill the Config and names for its modules, one short file each; no pass knows of families.
//
// It never tokenises, samples, or updates a parameter: infer and train do, with the pieces here. A model belongs
// to one backend and, like it, is used by one goroutine at a time.
//
// A step of training, where a batch packs several sequences end to end:
//
//	m, err := model.Open(be, "SmolLM2-135M")
//	m.Attach(deltas)
//	ws := m.NewWorkspace(2048, model.Training)
//	m.ZeroGrads()
//	nll, err := m.Loss(ws, batch, scale, true)
//	for _, p := range m.Params() { be.AdamW(p.Value, p.Grad, …) }
//
// What is trained is the weights themselves, all ([Model.MakeTrainable]) or part of them, or deltas on top ([Model.Attach])
// of the base and of adapters that [Model.Stack] froze beneath. [Model.Without] is the model before that.
//
// Modules have the names that Hugging Face gives them ("model.layers.3.self_attn.q_proj"), whatever file they came
// from, and rows of q and k are in the half-split rotary order of Hugging Face checkpoints.
package model
