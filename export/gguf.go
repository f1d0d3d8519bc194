package export

import (
	"context"
	"fmt"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/model"
)

// writeGGUF writes the merged model as one GGUF file.
func writeGGUF(ctx context.Context, j *job, path string) error {
	m := j.src.Model()
	j.r.Type = j.typeOr()
	typ, err := ggufType(j.r.Type)
	if err != nil {
		return err
	}
	meta, err := j.metadata(typ)
	if err != nil {
		return err
	}
	return m.WriteGGUF(ctx, path, model.GGUFOptions{
		Type: func(_ string, shape []int) (gguf.Type, error) {
			if len(shape) == 1 {
				return gguf.F32, nil
			}
			if shape[1]%typ.Block() != 0 {
				return gguf.Q8_0, nil
			}
			return typ, nil
		},
		Encode:   func(_ string, dst []byte, t gguf.Type, src []float32, _ int) error { return gguf.Encode(dst, t, src) },
		Metadata: meta,
		Wrote:    func(n, of int64) { j.o.Progress(Writing, n, of) },
	})
}

func ggufType(name string) (gguf.Type, error) {
	for _, t := range []gguf.Type{gguf.F32, gguf.F16, gguf.BF16, gguf.Q8_0, gguf.Q6_K, gguf.Q4_0} {
		if t.String() == name {
			return t, nil
		}
	}
	return 0, fmt.Errorf("type %s is not written", name)
}

// metadata is everything that the file says besides tensors.
func (j *job) metadata(t gguf.Type) ([]gguf.KV, error) {
	meta, err := j.setCard(j.src.Model().GGUFMetadata())
	if err != nil {
		return nil, err
	}
	if text := j.chatTemplate(); text != "" {
		meta = setKV(meta, "tokenizer.chat_template", gguf.Of(text))
	}
	meta = model.SetStop(meta, j.src.Stop())
	return append(meta, gguf.KV{Key: "general.quantization_version", Value: gguf.Of(uint32(2))}), nil
}
