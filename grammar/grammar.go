// Package grammar compiles a subset of JSON schema into an automaton over bytes, and that into the tokens a model may write
// next, so that what it writes is always a JSON value that fits the schema. It knows nothing of models.
//
//	g, err := grammar.Compile([]byte(`{"type":"object","properties":{"prime":{"type":"integer"}},"required":["prime"]}`))
//	masks := g.Masks(grammar.NewVocabulary(tokens))
//	for s := g.Start(); !s.Ended(); s = s.Next(tokens[id]) {
//		allowed, _ := masks.Allowed(s, left)
//		id = draw(allowed) // or the end of the answer, where s.Complete()
//	}
//
// It accepts fewer texts than fit the schema, and never one that does not: an object's properties come in the order of the
// schema and no others come, and where programs put white space stands nothing, one space, or a new line and an indent.
package grammar

// State is how far a text has come. States are values: a text can go on from one in many ways.
type State struct {
	stacks []*frame // the ways in which the text can be read
}

// Grammar is a compiled schema. It is immutable and safe for concurrent use.
type Grammar struct {
	root choice
}

// frame is a value that is being read, and up those that it is part of, as they go on once it has ended. Frames are never
// changed once they stand in a state.
type frame struct {
	up    *frame
	node  *node
	phase phase // of an object, an array and the root
	gap   uint8 // white space since the last byte that was none
	below int8  // levels of objects and arrays that there may be below this one
	at    int32 // in a key, a literal, a string's character or a number
	n     int32 // properties or items begun; characters or digits
}

type phase uint8

const (
	opened phase = iota // the first key or item, or the end
	inKey
	colon
	value // what follows the colon, or the root itself
	after // a comma or the end
	comma // a key or item
)

const (
	levels    = 32  // of objects and arrays in one another
	maxStacks = 256 // ways of reading that are kept: more of them are given up, and what is left still fits the schema
	maxIndent = 16  // spaces after a new line
)

// Start is the state before the first byte.
func (g *Grammar) Start() State {
	return State{[]*frame{{node: &node{kind: root, value: g.root}, phase: value, below: levels}}}
}

// Step is the state after one more byte.
func (s State) Step(b byte) State {
	var next []*frame
	for _, f := range s.stacks {
		next = step(f, b, next)
	}
	return State{next}
}

// Next is the state after some bytes.
func (s State) Next(text []byte) State {
	for _, b := range text {
		if s.Dead() {
			break
		}
		s = s.Step(b)
	}
	return s
}

// Dead says that no text that fits begins like this.
func (s State) Dead() bool { return len(s.stacks) == 0 }

// Complete says that the text fits as it stands.
func (s State) Complete() bool {
	for _, f := range s.stacks {
		if complete(f) {
			return true
		}
	}
	return false
}

// Ended says that it does, and that no byte may follow.
func (s State) Ended() bool {
	for _, f := range s.stacks {
		if f.node.kind != root || f.phase != after {
			return false
		}
	}
	return !s.Dead()
}

// Distance is the fewest bytes that make the text complete.
func (s State) Distance() int {
	least := far
	for _, f := range s.stacks {
		least = min(least, distance(f))
	}
	return least
}

func complete(f *frame) bool {
	switch f.node.kind {
	case root:
		return f.phase == after
	case literal:
		return f.node.words[f.at].end && complete(f.up)
	case number:
		return numbers[f.at].final && complete(f.up)
	}
	return false
}
