package arena

import (
	"strings"

	"github.com/cria-llm/cria/openai"
)

// Made is the model that a judge is.
type Made struct {
	Name    string   `json:"name"`              // that it goes by
	Weights []string `json:"weights,omitempty"` // of one on this machine: the hashes of its base and of the adapters on top of it
}

// MadeOf says which model a judge is; ok is false for one that is none.
func MadeOf(j Judge) (m Made, ok bool, err error) {
	switch j := j.(type) {
	case *likelihood:
		m, err = made(j.a.Name(), j.a)
	case *modelJudge:
		m, err = made(j.m.Name(), inner(j.m))
	default:
		return m, false, nil
	}
	return m, err == nil, err
}

// inner is the model itself, without what stands before it.
func inner(m openai.Model) openai.Model {
	for {
		w, ok := m.(interface{ Unwrap() openai.Model })
		if !ok {
			return m
		}
		m = w.Unwrap()
	}
}

// made has weights where the model has, that is on this machine.
func made(name string, model any) (Made, error) {
	m := Made{Name: name}
	local, ok := model.(interface{ Hash() (string, error) })
	if !ok {
		return m, nil
	}
	hash, err := local.Hash()
	m.Weights = strings.Split(hash, "+")
	return m, err
}

// Blind says of a judge, by its name, whether it does not look at the answers, so that it agrees with nobody for a reason.
func Blind(judge string) bool {
	return judge == "first" || judge == "second" || strings.HasPrefix(judge, randomly)
}
