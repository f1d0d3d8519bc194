package export

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/model"
)

// importanceWindow is the tokens that are run at once where importance is measured, as many as llama.cpp takes.
const importanceWindow = 512

// importance says how much an error in each column of a matrix counts: from a file of llama.cpp's, or measured on a text; nil
// where neither was named.
func (j *job) importance(ctx context.Context) (map[string][]float32, error) {
	if j.o.Importance == "" {
		return nil, nil
	}
	switch filepath.Ext(j.o.Importance) {
	case ".gguf", ".dat", ".imatrix":
		m, err := gguf.ReadImatrix(j.o.Importance)
		if err != nil {
			return nil, err
		}
		return m.Means(), nil
	}
	return measureImportance(ctx, j.src, j.o.Importance, func(done, of int64) { j.o.Progress(Measuring, done, of) })
}

// measureImportance is the mean square of each column of each linear layer's inputs over a text, by the layer's name. The text is
// cut into windows that do not see each other, each begun as the model expects; what is left at the end and is shorter than
// a window counts where there is nothing else.
func measureImportance(ctx context.Context, a *infer.Assistant, file string, progress func(done, of int64)) (map[string][]float32, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	tok, err := a.Tokenizer()
	if err != nil {
		return nil, fmt.Errorf("importance from a text: %w", err)
	}
	ids := tok.EncodeText(string(text), true)
	var begin []int32
	if id, ok := tok.BOS(); ok && tok.AddsBOS() {
		begin = []int32{id}
	}
	size := min(importanceWindow, a.Context()) - len(begin)
	windows := max(1, len(ids)/size)
	if len(ids) == 0 {
		return nil, fmt.Errorf("importance from %s: the text has no tokens", file)
	}
	m := a.Model()
	ws := m.NewWorkspace(size+len(begin), model.Inference)
	sums := map[string][]float64{}
	tokens := 0
	for w := range windows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b := model.Batch{Starts: []int{0}, IDs: append(append([]int32{}, begin...), ids[w*size:min((w+1)*size, len(ids))]...)}
		for i := range b.IDs {
			b.Pos = append(b.Pos, int32(i))
		}
		if err := m.Exactly(func() error { return m.InputSquares(ws, b, sums) }); err != nil {
			return nil, err
		}
		tokens += len(b.IDs)
		progress(int64(w+1), int64(windows))
	}
	means := make(map[string][]float32, len(sums))
	for name, list := range sums {
		mean := make([]float32, len(list))
		for i, x := range list {
			mean[i] = float32(x / float64(tokens))
		}
		means[name] = mean
	}
	return means, nil
}
