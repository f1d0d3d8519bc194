package grammar

// step appends to next the frames in which a byte can be read after f.
func step(f *frame, b byte, next []*frame) []*frame {
	switch n := f.node; n.kind {
	case literal:
		next = spell(f, b, next)
		if n.words[f.at].end {
			next = step(f.up, b, next)
		}
		return next
	case number:
		if to, ok := digit(f, b); ok {
			next = keep(next, to)
		}
		if numbers[f.at].final {
			next = step(f.up, b, next)
		}
		return next
	case text:
		return write(f, b, next)
	case array:
		return list(f, b, next)
	case object:
		return fields(f, b, next)
	}
	if f.phase == after {
		return next
	}
	return begin(f, f.node.value, b, next)
}

// keep appends a frame that is not there yet.
func keep(next []*frame, f *frame) []*frame {
	if len(next) == maxStacks {
		return next
	}
	for _, g := range next {
		if same(f, g) {
			return next
		}
	}
	return append(next, f)
}

func same(f, g *frame) bool {
	for f != g {
		if f == nil || g == nil {
			return false
		}
		a, b := *f, *g
		a.up, b.up = nil, nil
		if a != b {
			return false
		}
		f, g = f.up, g.up
	}
	return true
}

// with is f in another phase, with nothing read of it.
func (f *frame) with(p phase) *frame {
	t := *f
	t.phase, t.gap, t.at = p, 0, 0
	return &t
}

// space reads white space: one space, or a new line and an indent.
func space(f *frame, b byte) (*frame, bool) {
	const one, line = 1, 2
	t := *f
	switch {
	case f.gap == 0 && b == ' ':
		t.gap = one
	case f.gap == 0 && b == '\n':
		t.gap = line
	case f.gap >= line && f.gap < line+maxIndent && b == ' ':
		t.gap++
	default:
		return nil, false
	}
	return &t, true
}

// begin reads the first byte of a value in f, or white space before it.
func begin(f *frame, c choice, b byte, next []*frame) []*frame {
	if t, ok := space(f, b); ok {
		return keep(next, t)
	}
	then := f.with(after)
	if f.node.kind != root {
		then.n++
	}
	for _, n := range c {
		if n.least[f.below] >= far {
			continue
		}
		t := &frame{up: then, node: n, below: f.below - 1}
		switch {
		case n.kind == literal:
			next = spell(t, b, next)
		case n.kind == number:
			if t, ok := digit(t, b); ok {
				next = keep(next, t)
			}
		case n.kind == text && b == '"', n.kind == object && b == '{', n.kind == array && b == '[':
			next = keep(next, t)
		}
	}
	return next
}

// spell reads a byte of one of some words.
func spell(f *frame, b byte, next []*frame) []*frame {
	to := f.node.words[f.at].next(b)
	switch {
	case to < 0:
		return next
	case len(f.node.words[to].bytes) == 0:
		return keep(next, f.up)
	}
	t := *f
	t.at = to
	return keep(next, &t)
}

func list(f *frame, b byte, next []*frame) []*frame {
	n := f.node
	if f.phase != comma {
		if b == ']' && int(f.n) >= n.min {
			return keep(next, f.up)
		}
	}
	more := int(f.n) < n.max && n.value.least(f.below) < far
	switch {
	case f.phase == after:
		if t, ok := space(f, b); ok && int(f.n) >= n.min { // before the end, not before a comma
			return keep(next, t)
		}
		if b == ',' && more && f.gap == 0 {
			return keep(next, f.with(comma))
		}
		return next
	case !more: // an array that stays empty
		if t, ok := space(f, b); ok {
			return keep(next, t)
		}
		return next
	}
	return begin(f, n.value, b, next)
}

func fields(f *frame, b byte, next []*frame) []*frame {
	n := f.node
	switch f.phase {
	case inKey:
		p := &n.properties[f.n]
		if p.key[f.at] != b {
			return next
		}
		t := *f
		if t.at++; int(t.at) == len(p.key) {
			return keep(next, f.with(colon))
		}
		return keep(next, &t)
	case colon:
		if b == ':' {
			return keep(next, f.with(value))
		}
		return next
	case value:
		return begin(f, n.properties[f.n].value, b, next)
	}
	if t, ok := space(f, b); ok && (f.phase != after || int(f.n) >= n.required) {
		return keep(next, t)
	}
	switch {
	case b == '}' && f.phase != comma && int(f.n) >= n.required:
		return keep(next, f.up)
	case b == ',' && f.phase == after && f.gap == 0 && n.another(f):
		return keep(next, f.with(comma))
	case b == '"' && f.phase != after:
		for i := int(f.n); i < len(n.properties); i++ {
			p := &n.properties[i]
			if p.value.least(f.below) < far {
				t := f.with(inKey)
				t.n, t.at = int32(i), 1
				next = keep(next, t)
			}
			if p.required {
				break
			}
		}
	}
	return next
}

// another says whether a property can follow those that f has.
func (n *node) another(f *frame) bool {
	for _, p := range n.properties[f.n:] {
		if p.value.least(f.below) < far {
			return true
		}
		if p.required {
			break
		}
	}
	return false
}
