package hub

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// choice is which files of a repository are needed.
type choice struct {
	files []string
	index string // of them, the list of the shards that the weights are in: to be read before the rest is known
	gguf  string // the GGUF file to open, the first where they are split; "" for the folder
}

const indexFile = "model.safetensors.index.json"

// texts are the small files that a model may need beside its weights, and what its licence asks to go along.
func texts(names []string) []string {
	var list []string
	for _, n := range names {
		base := strings.ToUpper(path.Base(n))
		switch ext := path.Ext(n); {
		case strings.Contains(n, "/"):
			if ext != ".jinja" {
				continue
			}
		case strings.HasSuffix(n, ".index.json"):
			continue
		case ext == ".json" || ext == ".jinja" || ext == ".model" || ext == ".txt" || ext == ".md":
		case strings.HasPrefix(base, "LICENSE") || strings.HasPrefix(base, "LICENCE") || strings.HasPrefix(base, "NOTICE"):
		default:
			continue
		}
		list = append(list, n)
	}
	return list
}

// chooseModel says which files of a model are needed.
func chooseModel(r Ref, in *info) (choice, error) {
	names := in.names()
	ggufs := ggufFiles(names)
	has := func(n string) bool { return slices.Contains(names, n) }
	var weights []string
	for _, n := range names {
		if !strings.Contains(n, "/") && path.Ext(n) == ".safetensors" {
			weights = append(weights, n)
		}
	}
	switch {
	case r.Part != "" || len(weights) == 0 && len(ggufs) > 0:
		list, err := chooseGGUF(r, in, ggufs)
		if err != nil {
			return choice{}, err
		}
		more := slices.DeleteFunc(texts(names), func(n string) bool { return path.Ext(n) == ".json" || path.Ext(n) == ".model" })
		return choice{files: append(list, more...), gguf: list[0]}, nil
	case has(indexFile):
		return choice{files: append(texts(names), indexFile), index: indexFile}, nil
	case has("model.safetensors"):
		list := append(texts(names), "model.safetensors")
		if has("adapter_model.safetensors") && has("adapter_config.json") {
			list = append(list, "adapter_model.safetensors")
		}
		return choice{files: list}, nil
	case len(weights) > 0:
		// Mistral's own form lies beside the usual one in some repositories.
		if usual := slices.DeleteFunc(slices.Clone(weights), func(n string) bool { return strings.HasPrefix(n, "consolidated") }); len(usual) > 0 {
			weights = usual
		}
		return choice{files: append(texts(names), weights...)}, nil
	}
	return choice{}, noWeights(r, names)
}

// noWeights says why a repository has nothing to open.
func noWeights(r Ref, names []string) error {
	for _, n := range names {
		switch path.Ext(n) {
		case ".bin", ".pt", ".pth", ".ckpt", ".pkl":
			return fmt.Errorf("%s has its weights as PyTorch pickles alone (%s), which run code when they are read: take a repository with safetensors or GGUF files, or a revision with some: where its page lists a pull request of a conversion, --revision refs/pr/N", r.ID, n)
		}
	}
	for _, n := range names {
		switch path.Ext(n) {
		case ".h5", ".msgpack", ".onnx", ".tflite", ".mlmodel", ".ot":
			return fmt.Errorf("%s has its weights in another form alone (%s): safetensors and GGUF files can be opened", r.ID, n)
		}
	}
	return fmt.Errorf("%s has no weights in safetensors or GGUF files; it has %s (cria pull --dataset %s where it is a dataset; --include GLOB fetches any file)", r.ID, some(names, 8), r.ID)
}

// shards reads the index of a model's weights: the files that it names, each once.
func shards(r Ref, index []byte, names []string) ([]string, error) {
	var list struct {
		Files map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(index, &list); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", r.ID, indexFile, err)
	}
	var out []string
	for tensor, f := range list.Files {
		if !slices.Contains(names, f) {
			return nil, fmt.Errorf("%s: %s has tensor %.80q in %.80q, which is not among the files", r.ID, indexFile, tensor, f)
		}
		if path.Ext(f) != ".safetensors" {
			return nil, fmt.Errorf("%s: %s names %.80q, which is not a safetensors file", r.ID, indexFile, f)
		}
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: %s names no files", r.ID, indexFile)
	}
	slices.Sort(out)
	return out, nil
}

// splitForm is the end of the name of one of several GGUF files that are one model.
var splitForm = regexp.MustCompile(`-(\d{5})-of-(\d{5})\.gguf$`)

// ggufFiles are the GGUF files that hold a language model: not what belongs to images or to quantising.
func ggufFiles(names []string) []string {
	var list []string
	for _, n := range names {
		base := strings.ToLower(path.Base(n))
		if path.Ext(base) == ".gguf" && !strings.HasPrefix(base, "mmproj") && !strings.Contains(base, "imatrix") {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list
}

// groups puts the parts of split files together. The key is the name without its part.
func groups(ggufs []string) (keys []string, parts map[string][]string) {
	parts = make(map[string][]string)
	for _, n := range ggufs {
		key := splitForm.ReplaceAllString(n, ".gguf")
		if len(parts[key]) == 0 {
			keys = append(keys, key)
		}
		parts[key] = append(parts[key], n)
	}
	return keys, parts
}

var quantForm = regexp.MustCompile(`(?i)(?:^|[-._])((?:UD-)?(?:I?Q\d(?:_[0-9A-Z]+)*|TQ\d_\d|BF16|F16|FP16|F32|MXFP4(?:_MOE)?))\.gguf$`)

// quantOf is the part of a GGUF file's name that says its type, or the name where none does.
func quantOf(key string) string {
	if m := quantForm.FindStringSubmatch(path.Base(key)); m != nil {
		return strings.ToUpper(m[1])
	}
	return strings.TrimSuffix(key, ".gguf")
}

// chooseGGUF finds the file that r.Part names, or the only one.
func chooseGGUF(r Ref, in *info, ggufs []string) ([]string, error) {
	keys, parts := groups(ggufs)
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s has no GGUF files, so no part %q", r.ID, r.Part)
	}
	var fit []string
	for _, k := range keys {
		if r.Part == "" || strings.EqualFold(quantOf(k), r.Part) || strings.EqualFold(strings.TrimSuffix(k, ".gguf"), strings.TrimSuffix(r.Part, ".gguf")) {
			fit = append(fit, k)
		}
	}
	if len(fit) == 1 {
		return parts[fit[0]], nil
	}
	what := "several GGUF files"
	if r.Part != "" && len(fit) == 0 {
		what = fmt.Sprintf("no GGUF file of type %q", r.Part)
		fit = keys
	}
	sizes := make(map[string]int64)
	for _, f := range in.Files {
		if f.Size != nil {
			sizes[f.Name] = *f.Size
		}
	}
	labels := make([]string, len(fit))
	for i, k := range fit {
		var size int64
		for _, p := range parts[k] {
			size += sizes[p]
		}
		if labels[i] = quantOf(k); count(fit, labels[i]) > 1 {
			labels[i] = strings.TrimSuffix(k, ".gguf")
		}
		if size > 0 {
			labels[i] += fmt.Sprintf(" (%s)", bytesText(size))
		}
	}
	example := Ref{ID: r.ID, Revision: r.Revision, Part: quantOf(fit[len(fit)/2])}
	return nil, fmt.Errorf("%s has %s, say which: %s; for one: %s", r.ID, what, some(labels, 30), example.pullCommand())
}

// count is how many names have the label of a type.
func count(keys []string, label string) int {
	n := 0
	for _, k := range keys {
		if quantOf(k) == label {
			n++
		}
	}
	return n
}

// included are the names that fit any of the patterns.
func included(names, patterns []string) []string {
	var list []string
	for _, n := range names {
		if slices.ContainsFunc(patterns, func(p string) bool { return matches(p, n) }) {
			list = append(list, n)
		}
	}
	return list
}

// some lists the first of many names.
func some(names []string, most int) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// bytesText is a size for people.
func bytesText(n int64) string {
	switch x := float64(n); {
	case x >= 1e9:
		return fmt.Sprintf("%.1f GB", x/1e9)
	case x >= 1e6:
		return fmt.Sprintf("%.0f MB", x/1e6)
	}
	return fmt.Sprintf("%d bytes", n)
}
