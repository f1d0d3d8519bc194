package grammar

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

const (
	maxNodes   = 4096    // kinds of values in a grammar
	maxCount   = 1 << 20 // what a length or a number of items may be bounded by
	maxVisited = 1 << 20 // drafts that are looked at for alternatives
	maxRange   = 1024    // integers between a minimum and a maximum, which are spelled out
)

// Compile makes a grammar of a JSON schema. It takes type (one or a list), properties, required, additionalProperties false
// or true, items, minItems, maxItems, minLength, maxLength, minimum with maximum of an integer, enum, const, anyOf, $ref to
// #, #/$defs and #/definitions; what only describes is ignored, and every other keyword is an error that names it. A
// schema that refers to itself is taken to 32 levels of objects and arrays.
func Compile(schema []byte) (*Grammar, error) {
	t, err := parse(schema)
	if err != nil {
		return nil, err
	}
	c := &compiler{whole: t, refs: map[string]*draft{}}
	d, err := c.schema("#", t)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	for _, d := range c.drafts {
		c.fill(d)
	}
	g := &Grammar{root: c.leaves(d)}
	if c.visited > maxVisited {
		return nil, fmt.Errorf("schema: too many alternatives within alternatives")
	}
	measure(c.nodes)
	if g.root.least(levels) >= far {
		return nil, fmt.Errorf("schema: no value fits that ends within %d levels of objects and arrays: what refers to itself must be optional somewhere", levels)
	}
	return g, nil
}

// draft is a schema that may refer to others that are not read yet: a node, or drafts of which one is to fit.
type draft struct {
	node   *node
	values []*draft // of the node's properties, in order, or its items
	any    []*draft
}

// leaves is the nodes of which one is to fit.
func (c *compiler) leaves(d *draft) choice {
	var list choice
	seen := map[*draft]bool{}
	var visit func(d *draft)
	visit = func(d *draft) {
		if c.visited++; seen[d] || c.visited > maxVisited {
			return
		}
		seen[d] = true
		if d.node != nil {
			list = append(list, d.node)
		}
		for _, one := range d.any {
			visit(one)
		}
	}
	visit(d)
	return list
}

// fill sets the values of the draft's node.
func (c *compiler) fill(d *draft) {
	for i, v := range d.values {
		if d.node.kind == array {
			d.node.value = c.leaves(v)
		} else {
			d.node.properties[i].value = c.leaves(v)
		}
	}
}

type compiler struct {
	whole  tree
	refs   map[string]*draft
	drafts []*draft
	nodes  []*node

	visited int // drafts, while their leaves were found
}

// add is a draft of a node.
func (c *compiler) add(at string, n *node) (*draft, error) {
	if len(c.nodes) == maxNodes {
		return nil, fmt.Errorf("%s: more than %d kinds of values", at, maxNodes)
	}
	n.id = len(c.nodes)
	c.nodes = append(c.nodes, n)
	d := &draft{node: n}
	c.drafts = append(c.drafts, d)
	return d, nil
}

// describing are keywords that say nothing of what fits.
var describing = map[string]bool{"$schema": true, "$id": true, "$comment": true, "$defs": true, "definitions": true,
	"title": true, "description": true, "default": true, "examples": true, "deprecated": true, "readOnly": true, "writeOnly": true}

// bounding are keywords that say something of values of one type, and which.
var bounding = map[string]string{"properties": "object", "required": "object", "additionalProperties": "object",
	"items": "array", "minItems": "array", "maxItems": "array", "minLength": "string", "maxLength": "string",
	"minimum": "integer", "maximum": "integer"}

// schema reads the schema at a place, which errors name.
func (c *compiler) schema(at string, t tree) (*draft, error) {
	if t.kind() != "object" {
		return nil, fmt.Errorf("%s is %s, want an object", at, t)
	}
	said := map[string]tree{}
	var bounds []string
	for _, f := range t.fields {
		switch {
		case describing[f.name]:
		case bounding[f.name] != "":
			bounds = append(bounds, f.name)
			said[f.name] = f.value
		case slices.Contains([]string{"type", "enum", "const", "anyOf", "$ref"}, f.name):
			said[f.name] = f.value
		default:
			return nil, fmt.Errorf("%s: the keyword %q is not supported (supported are type, enum, const, anyOf, $ref, %s)",
				at, f.name, strings.Join(slices.Sorted(maps.Keys(bounding)), ", "))
		}
	}
	for _, alone := range []string{"$ref", "anyOf", "const", "enum"} {
		v, ok := said[alone]
		if !ok {
			continue
		}
		for other := range said {
			if other != alone && (other != "type" || alone == "$ref" || alone == "anyOf") {
				return nil, fmt.Errorf("%s: %q beside %q is not supported: %q stands alone", at, other, alone, alone)
			}
		}
		switch alone {
		case "$ref":
			return c.ref(at, v)
		case "anyOf":
			return c.anyOf(at, v)
		case "const":
			return c.words(at, []tree{v}, said)
		}
		if v.kind() != "array" || len(v.items) == 0 {
			return nil, fmt.Errorf("%s: enum is %s, want a list of values", at, v)
		}
		return c.words(at, v.items, said)
	}
	types, err := typesOf(at, said)
	if err != nil {
		return nil, err
	}
	for _, b := range bounds {
		if !slices.Contains(types, bounding[b]) {
			return nil, fmt.Errorf("%s: %q is not supported for type %s", at, b, strings.Join(types, " or "))
		}
	}
	either := &draft{}
	for _, name := range types {
		d, err := c.typed(at, name, said)
		if err != nil {
			return nil, err
		}
		either.any = append(either.any, d)
	}
	return either, nil
}

// typesOf is the types that may come.
func typesOf(at string, said map[string]tree) ([]string, error) {
	v, ok := said["type"]
	list := []tree{v}
	switch {
	case !ok && len(said["properties"].fields) > 0:
		return []string{"object"}, nil
	case !ok:
		return nil, fmt.Errorf("%s: type is missing: want one of %s", at, typeNames)
	case v.kind() == "array":
		list = v.items
	}
	var types []string
	for _, one := range list {
		name, _ := one.is.(string)
		if !slices.Contains(strings.Split(typeNames, ", "), name) {
			return nil, fmt.Errorf("%s: type is %s, want one of %s", at, one, typeNames)
		}
		if !slices.Contains(types, name) {
			types = append(types, name)
		}
	}
	if len(types) == 0 {
		return nil, fmt.Errorf("%s: type is an empty list, want one of %s", at, typeNames)
	}
	return types, nil
}

const typeNames = "object, array, string, integer, number, boolean, null"

// typed is values of one type.
func (c *compiler) typed(at, name string, said map[string]tree) (*draft, error) {
	switch name {
	case "object":
		return c.object(at, said)
	case "array":
		return c.array(at, said)
	case "string":
		low, high, err := limits(at, said, "minLength", "maxLength")
		if err != nil {
			return nil, err
		}
		return c.add(at, &node{kind: text, min: low, max: high})
	case "integer":
		if _, ok := said["minimum"]; ok {
			return c.integers(at, said)
		}
		if _, ok := said["maximum"]; ok {
			return nil, fmt.Errorf("%s: maximum without minimum is not supported", at)
		}
	case "boolean":
		return c.add(at, &node{kind: literal, words: spelling([]string{"true", "false"})})
	case "null":
		return c.add(at, &node{kind: literal, words: spelling([]string{"null"})})
	}
	return c.add(at, &node{kind: number, integer: name == "integer"})
}

// words is given values. A type beside them must be theirs.
func (c *compiler) words(at string, values []tree, said map[string]tree) (*draft, error) {
	var types []string
	if _, ok := said["type"]; ok {
		var err error
		if types, err = typesOf(at, said); err != nil {
			return nil, err
		}
	}
	var list []string
	for _, v := range values {
		is := v.kind()
		if types != nil && !slices.Contains(types, is) && (is != "integer" || !slices.Contains(types, "number")) {
			return nil, fmt.Errorf("%s: the value %s is not of type %s", at, v, strings.Join(types, " or "))
		}
		list = append(list, v.String())
	}
	return c.add(at, &node{kind: literal, words: spelling(list)})
}

// integers is those between two bounds.
func (c *compiler) integers(at string, said map[string]tree) (*draft, error) {
	var bounds [2]int64
	for i, name := range []string{"minimum", "maximum"} {
		v, ok := said[name]
		if !ok {
			return nil, fmt.Errorf("%s: minimum without maximum is not supported", at)
		}
		n, _ := v.is.(json.Number)
		var err error
		if bounds[i], err = strconv.ParseInt(n.String(), 10, 64); err != nil {
			return nil, fmt.Errorf("%s: %s is %s, want an integer", at, name, v)
		}
	}
	low, high := bounds[0], bounds[1]
	if low > high || high-low < 0 || high-low >= maxRange {
		return nil, fmt.Errorf("%s: integers from %d to %d: want 1 to %d of them", at, low, high, maxRange)
	}
	var list []string
	for i := low; ; i++ {
		if list = append(list, strconv.FormatInt(i, 10)); i == high {
			break
		}
	}
	return c.add(at, &node{kind: literal, words: spelling(list)})
}

// limits is a lower and an upper bound of a count.
func limits(at string, said map[string]tree, low, high string) (int, int, error) {
	bounds := [2]int{0, math.MaxInt32}
	for i, name := range []string{low, high} {
		v, ok := said[name]
		if !ok {
			continue
		}
		n, _ := v.is.(json.Number)
		count, err := strconv.Atoi(n.String())
		if err != nil || count < 0 || count > maxCount {
			return 0, 0, fmt.Errorf("%s: %s is %s, want a whole number up to %d", at, name, v, maxCount)
		}
		bounds[i] = count
	}
	if bounds[0] > bounds[1] {
		return 0, 0, fmt.Errorf("%s: %s is %d and %s %d: nothing fits", at, low, bounds[0], high, bounds[1])
	}
	return bounds[0], bounds[1], nil
}

func (c *compiler) array(at string, said map[string]tree) (*draft, error) {
	low, high, err := limits(at, said, "minItems", "maxItems")
	if err != nil {
		return nil, err
	}
	items, ok := said["items"]
	if !ok {
		return nil, fmt.Errorf("%s: an array's items are missing: any value is not supported", at)
	}
	d, err := c.add(at, &node{kind: array, min: low, max: high})
	if err != nil {
		return nil, err
	}
	v, err := c.schema(at+"/items", items)
	d.values = []*draft{v}
	return d, err
}

func (c *compiler) object(at string, said map[string]tree) (*draft, error) {
	if v, ok := said["additionalProperties"]; ok && v.kind() != "boolean" {
		return nil, fmt.Errorf("%s: additionalProperties is %s, want false: only named properties are supported", at, v)
	}
	named := said["properties"]
	if _, ok := said["properties"]; ok && named.kind() != "object" {
		return nil, fmt.Errorf("%s: properties is %s, want an object", at, named)
	}
	n := &node{kind: object}
	for _, p := range named.fields {
		n.properties = append(n.properties, property{key: quoted(p.name)})
	}
	if v, ok := said["required"]; ok {
		if v.kind() != "array" {
			return nil, fmt.Errorf("%s: required is %s, want a list of names", at, v)
		}
		for _, name := range v.items {
			i := slices.IndexFunc(named.fields, func(p field) bool { return p.name == name.is })
			if i < 0 {
				return nil, fmt.Errorf("%s: %s is required and is not among the properties", at, name)
			}
			n.properties[i].required = true
			n.required = max(n.required, i+1)
		}
	}
	d, err := c.add(at, n)
	if err != nil {
		return nil, err
	}
	for _, p := range named.fields {
		v, err := c.schema(at+"/properties/"+p.name, p.value)
		if err != nil {
			return nil, err
		}
		d.values = append(d.values, v)
	}
	return d, nil
}

func (c *compiler) anyOf(at string, v tree) (*draft, error) {
	if v.kind() != "array" || len(v.items) == 0 {
		return nil, fmt.Errorf("%s: anyOf is %s, want a list of schemas", at, v)
	}
	d := &draft{}
	for i, one := range v.items {
		alternative, err := c.schema(fmt.Sprintf("%s/anyOf/%d", at, i), one)
		if err != nil {
			return nil, err
		}
		d.any = append(d.any, alternative)
	}
	return d, nil
}

// ref is a schema elsewhere in the text, which is read once.
func (c *compiler) ref(at string, v tree) (*draft, error) {
	name, _ := v.is.(string)
	if d, ok := c.refs[name]; ok {
		return d, nil
	}
	to, found := c.whole, name == "#"
	for _, under := range []string{"$defs", "definitions"} {
		if key, ok := strings.CutPrefix(name, "#/"+under+"/"); ok {
			defs, _ := c.whole.field(under)
			to, found = defs.field(strings.NewReplacer("~1", "/", "~0", "~").Replace(key))
		}
	}
	if !found {
		return nil, fmt.Errorf("%s: $ref is %s, want #, #/$defs/NAME or #/definitions/NAME that is there", at, v)
	}
	d := &draft{}
	c.refs[name] = d
	target, err := c.schema(name, to)
	d.any = []*draft{target}
	return d, err
}
