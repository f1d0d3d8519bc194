package model

import (
	"maps"
	"strings"
)

// A checkpoint of a model that sees pictures too holds a decoder of a family under other names, and its configuration in an
// object of its own. The decoder is read, and the rest left where it is.

// textPart puts the configuration of the text part of such a model in the place of the whole, and says whether there was one.
func textPart(j *jsonConfig) bool {
	kind := j.string("model_type", "")
	if kind != "gemma3" && kind != "mistral3" || !j.has("text_config") {
		return false
	}
	in := jsonConfig{}
	if !j.read("text_config", &in.fields, "an object") {
		return false
	}
	for _, key := range []string{"bos_token_id", "eos_token_id", "pad_token_id", "torch_dtype", "dtype", "quantization_config", "transformers_version"} {
		if !in.has(key) && j.has(key) {
			in.fields[key] = j.fields[key]
		}
	}
	j.fields = maps.Clone(in.fields)
	return true
}

// textNames are those that a checkpoint with pictures may have for a tensor of the text part: transformers' before and since
// 4.52.
func textNames(name string) []string {
	names := []string{"language_model." + name}
	if short, ok := strings.CutPrefix(name, "model."); ok {
		return append(names, "model.language_model."+short)
	}
	return append(names, name)
}

// ofPictures says whether a tensor of such a checkpoint is of its other part.
func ofPictures(name string) bool {
	name = strings.TrimPrefix(name, "model.")
	return strings.HasPrefix(name, "vision_tower.") || strings.HasPrefix(name, "multi_modal_projector.")
}

// ownName is a module of the model by the name that an adapter has for it: one that was trained on the model with its
// pictures has the names of that.
func (m *Model) ownName(module string) string {
	if !m.pictures {
		return module
	}
	for _, outer := range [...]string{"model.language_model.", "language_model.model."} {
		if short, ok := strings.CutPrefix(module, outer); ok {
			return "model." + short
		}
	}
	return module
}
