// Package python says whether a text is Python: it splits it into tokens, indentation and all, and reads the statements of
// Python 3.12's grammar, with f-strings, type hints, match and async. What is a mistake only when the program is compiled or
// run (a return outside of a function, an unknown name) is none here. Where the grammar has rules that forbid rare things, it
// leans towards taking them.
//
//	if err := python.Check(source); err != nil {
//		fmt.Println(err) // line 3: expected ':'
//	}
package python

// Check returns a [*Error] where a source can't be parsed as a file of Python 3.12.
func Check(source string) error {
	tokens, err := lex(source)
	if err != nil {
		return err
	}
	p := parser{tokens: tokens}
	return p.file()
}
