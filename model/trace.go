package model

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/cria-llm/cria/compute"
)

// layerName is what [Model.Trace] calls a layer.
func layerName(l int) string { return fmt.Sprintf("model.layers.%d", l) }

// Trace runs the batch without a cache and shows visit what every module computes, in the order of the forward pass: what is
// "output" or "input", and x its values, a row for each token, valid during the call. "model.layers.N" is the residual
// stream after a layer. "lm_head" comes last, as many rows at a time as the workspace has logits for.
func (m *Model) Trace(ws *Workspace, b Batch, visit func(module, what string, x compute.Buffer)) error {
	rows := make([]int32, len(b.IDs))
	for i := range rows {
		rows[i] = int32(i)
	}
	ws.probe = visit
	defer func() { ws.probe = nil }()
	return m.Logits(ws, b, rows, func(_ int, logits compute.Buffer) { visit("lm_head", "output", logits) })
}

// Difference is a field in which two configurations differ.
type Difference struct {
	Field string `json:"field"`
	A     string `json:"a"`
	B     string `json:"b"`
}

// Differences lists what differs between two configurations. What is said in different words and turns every position by
// the same angles is the same, and so are scales that differ by rounding, as a format may hold a reciprocal.
func (c Config) Differences(o Config) []Difference {
	if c.turnsAs(o) {
		o.RopeTheta, o.RopeScaling = c.RopeTheta, c.RopeScaling
	}
	var list []Difference
	x, y := reflect.ValueOf(c), reflect.ValueOf(o)
	for i := range x.NumField() {
		if x.Field(i).CanFloat() && near(x.Field(i).Float(), y.Field(i).Float()) {
			continue
		}
		if a, b := x.Field(i).Interface(), y.Field(i).Interface(); !reflect.DeepEqual(a, b) {
			list = append(list, Difference{snake(x.Type().Field(i).Name), said(a), said(b)})
		}
	}
	return list
}

// turnsAs says whether every position turns by the same angles, up to rounding.
func (c Config) turnsAs(o Config) bool {
	if c.Check() != nil || o.Check() != nil || !near(c.RopeScaling.AttnFactor, o.RopeScaling.AttnFactor) {
		return false
	}
	for _, long := range []bool{false, true} {
		if !slices.EqualFunc(c.frequencies(long), o.frequencies(long), near) {
			return false
		}
	}
	return true
}

func near(x, y float64) bool { return abs(x-y) <= 1e-6*abs(x) }

// said is a field's value as people read it: of a list its beginning, of several fields those that are set.
func said(v any) string {
	s := fmt.Sprintf("%v", v)
	if x := reflect.ValueOf(v); x.Kind() == reflect.Struct {
		var set []string
		for i := range x.NumField() {
			if f := x.Field(i); !f.IsZero() {
				set = append(set, snake(x.Type().Field(i).Name)+" "+said(f.Interface()))
			}
		}
		if s = strings.Join(set, ", "); s == "" {
			return "none"
		}
		return s
	}
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// snake is a field's name as configurations write it: NormEps is norm_eps, KVHeads kv_heads.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && !unicode.IsUpper(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func abs(x float64) float64 { return max(x, -x) }
