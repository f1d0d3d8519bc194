package ollama

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Modelfile is what Ollama makes a model of: ollama create NAME -f Modelfile.
type Modelfile struct {
	From     string // a model's name, or the path of its file
	Adapter  string // the path of an adapter's file, or none
	Template string // or none, and Ollama guesses
	Stop     []string
	Sampling []Parameter // numbers such as temperature
	License  string
	Comments []string // lines at the top
}

// Parameter is a number that says how answers are drawn.
type Parameter struct {
	Name  string
	Value float64
}

// Write writes the file.
func (f Modelfile) Write(w io.Writer) error {
	var b strings.Builder
	for _, c := range f.Comments {
		for line := range strings.Lines(c) {
			b.WriteString("# " + strings.TrimRight(line, "\r\n") + "\n")
		}
	}
	fmt.Fprintf(&b, "FROM %s\n", f.From)
	if f.Adapter != "" {
		fmt.Fprintf(&b, "ADAPTER %s\n", f.Adapter)
	}
	for _, text := range []struct{ name, text string }{{"TEMPLATE", f.Template}, {"LICENSE", f.License}} {
		switch {
		case text.text == "":
		case strings.Contains(text.text, `"""`):
			return fmt.Errorf("%s: its text has three quotes in a row, which end it in a Modelfile", text.name)
		default:
			fmt.Fprintf(&b, "%s \"\"\"%s\"\"\"\n", text.name, text.text)
		}
	}
	for _, s := range f.Stop {
		if strings.ContainsAny(s, "\r\n") {
			return fmt.Errorf("a stop text %q of more than one line has no form in a Modelfile", s)
		}
		fmt.Fprintf(&b, "PARAMETER stop \"%s\"\n", s)
	}
	for _, p := range f.Sampling {
		fmt.Fprintf(&b, "PARAMETER %s %s\n", p.Name, strconv.FormatFloat(p.Value, 'f', -1, 64))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
