package adapter

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Relations of an adapter to its parents.
const (
	Stacked   = "stacked"    // it is their weighted sum, exactly
	Merged    = "merged"     // it was computed from them by Method
	TrainedOn = "trained on" // they lay frozen on the base while it was trained, and belong below it
)

// Parent is an adapter that another was made from or trained on. It carries its own parents, so that the whole tree can be
// drawn without the folders that it came from.
type Parent struct {
	Name     string   `json:"name"`
	Hash     string   `json:"hash"`     // of [Adapter.Hash]
	Weight   float64  `json:"weight"`   // what multiplied it
	Relation string   `json:"relation"` // Stacked, Merged or TrainedOn
	Method   string   `json:"method,omitempty"`
	Parents  []Parent `json:"parents,omitempty"`
}

// Parent is the adapter as a parent of another.
func (a *Adapter) Parent(name string, weight float64, relation string) (Parent, error) {
	hash, err := a.Hash()
	if err != nil {
		return Parent{}, fmt.Errorf("adapter %s: %w", name, err)
	}
	p := Parent{Name: name, Hash: hash, Weight: weight, Relation: relation}
	if a.Provenance != nil {
		p.Method, p.Parents = a.Provenance.Method, a.Provenance.Parents
	}
	return p, nil
}

// trainedOn lists the adapters that lay beneath this one while it was trained, the lowest first.
func (a *Adapter) trainedOn() []Parent {
	var list []Parent
	if a.Provenance != nil {
		for _, p := range a.Provenance.Parents {
			if p.Relation == TrainedOn {
				list = append(list, p)
			}
		}
	}
	return list
}

// CheckBelow is an error where the adapter was trained on top of others and these do not lie beneath it, in their order.
// Others may lie between them.
func (a *Adapter) CheckBelow(below []*Adapter) error {
	at := 0
	for _, p := range a.trainedOn() {
		for ; ; at++ {
			if at == len(below) {
				return fmt.Errorf("was trained on top of adapter %s (hash %s), which does not lie beneath it: name that before it, MODEL+%s+…", p.Name, short(p.Hash), p.Name)
			}
			hash, err := below[at].Hash()
			if err != nil {
				return err
			}
			if hash == p.Hash {
				break
			}
		}
		at++
	}
	return nil
}

// Hash is the SHA-256 in hex of the configuration and the weights as [Adapter.Save] writes them. What cria.json says does
// not count, nor does the precision of the file that the weights came in.
func (a *Adapter) Hash() (string, error) {
	config, tensors, err := a.encode()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s", len(config), config)
	for _, t := range tensors {
		fmt.Fprintf(h, "%s %v\n", t.Name, t.Shape)
		h.Write(t.Data)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
