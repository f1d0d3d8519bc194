package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/internal/wholefile"
)

// ReadChatTemplate reads the Jinja text for conversations that comes with a model, without opening the model: path is a
// Hugging Face folder, its tokenizer_config.json, a GGUF file, or the text itself in a file of its own. Some models have
// one for conversations with tools and one for those without; tools says which is wanted. It is an error where there is
// none.
func ReadChatTemplate(path string, tools bool) (string, error) {
	text, err := readChatTemplate(path, tools)
	if err == nil && text == "" {
		err = errors.New("it carries no template for conversations")
	}
	if err != nil {
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return "", fmt.Errorf("chat template of %s: %w", path, err)
	}
	return text, nil
}

func readChatTemplate(path string, tools bool) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return hfTemplate(path, tools)
	case strings.HasSuffix(path, ".json"):
		return configTemplate(path, tools)
	case !strings.HasSuffix(path, ".gguf"):
		text, err := wholefile.Read(path, maxConfigFile)
		return string(text), err
	}
	file, err := gguf.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if tools {
		if text, ok := file.String(ggufTemplateKey + ".tool_use"); ok {
			return text, nil
		}
	}
	text, _ := file.String(ggufTemplateKey)
	return text, nil
}

const ggufTemplateKey = "tokenizer.chat_template"

// hfTemplate reads the conversation template of a folder: chat_template.jinja, or chat_template in chat_template.json or
// tokenizer_config.json. It is empty where there is none.
func hfTemplate(dir string, tools bool) (string, error) {
	files := []string{"chat_template.jinja"}
	if tools {
		files = slices.Insert(files, 0, filepath.Join("additional_chat_templates", "tool_use.jinja"))
	}
	for _, name := range files {
		text, err := wholefile.Read(filepath.Join(dir, name), maxConfigFile)
		if err == nil {
			return string(text), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	for _, name := range []string{"chat_template.json", "tokenizer_config.json"} {
		text, err := configTemplate(filepath.Join(dir, name), tools)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if text != "" {
			return text, nil
		}
	}
	return "", nil
}

// configTemplate reads chat_template of a JSON file: a text, or a list of named ones.
func configTemplate(path string, tools bool) (string, error) {
	var fields struct {
		Template json.RawMessage `json:"chat_template"`
	}
	if err := wholefile.JSON(path, maxConfigFile, &fields); err != nil {
		return "", err
	}
	raw := fields.Template
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one, nil
	}
	var named []struct{ Name, Template string }
	if err := json.Unmarshal(raw, &named); err != nil {
		return "", fmt.Errorf("%s: chat_template is %s, neither a text nor a list of named ones", filepath.Base(path), clip(raw))
	}
	text := ""
	for _, t := range named {
		if t.Name == "default" && text == "" || t.Name == "tool_use" && tools {
			text = t.Template
		}
	}
	return text, nil
}
