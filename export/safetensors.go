package export

import (
	"context"
	"fmt"
	"slices"

	"github.com/cria-llm/cria/compute"
)

// writeSafetensors writes the merged model as a Hugging Face folder.
func writeSafetensors(ctx context.Context, j *job, path string) error {
	j.r.Type = j.typeOr()
	t, err := compute.ParseType(j.r.Type)
	if err != nil || !slices.Contains([]compute.Type{compute.F32, compute.F16, compute.BF16}, t) {
		return fmt.Errorf("a Hugging Face folder holds F32, F16 or BF16, not %s: export to gguf", j.r.Type)
	}
	return j.src.Model().WriteHF(ctx, path, t, j.src.Stop(), func(n, of int64) { j.o.Progress(Writing, n, of) })
}
