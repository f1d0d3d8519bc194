package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/export/ollama"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/wholefile"
)

// The files of a folder for Ollama.
const (
	ollamaModel   = "model.gguf"
	ollamaAdapter = "adapter.gguf"
	ollamaFile    = "Modelfile"
)

// writeOllama writes the merged model's file, or the adapter's where the base is Ollama's own, and a Modelfile.
func writeOllama(ctx context.Context, j *job, path string) error {
	f := ollama.Modelfile{From: "./" + ollamaModel}
	if j.o.From != "" {
		if strings.ContainsAny(j.o.From, "\r\n") {
			return fmt.Errorf("%q is no name of a model", j.o.From)
		}
		f.From, f.Adapter = j.o.From, "./"+ollamaAdapter
	}
	var err error
	if f.License, err = j.licenceText(); err != nil {
		return err
	}
	if strings.Contains(f.License, `"""`) {
		f.License = ""
		f.Comments = append(f.Comments, "The licence does not fit here: see the model's own files.")
	}
	about, err := j.lineage()
	if err != nil {
		return err
	}
	f.Comments = append(about, f.Comments...)
	if !j.o.NoTemplate {
		t, err := j.ollamaTemplate()
		if err != nil {
			return fmt.Errorf("the conversation template for Ollama: %w (--no-template leaves it out)", err)
		}
		f.Template = t.Text
		for _, note := range t.Notes {
			f.Comments = append(f.Comments, "TEMPLATE: "+note+".")
		}
	} else {
		f.Comments = append(f.Comments, "TEMPLATE is left out: Ollama guesses one, which need not be what the model was trained with.")
	}
	f.Stop = j.stopTexts()
	if f.Sampling, err = j.sampling(); err != nil {
		return err
	}
	var text bytes.Buffer
	if err := f.Write(&text); err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(path, ollamaFile), text.Bytes()); err != nil {
		return err
	}
	if f.Adapter != "" {
		return writeGGUFLoRA(ctx, j, filepath.Join(path, ollamaAdapter))
	}
	return writeGGUF(ctx, j, filepath.Join(path, ollamaModel))
}

// ollamaSpec is the MODEL that such a folder is loaded again as.
func ollamaSpec(j *job, path string) string {
	if j.o.From != "" {
		return onBase(j, filepath.Join(path, ollamaAdapter))
	}
	return filepath.Join(path, ollamaModel)
}

// stopTexts is how the tokens that end an answer are spelled, where they are tokens of their own.
func (j *job) stopTexts() []string {
	tok, err := j.src.Tokenizer()
	if err != nil {
		return nil
	}
	var list []string
	for _, id := range j.src.Stop() {
		if s := tok.Token(id); tok.IsControl(id) && s != "" && !slices.ContainsFunc([]rune(s), func(r rune) bool { return !strconv.IsPrint(r) }) {
			list = append(list, s)
		}
	}
	return list
}

// sampling is how the source's folder says that answers are drawn, in Ollama's words; nothing where it says greedily or not
// at all.
func (j *job) sampling() ([]ollama.Parameter, error) {
	var said map[string]any
	err := wholefile.JSON(filepath.Join(j.src.Model().Path(), "generation_config.json"), maxCard, &said)
	if drawn, _ := said["do_sample"].(bool); !drawn || err != nil {
		if !j.sourceIsFolder() || errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return nil, err
	}
	var list []ollama.Parameter
	for _, name := range [][2]string{{"temperature", "temperature"}, {"top_k", "top_k"}, {"top_p", "top_p"}, {"min_p", "min_p"}, {"repetition_penalty", "repeat_penalty"}} {
		if x, ok := said[name[0]].(float64); ok {
			list = append(list, ollama.Parameter{Name: name[1], Value: x})
		}
	}
	return list, nil
}

// lineage is where the export comes from, for people.
func (j *job) lineage() ([]string, error) {
	list := []string{"Written by cria from " + j.src.Name() + "."}
	p, err := j.provenance()
	if err != nil || p == nil {
		return list, err
	}
	if p.Base != "" {
		list = append(list, fmt.Sprintf("Base: %s (hash %.12s)", p.Base, p.BaseHash))
	}
	for _, parent := range p.Parents {
		list = append(list, fmt.Sprintf("Adapter: %s (hash %.12s)", parent.Name, parent.Hash))
	}
	if p.DataHash != "" {
		list = append(list, fmt.Sprintf("Data: hash %.12s", p.DataHash))
	}
	for i := range list {
		list[i] = strings.Join(strings.Fields(list[i]), " ")
	}
	return list, nil
}

// ollamaTemplate is the source's conversation template in Go's template language. What it writes is read as tokens by
// Ollama, control tokens among them, after the token that begins every sequence.
func (j *job) ollamaTemplate() (*ollama.Template, error) {
	own, from, err := j.src.Template()
	if err != nil {
		return nil, err
	}
	tok, err := j.src.Tokenizer()
	if err != nil {
		return nil, err
	}
	t, err := ollama.Derive(func(conv []chat.Message) (string, error) {
		text, err := own.Text(conv)
		if err != nil {
			return "", err
		}
		if bos, ok := tok.BOS(); ok && tok.AddsBOS() {
			text = strings.TrimPrefix(text, tok.Token(bos)) // Ollama puts it there
		}
		if eos, ok := tok.EOS(); ok && own.Source() == "" {
			text = strings.ReplaceAll(text, "<eos>", tok.Token(eos))
		}
		return text, nil
	})
	if err != nil {
		return nil, err
	}
	if from == infer.FromDefault {
		t.Notes = append(t.Notes, "nobody said how this model's conversations are written; this is cria's "+own.Name())
	}
	for _, conv := range ollama.Conversations(t.System) {
		want, err := j.src.Prompt(conv)
		if err != nil {
			return nil, err
		}
		text, err := t.Execute(conv)
		if err != nil {
			return nil, err
		}
		var got []int32
		if id, ok := tok.BOS(); ok && tok.AddsBOS() {
			got = append(got, id)
		}
		if got = append(got, tok.EncodeSpecial(text, true)...); !slices.Equal(got, want) {
			t.Notes = append(t.Notes, "where texts meet, the tokens of some conversations are cut otherwise than in training")
			break
		}
	}
	return t, nil
}
