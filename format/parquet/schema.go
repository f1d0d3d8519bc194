package parquet

import (
	"errors"
	"fmt"
)

// The physical types.
const (
	typeBool = iota
	typeInt32
	typeInt64
	typeInt96
	typeFloat
	typeDouble
	typeBytes
	typeFixed
)

// The ways in which a field is repeated.
const (
	required = iota
	optional
	repeated
)

// What a field is taken for, besides its physical type.
const (
	asIs = iota
	asText
	asList
	asMap
	asDecimal
	asDate
	asTimestamp
	asUnsigned
	asUUID
)

// The bounds of a schema. Wide tables of measurements have a few thousand columns.
const (
	maxFields = 10_000
	maxDepth  = 32
)

// node is a field of the schema.
type node struct {
	name     string
	label    []byte // the name as JSON has it before a value
	physical int
	length   int // of a fixed-length value, in bytes
	repeat   int
	as       int
	scale    int // of a decimal; of a timestamp, how many digits a second has
	maxRep   int // repetition level of its own elements
	maxDef   int // definition level at which it is there
	children []*node
	leaves   []int // columns below it, itself where it is one
}

func (n *node) leaf() bool { return len(n.children) == 0 }

// element is a field as the file lists it: depth first.
type element struct {
	node
	group bool
	count int
}

// readElement reads a SchemaElement.
func (t *thrift) readElement() element {
	e := element{node: node{physical: -1, repeat: -1}}
	converted := int64(-1)
	t.fields(0, func(id int, kind byte) bool {
		switch {
		case id == 1 && kind == thriftI32:
			e.physical = int(t.int())
		case id == 2 && kind == thriftI32:
			e.length = int(t.int())
		case id == 3 && kind == thriftI32:
			e.repeat = int(t.int())
		case id == 4 && kind == thriftBinary:
			e.name = string(t.binary())
		case id == 5 && kind == thriftI32:
			e.count, e.group = int(t.int()), true
		case id == 6 && kind == thriftI32:
			converted = t.int()
		case id == 7 && kind == thriftI32:
			e.scale = int(t.int())
		case id == 10 && kind == thriftStruct:
			t.readLogical(&e)
		default:
			return false
		}
		return true
	})
	if e.as == asIs {
		e.as, e.scale = ofConverted(converted, e.scale)
	}
	return e
}

// ofConverted is what the older annotation says.
func ofConverted(converted int64, scale int) (as, _ int) {
	switch converted {
	case 0, 4, 19: // UTF8, ENUM, JSON
		return asText, 0
	case 1, 2: // MAP, MAP_KEY_VALUE
		return asMap, 0
	case 3:
		return asList, 0
	case 5:
		return asDecimal, scale
	case 6:
		return asDate, 0
	case 9:
		return asTimestamp, 3
	case 10:
		return asTimestamp, 6
	case 11, 12, 13, 14:
		return asUnsigned, 0
	}
	return asIs, 0
}

// readLogical reads a LogicalType, a union of which one field is set.
func (t *thrift) readLogical(e *element) {
	t.fields(1, func(id int, kind byte) bool {
		if kind != thriftStruct {
			return false
		}
		switch id {
		case 1, 4, 12: // STRING, ENUM, JSON
			e.as = asText
		case 2:
			e.as = asMap
		case 3:
			e.as = asList
		case 6:
			e.as = asDate
		case 14:
			e.as = asUUID
		case 5:
			e.as = asDecimal
			t.fields(2, func(id int, kind byte) bool {
				if id != 1 || kind != thriftI32 {
					return false
				}
				e.scale = int(t.int())
				return true
			})
			return true
		case 8:
			e.as = asTimestamp
			t.fields(2, func(id int, kind byte) bool {
				if id != 2 || kind != thriftStruct {
					return false
				}
				t.fields(3, func(id int, _ byte) bool {
					e.scale = 3 * id // milliseconds, microseconds, nanoseconds
					return false
				})
				return true
			})
			return true
		case 10:
			t.fields(2, func(id int, kind byte) bool {
				if id == 2 && kind == thriftFalse {
					e.as = asUnsigned
				}
				return id == 2
			})
			return true
		}
		return false
	})
}

// tree turns the list of fields into the root and its leaves.
func tree(list []element) (root *node, leaves []*node, err error) {
	if len(list) == 0 {
		return nil, nil, errors.New("it has no schema")
	}
	at := 0
	var take func(parent *node, depth int) (*node, error)
	take = func(parent *node, depth int) (*node, error) {
		if at == len(list) {
			return nil, errors.New("its schema lacks fields")
		}
		if depth > maxDepth {
			return nil, fmt.Errorf("its fields are nested deeper than %d", maxDepth)
		}
		e := list[at]
		at++
		n := &e.node
		n.label = append(appendText(nil, []byte(n.name)), ": "...)
		if parent != nil {
			n.maxRep, n.maxDef = parent.maxRep, parent.maxDef
			switch n.repeat {
			case required:
			case repeated:
				n.maxRep++
				n.maxDef++
			case optional:
				n.maxDef++
			default:
				return nil, fmt.Errorf("field %.80q is neither required nor optional nor repeated", n.name)
			}
		}
		if !e.group {
			if parent == nil {
				return nil, errors.New("its schema is no group of fields")
			}
			return n, n.checkLeaf()
		}
		if e.count <= 0 || e.count > len(list) {
			return nil, fmt.Errorf("group %.80q has %d fields", n.name, e.count)
		}
		for range e.count {
			c, err := take(n, depth+1)
			if err != nil {
				return nil, err
			}
			if c.leaf() {
				c.leaves = []int{len(leaves)}
				leaves = append(leaves, c)
			}
			n.children = append(n.children, c)
			n.leaves = append(n.leaves, c.leaves...)
		}
		return n, nil
	}
	if root, err = take(nil, 0); err == nil && at != len(list) {
		err = errors.New("its schema has fields beside the root")
	}
	return root, leaves, err
}

func (n *node) checkLeaf() error {
	switch {
	case n.physical < typeBool || n.physical > typeFixed:
		return fmt.Errorf("column %.80q has the unknown type %d", n.name, n.physical)
	case n.physical == typeFixed && (n.length <= 0 || n.length > 1<<20):
		return fmt.Errorf("column %.80q has values of %d bytes", n.name, n.length)
	case n.as == asDecimal && (n.scale < 0 || n.scale > 1000):
		return fmt.Errorf("column %.80q has decimals of scale %d", n.name, n.scale)
	case n.as == asTimestamp && n.scale != 3 && n.scale != 6 && n.scale != 9:
		return fmt.Errorf("column %.80q has timestamps of an unknown unit", n.name)
	}
	return nil
}

// elements is the field that a list's values are: the file has a repeated group between, which says nothing.
func (n *node) elements() (between, element *node) {
	if n.as != asList || len(n.children) != 1 || n.children[0].repeat != repeated {
		return nil, nil
	}
	r := n.children[0]
	if len(r.children) != 1 || r.name == "array" || r.name == n.name+"_tuple" {
		return r, r
	}
	return r, r.children[0]
}

// entries are the key and value of a map whose keys are texts.
func (n *node) entries() (between, key, value *node) {
	if n.as != asMap || len(n.children) != 1 || n.children[0].repeat != repeated || len(n.children[0].children) != 2 {
		return nil, nil, nil
	}
	r := n.children[0]
	k, v := r.children[0], r.children[1]
	if !k.leaf() || k.physical != typeBytes || k.repeat != required {
		return nil, nil, nil
	}
	return r, k, v
}
