package main

import (
	"context"

	"github.com/cria-llm/cria/curate/duplicates"
)

// inParts embeds a few hundred texts at a time, and tells how many are done.
func inParts(embed duplicates.Embed, tell func(done, of int)) duplicates.Embed {
	return func(ctx context.Context, texts []string) ([][]float32, error) {
		const part = 256
		var out [][]float32
		for from := 0; from < len(texts); from += part {
			tell(from, len(texts))
			vectors, err := embed(ctx, texts[from:min(from+part, len(texts))])
			if err != nil {
				return nil, err
			}
			out = append(out, vectors...)
		}
		return out, nil
	}
}
