package jinja

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

type testFunc func(e *evaluator, v value, args arguments) (bool, error)

// testTable are the tests after "is". It is made by a function, for tests name each other.
var testTable map[string]testFunc

func init() {
	testTable = map[string]testFunc{
		"defined":     func(_ *evaluator, v value, _ arguments) (bool, error) { return !isUndefined(v), nil },
		"undefined":   func(_ *evaluator, v value, _ arguments) (bool, error) { return isUndefined(v), nil },
		"none":        func(_ *evaluator, v value, _ arguments) (bool, error) { return v == nil, nil },
		"true":        func(_ *evaluator, v value, _ arguments) (bool, error) { b, ok := v.(bool); return ok && b, nil },
		"false":       func(_ *evaluator, v value, _ arguments) (bool, error) { b, ok := v.(bool); return ok && !b, nil },
		"boolean":     func(_ *evaluator, v value, _ arguments) (bool, error) { _, ok := v.(bool); return ok, nil },
		"integer":     func(_ *evaluator, v value, _ arguments) (bool, error) { _, ok := v.(int64); return ok, nil },
		"float":       func(_ *evaluator, v value, _ arguments) (bool, error) { _, ok := v.(float64); return ok, nil },
		"number":      func(_ *evaluator, v value, _ arguments) (bool, error) { _, _, _, ok := number(v); return ok, nil },
		"string":      func(_ *evaluator, v value, _ arguments) (bool, error) { _, ok := v.(text); return ok, nil },
		"mapping":     func(_ *evaluator, v value, _ arguments) (bool, error) { d, ok := v.(*Dict); return ok && !d.space, nil },
		"iterable":    func(_ *evaluator, v value, _ arguments) (bool, error) { _, err := elements(v); return err == nil, nil },
		"sequence":    func(_ *evaluator, v value, _ arguments) (bool, error) { _, err := length(v); return err == nil, nil },
		"callable":    func(_ *evaluator, v value, _ arguments) (bool, error) { _, ok := v.(*callable); return ok, nil },
		"escaped":     func(_ *evaluator, v value, _ arguments) (bool, error) { t, ok := v.(text); return ok && t.html, nil },
		"filter":      func(_ *evaluator, v value, _ arguments) (bool, error) { return known(v, filterTable), nil },
		"test":        func(_ *evaluator, v value, _ arguments) (bool, error) { return known(v, testTable), nil },
		"even":        remainder(2, 0),
		"odd":         remainder(2, 1),
		"divisibleby": divisible,
		"sameas":      sameAs,
		"upper":       inCase(unicode.IsUpper, unicode.IsLower),
		"lower":       inCase(unicode.IsLower, unicode.IsUpper),
	}
	for op, names := range map[string]string{
		"==": "== eq equalto", "!=": "!= ne", "<": "< lt lessthan", "<=": "<= le", ">": "> gt greaterthan", ">=": ">= ge", "in": "in",
	} {
		for _, id := range strings.Fields(names) {
			testTable[id] = comparing(op)
		}
	}
}

func isUndefined(v value) bool {
	_, ok := v.(undefined)
	return ok
}

func known[T any](v value, in map[string]T) bool {
	t, ok := v.(text)
	if !ok {
		return false
	}
	_, ok = in[t.s]
	return ok
}

func comparing(op string) testFunc {
	return func(e *evaluator, v value, args arguments) (bool, error) {
		var other value
		if err := args.bind(op, 1, []string{"other"}, &other); err != nil {
			return false, err
		}
		return e.compare(op, v, other)
	}
}

func remainder(by, want int64) testFunc {
	return func(e *evaluator, v value, _ arguments) (bool, error) {
		m, err := e.arithmetic("%", v, by)
		if err != nil {
			return false, err
		}
		return e.equal(m, want, 0), nil
	}
}

func divisible(e *evaluator, v value, args arguments) (bool, error) {
	var by value
	if err := args.bind("divisibleby", 1, []string{"num"}, &by); err != nil {
		return false, err
	}
	m, err := e.arithmetic("%", v, by)
	if err != nil {
		return false, err
	}
	return e.equal(m, int64(0), 0), nil
}

// sameAs is Python's is, as far as values here have an identity: singletons and mutable things.
func sameAs(e *evaluator, v value, args arguments) (bool, error) {
	var other value
	if err := args.bind("sameas", 1, []string{"other"}, &other); err != nil {
		return false, err
	}
	if kindOf(v) != kindOf(other) {
		return false, nil
	}
	switch v := v.(type) {
	case *list:
		return other == value(v), nil
	case *Dict:
		return other == value(v), nil
	}
	return e.equal(v, other, 0), nil
}

func inCase(is, not func(rune) bool) testFunc {
	return func(e *evaluator, v value, _ arguments) (bool, error) {
		t, err := e.print(v)
		if err != nil {
			return false, err
		}
		yes, err := cased(is, not)(e, t, arguments{})
		return err == nil && yes.(bool), err
	}
}

// tester makes a test of the arguments of select and its kin: the test's name and its arguments, or truth without any.
func tester(args arguments) (func(e *evaluator, v value) (bool, error), error) {
	if len(args.at) == 0 {
		return func(_ *evaluator, v value) (bool, error) { return truth(v), nil }, nil
	}
	id, ok := args.at[0].(text)
	if !ok {
		return nil, errors.New("the test's name is no str")
	}
	if _, ok := testTable[id.s]; !ok {
		return nil, fmt.Errorf("test %q is not known", id.s)
	}
	rest := arguments{at: args.at[1:], names: args.names, named: args.named}
	return func(e *evaluator, v value) (bool, error) { return e.test(id.s, v, rest) }, nil
}
