package export

import (
	"context"
	"fmt"
	"slices"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// writeSafetensors writes the merged model as a Hugging Face folder.
func writeSafetensors(ctx context.Context, j *job, path string) error {
	j.r.Type = j.typeOr()
	t, err := compute.ParseType(j.r.Type)
	if err != nil || !slices.Contains([]compute.Type{compute.F32, compute.F16, compute.BF16}, t) {
		return fmt.Errorf("a Hugging Face folder holds F32, F16 or BF16, not %s: export to gguf", j.r.Type)
	}
	if err := j.writeCard(path); err != nil {
		return err
	}
	o := model.HFOptions{Type: t, Stop: j.src.Stop(), Wrote: func(n, of int64) { j.o.Progress(Writing, n, of) }}
	if text := j.chatTemplate(); !j.sourceIsFolder() || text != j.src.Model().ChatTemplate() {
		o.ChatTemplate = text
	}
	return j.src.Model().WriteHF(ctx, path, o)
}
