package gguf

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Kind is the type of a metadata value, by its number in the file.
type Kind uint32

// The kinds of values.
const (
	KindUint8 Kind = iota
	KindInt8
	KindUint16
	KindInt16
	KindUint32
	KindInt32
	KindFloat32
	KindBool
	KindString
	KindArray
	KindUint64
	KindInt64
	KindFloat64
)

// kinds says how every kind is named and how many bytes a value takes at least.
var kinds = [...]struct {
	name  string
	bytes int
}{
	KindUint8: {"uint8", 1}, KindInt8: {"int8", 1}, KindUint16: {"uint16", 2}, KindInt16: {"int16", 2},
	KindUint32: {"uint32", 4}, KindInt32: {"int32", 4}, KindFloat32: {"float32", 4}, KindBool: {"bool", 1},
	KindString: {"string", 8}, KindArray: {"array", 12}, KindUint64: {"uint64", 8}, KindInt64: {"int64", 8},
	KindFloat64: {"float64", 8},
}

func (k Kind) known() bool { return int64(k) < int64(len(kinds)) }

// String is the kind's name: uint32, string, array.
func (k Kind) String() string {
	if k.known() {
		return kinds[k].name
	}
	return fmt.Sprintf("kind %d", uint32(k))
}

// Value is a metadata value: a number, a bool, a string, or an array of one kind of these or of arrays. Make one
// with [Of] or [ArrayOf]; take it apart with [As]. The zero Value is none and cannot be written.
type Value struct {
	v any // a Scalar, a []Scalar, or nested
}

// nested is an array of arrays.
type nested []Value

// Scalar is the Go types of values that are no arrays.
type Scalar interface {
	uint8 | int8 | uint16 | int16 | uint32 | int32 | uint64 | int64 | float32 | float64 | bool | string
}

// Of is the value v, of the kind that bears its Go type's name.
func Of[T Scalar](v T) Value { return Value{v} }

// ArrayOf is the array of the values v, which it keeps.
func ArrayOf[T Scalar](v []T) Value { return Value{v} }

// Any is the value in the Go type of its kind: uint32, string, []string, []float32, ..., or []Value for an array
// of arrays. Arrays are the file's own: do not change them.
func (v Value) Any() any {
	if n, ok := v.v.(nested); ok {
		return []Value(n)
	}
	return v.v
}

// Kind is the value's kind, KindArray for all arrays.
func (v Value) Kind() Kind {
	if kind, ok := scalarKind(v.v); ok {
		return kind
	}
	return KindArray
}

// Elem is the kind of an array's elements, and the value's own kind where it is no array.
func (v Value) Elem() Kind {
	kind, _, _ := v.array()
	return kind
}

// Len is the number of an array's elements, 1 for other values.
func (v Value) Len() int {
	_, n, _ := v.array()
	return n
}

func scalarKind(v any) (Kind, bool) {
	switch v.(type) {
	case uint8:
		return KindUint8, true
	case int8:
		return KindInt8, true
	case uint16:
		return KindUint16, true
	case int16:
		return KindInt16, true
	case uint32:
		return KindUint32, true
	case int32:
		return KindInt32, true
	case uint64:
		return KindUint64, true
	case int64:
		return KindInt64, true
	case float32:
		return KindFloat32, true
	case float64:
		return KindFloat64, true
	case bool:
		return KindBool, true
	case string:
		return KindString, true
	}
	return 0, false
}

// array is the elements' kind and count, and whether v is an array at all.
func (v Value) array() (Kind, int, bool) {
	switch a := v.v.(type) {
	case []uint8:
		return KindUint8, len(a), true
	case []int8:
		return KindInt8, len(a), true
	case []uint16:
		return KindUint16, len(a), true
	case []int16:
		return KindInt16, len(a), true
	case []uint32:
		return KindUint32, len(a), true
	case []int32:
		return KindInt32, len(a), true
	case []uint64:
		return KindUint64, len(a), true
	case []int64:
		return KindInt64, len(a), true
	case []float32:
		return KindFloat32, len(a), true
	case []float64:
		return KindFloat64, len(a), true
	case []bool:
		return KindBool, len(a), true
	case []string:
		return KindString, len(a), true
	case nested:
		return KindArray, len(a), true
	}
	kind, _ := scalarKind(v.v)
	return kind, 1, false
}

// String shows the value to people; an array by its first elements.
func (v Value) String() string {
	kind, n, isArray := v.array()
	if !isArray {
		if s, ok := v.v.(string); ok {
			return fmt.Sprintf("%q", s)
		}
		return fmt.Sprint(v.v)
	}
	const shown = 4
	var s string
	switch a := v.v.(type) {
	case []string:
		s = fmt.Sprintf("%q", a[:min(n, shown)])
	case nested:
		s = fmt.Sprint([]Value(a[:min(n, shown)]))
	default:
		s = fmt.Sprint(firsts(a, shown))
	}
	if n > shown {
		s = strings.TrimSuffix(s, "]") + " …]"
	}
	return fmt.Sprintf("%d %s %s", n, kind, s)
}

// firsts is the first n elements of an array of numbers or bools.
func firsts(array any, n int) []any {
	var out []any
	eachNumber(array, func(i int, x any) bool {
		if i < n {
			out = append(out, x)
		}
		return i+1 < n
	})
	return out
}

// eachNumber calls use for the elements of an array of numbers or bools until it returns false.
func eachNumber(array any, use func(i int, x any) bool) {
	switch a := array.(type) {
	case []uint8:
		each(a, use)
	case []int8:
		each(a, use)
	case []uint16:
		each(a, use)
	case []int16:
		each(a, use)
	case []uint32:
		each(a, use)
	case []int32:
		each(a, use)
	case []uint64:
		each(a, use)
	case []int64:
		each(a, use)
	case []float32:
		each(a, use)
	case []float64:
		each(a, use)
	case []bool:
		each(a, use)
	}
}

func each[T any](a []T, use func(i int, x any) bool) {
	for i, x := range a {
		if !use(i, x) {
			return
		}
	}
}

// Readable is the Go types that values are read as.
type Readable interface {
	uint64 | int64 | float64 | bool | string | []uint64 | []int64 | []float64 | []string
}

// As reads a value. Integers of any width are read as uint64 or int64 where they fit, and all numbers as float64;
// arrays likewise. A []string is the file's own: do not change it. The error says what the value is instead.
func As[T Readable](v Value) (T, error) {
	var out T
	var err error
	switch p := any(&out).(type) {
	case *uint64:
		*p, err = toUint(v.v)
	case *int64:
		*p, err = toInt(v.v)
	case *float64:
		*p, err = toFloat(v.v)
	case *bool:
		b, ok := v.v.(bool)
		if *p = b; !ok {
			err = errors.New("a bool")
		}
	case *string:
		s, ok := v.v.(string)
		if *p = s; !ok {
			err = errors.New("a string")
		}
	case *[]string:
		_, n, isArray := v.array()
		a, ok := v.v.([]string)
		if *p = a; !ok && !(isArray && n == 0) {
			err = errors.New("an array of strings")
		}
	case *[]uint64:
		*p, err = convert(v, "an array of non-negative integers", toUint)
	case *[]int64:
		*p, err = convert(v, "an array of integers", toInt)
	case *[]float64:
		*p, err = convert(v, "an array of numbers", toFloat)
	}
	if err != nil {
		var zero T
		return zero, fmt.Errorf("must be %w, not %s", err, v.describe())
	}
	return out, nil
}

// describe says what the value is, shortly: "int32 -1", "an array of 3 string".
func (v Value) describe() string {
	kind, n, isArray := v.array()
	switch s, isString := v.v.(string); {
	case v.v == nil:
		return "nothing"
	case isArray:
		return fmt.Sprintf("an array of %d %s", n, kind)
	case isString && len(s) > 40:
		return fmt.Sprintf("string %q…", s[:40])
	}
	return fmt.Sprintf("%s %s", kind, v)
}

// convert reads every element of an array of numbers.
func convert[T any](v Value, want string, one func(any) (T, error)) ([]T, error) {
	_, n, isArray := v.array()
	if !isArray {
		return nil, errors.New(want)
	}
	out := make([]T, 0, n)
	eachNumber(v.v, func(_ int, x any) bool {
		y, err := one(x)
		if err != nil {
			return false
		}
		out = append(out, y)
		return true
	})
	if len(out) < n {
		return nil, errors.New(want)
	}
	return out, nil
}

func toInt(v any) (int64, error) {
	switch x := v.(type) {
	case uint8:
		return int64(x), nil
	case int8:
		return int64(x), nil
	case uint16:
		return int64(x), nil
	case int16:
		return int64(x), nil
	case uint32:
		return int64(x), nil
	case int32:
		return int64(x), nil
	case int64:
		return x, nil
	case uint64:
		if x <= math.MaxInt64 {
			return int64(x), nil
		}
	}
	return 0, errors.New("an integer")
}

func toUint(v any) (uint64, error) {
	if x, ok := v.(uint64); ok {
		return x, nil
	}
	if x, err := toInt(v); err == nil && x >= 0 {
		return uint64(x), nil
	}
	return 0, errors.New("a non-negative integer")
}

func toFloat(v any) (float64, error) {
	switch x := v.(type) {
	case float32:
		return float64(x), nil
	case float64:
		return x, nil
	case uint64:
		return float64(x), nil
	}
	if x, err := toInt(v); err == nil {
		return float64(x), nil
	}
	return 0, errors.New("a number")
}
