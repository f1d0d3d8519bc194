package hub

import (
	"fmt"
	"regexp"
	"strings"
)

// Kind is what a repository holds.
type Kind int

// The kinds.
const (
	Model Kind = iota
	Dataset
)

func (k Kind) String() string {
	if k == Dataset {
		return "dataset"
	}
	return "model"
}

// plural is the kind's name in addresses and in the cache.
func (k Kind) plural() string { return k.String() + "s" }

// DefaultRevision is what a reference without a revision means.
const DefaultRevision = "main"

// Ref names a repository on a hub, or a part of it: ID, ID@REVISION, ID:PART or ID@REVISION:PART.
type Ref struct {
	Kind     Kind
	ID       string // org/name, or name alone for the few that have no owner
	Revision string // branch, tag or commit; "" is main
	Part     string // of a model, which of its GGUF files: Q4_K_M. Of a dataset, SPLIT or CONFIG/SPLIT. "" where it has no parts
}

func (r Ref) String() string {
	s := r.ID
	if r.Revision != "" {
		s += "@" + r.Revision
	}
	if r.Part != "" {
		s += ":" + r.Part
	}
	return s
}

func (r Ref) revision() string {
	if r.Revision == "" {
		return DefaultRevision
	}
	return r.Revision
}

// pullCommand is what to type to get it.
func (r Ref) pullCommand() string {
	s := "cria pull "
	if r.Kind == Dataset {
		s += "--dataset "
	}
	return s + r.String()
}

// idForm is the hub's own rule, less length and doubled marks.
var idForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)?$`)

// revisionForm has what Git allows in the name of a branch and no more than that.
var revisionForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._/+-]*$`)

// partForm has what files, splits and configurations are called.
var partForm = regexp.MustCompile(`^[\pL\pN_][\pL\pN ._/+()-]*$`)

// ParseRef reads a reference. The address of a page on huggingface.co stands for the repository that it shows.
func ParseRef(kind Kind, text string) (Ref, error) {
	r := Ref{Kind: kind}
	rest := text
	for _, prefix := range []string{"https://huggingface.co/", "https://hf.co/", "huggingface.co/", "hf.co/"} {
		if after, ok := strings.CutPrefix(rest, prefix); ok {
			rest = strings.TrimSuffix(strings.TrimPrefix(after, "datasets/"), "/")
			break
		}
	}
	rest, r.Part, _ = strings.Cut(rest, ":")
	r.ID, r.Revision, _ = strings.Cut(rest, "@")
	bad := func(what string) (Ref, error) {
		return Ref{}, fmt.Errorf("%q is no %s on a hub: %s; want ORG/NAME, ORG/NAME@REVISION or ORG/NAME:PART", text, kind, what)
	}
	switch {
	case !idForm.MatchString(r.ID), strings.Contains(r.ID, "--"), strings.Contains(r.ID, ".."), len(r.ID) > 96:
		return bad(fmt.Sprintf("%q is not an id", r.ID))
	case strings.HasSuffix(rest, "@"):
		return bad("nothing follows the @")
	case r.Revision != "" && !validRevision(r.Revision):
		return bad(fmt.Sprintf("%q is not a revision", r.Revision))
	case strings.HasSuffix(text, ":"):
		return bad("nothing follows the :")
	case r.Part != "" && !partForm.MatchString(r.Part), strings.Contains(r.Part, ".."):
		return bad(fmt.Sprintf("%q is not a part", r.Part))
	}
	return r, nil
}

// At is the reference at another revision.
func (r Ref) At(revision string) (Ref, error) {
	if !validRevision(revision) {
		return r, fmt.Errorf("%q is not a revision: want a branch, a tag or a commit", revision)
	}
	r.Revision = revision
	return r, nil
}

// validRevision says whether it may be a file's name in the cache, too.
func validRevision(s string) bool {
	if !revisionForm.MatchString(s) || len(s) > 200 {
		return false
	}
	for _, part := range strings.Split(s, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.Contains(part, "..") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}

// LooksLikeID says whether a text that is no path may be meant as the id of a repository: ORG/NAME, with what may follow it. A
// name that ends as files do is none.
func LooksLikeID(text string) bool {
	switch extension(text) {
	case ".gguf", ".safetensors", ".bin", ".json", ".jsonl", ".ndjson", ".csv", ".parquet", ".txt", ".yaml", ".yml", ".model":
		return false
	}
	if strings.HasSuffix(text, ".gz") || strings.HasSuffix(text, ".zst") {
		return false
	}
	r, err := ParseRef(Model, text)
	return err == nil && strings.Count(r.ID, "/") == 1
}
