package export

import (
	"context"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/model"
)

// writeGGUF writes the merged model as one GGUF file.
func writeGGUF(ctx context.Context, j *job, path string) error {
	m := j.src.Model()
	j.r.Type = j.typeOr()
	mix, err := gguf.ParseMix(j.r.Type)
	if err != nil {
		return err
	}
	meta, err := j.metadata(mix)
	if err != nil {
		return err
	}
	matters, err := j.importance(ctx)
	if err != nil {
		return err
	}
	c := m.Config()
	return m.WriteGGUF(ctx, path, model.GGUFOptions{
		Types: func(tensors []gguf.Tensor) []gguf.Type {
			return mix.Types(gguf.Traits{Layers: c.Layers, Heads: c.Heads, KVHeads: c.KVHeads, Importance: matters != nil}, tensors)
		},
		Importance: matters,
		Metadata:   meta,
		Wrote:      func(n, of int64) { j.o.Progress(Writing, n, of) },
	})
}

// metadata is everything that the file says besides tensors.
func (j *job) metadata(mix gguf.Mix) ([]gguf.KV, error) {
	meta, err := j.setCard(j.src.Model().GGUFMetadata())
	if err != nil {
		return nil, err
	}
	vocab, err := j.src.Model().GGUFTokenizer()
	if err != nil {
		return nil, err
	}
	meta = append(meta, vocab...)
	if text := j.chatTemplate(); text != "" {
		meta = setKV(meta, "tokenizer.chat_template", gguf.Of(text))
	}
	meta = model.SetStop(meta, j.src.Stop())
	meta = setKV(meta, "general.file_type", gguf.Of(mix.FileType()))
	return setKV(meta, "general.quantization_version", gguf.Of(uint32(2))), nil
}
