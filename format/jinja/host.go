package jinja

// What the host program does with values.

// Clone is a mapping of the same keys and values, that may be changed apart from d.
func (d *Dict) Clone() *Dict {
	c := NewDict()
	for i, k := range d.keys {
		h, _ := hashOf(k)
		c.put(h, k, d.vals[i])
	}
	return c
}

// Items are the elements of a list, each in a form that [Dict.Set] takes. Any other value is an error.
func Items(v any) ([]any, error) {
	l, ok := v.(*list)
	if !ok {
		return nil, errNoList{kindOf(v)}
	}
	out := make([]any, len(l.items))
	for i, x := range l.items {
		out[i] = x
	}
	return out, nil
}

type errNoList struct{ kind string }

func (e errNoList) Error() string { return "a " + e.kind + " where a list should be" }

// Text is a string that stands under a name in a mapping.
func Text(v any, name string) (string, bool) {
	d, ok := v.(*Dict)
	if !ok {
		return "", false
	}
	x, _ := d.get(str(name))
	t, ok := x.(text)
	return t.s, ok
}
