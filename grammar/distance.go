package grammar

// far is the distance of what cannot be reached.
const far = 1 << 30

func plus(a, b int) int { return min(a+b, far) }

func times(n, a int) int {
	if n > 0 && a > far/n {
		return far
	}
	return n * a
}

// distance is the fewest bytes that end a frame and all above it.
func distance(f *frame) int {
	total := 0
	for ; f != nil; f = f.up {
		total = plus(total, f.rest())
	}
	return total
}

// rest is the fewest bytes that end a frame.
func (f *frame) rest() int {
	switch n := f.node; n.kind {
	case literal:
		return n.words[f.at].rest
	case number:
		if numbers[f.at].final {
			return 0
		}
		return 1
	case text:
		return unfinished[f.at] + max(0, n.min-int(f.n)) + 1
	case array:
		return n.items(f)
	case object:
		return n.fields(f)
	}
	if f.phase == after {
		return 0
	}
	return f.node.value.least(f.below)
}

// items is the rest of an array.
func (n *node) items(f *frame) int {
	missing, each := max(0, n.min-int(f.n)), n.value.least(f.below)
	switch {
	case f.phase == after:
		return plus(times(missing, plus(1, each)), 1)
	case f.phase == comma:
		missing = max(1, missing)
	case missing == 0:
		return 1
	}
	return times(missing, plus(1, each)) // an item and a comma, or the end after the last
}

// fields is the rest of an object.
func (n *node) fields(f *frame) int {
	at := int(f.n)
	least := func(i int) int { return n.properties[i].value.least(f.below) }
	switch f.phase {
	case inKey:
		return plus(len(n.properties[at].key)-int(f.at)+1, plus(least(at), n.missing(at+1, f.below)))
	case colon:
		return plus(1, plus(least(at), n.missing(at+1, f.below)))
	case value:
		return plus(least(at), n.missing(at+1, f.below))
	case after:
		return n.missing(at, f.below)
	}
	shortest := far
	if f.phase == opened && at >= n.required {
		return 1
	}
	for i := at; i < len(n.properties); i++ {
		p := &n.properties[i]
		shortest = min(shortest, plus(len(p.key)+1, plus(least(i), n.missing(i+1, f.below))))
		if p.required {
			break
		}
	}
	return shortest
}

// missing is the required properties from one on, a comma before each, and the end.
func (n *node) missing(from int, below int8) int {
	total := 1
	for _, p := range n.properties[from:] {
		if p.required {
			total = plus(total, plus(len(p.key)+2, p.value.least(below)))
		}
	}
	return total
}
