package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/infer"
)

// printLineage draws what an adapter or a model was made from, and that from what, as a tree.
func printLineage(w io.Writer, p paint, path, hash, method string, parents []adapter.Parent) {
	fmt.Fprintln(w, p.bold("lineage"))
	fmt.Fprintln(w, "  "+person(p, filepath.Base(path), hash, method))
	printParents(w, p, "  ", parents)
}

func printParents(w io.Writer, p paint, indent string, parents []adapter.Parent) {
	for i, x := range parents {
		branch, below := "├─ ", "│  "
		if i == len(parents)-1 {
			branch, below = "└─ ", "   "
		}
		times := ""
		if x.Weight != 1 {
			times = fmt.Sprintf("%.4g × ", x.Weight)
		}
		fmt.Fprintln(w, indent+branch+plain(x.Relation)+": "+times+person(p, x.Name, x.Hash, x.Method))
		printParents(w, p, indent+below, x.Parents)
	}
}

// person is one of the tree: name, hash, and how it was merged where it was.
func person(p paint, name, hash, method string) string {
	s := plain(name) + p.dim(fmt.Sprintf(" (hash %.12s)", plain(hash)))
	if method != "" {
		s += ", by " + plain(method)
	}
	return s
}

// printComparison is law 7's report: how far what was made is from the exact sum.
func printComparison(w io.Writer, p paint, c infer.Comparison) {
	t := table{heading: fmt.Sprintf("beside the exact sum, on %s with %s of %s", plain(c.Base), plural(c.Tokens, "token"), plural(c.Prompts, "answer"))}
	t.row("KL", fmt.Sprintf("%.3g nats a token, at most %.3g", c.KLMean, c.KLMax))
	t.row("likeliest token", percent(c.Agreement)+" the same")
	if c.TooLong > 0 {
		t.row("left out", plural(c.TooLong, "prompt")+" longer than the model's positions")
	}
	t.print(w, p)
}
