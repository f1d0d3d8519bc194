package jinja_test

import (
	"context"
	"fmt"

	"github.com/cria-llm/cria/format/jinja"
)

func Example() {
	tmpl, err := jinja.Parse("{% for m in messages %}<|{{ m.role }}|>{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}")
	if err != nil {
		fmt.Println(err)
		return
	}
	messages, err := jinja.FromJSON([]byte(`[{"role":"assistant","content":"Seven."}]`), true)
	if err != nil {
		fmt.Println(err)
		return
	}
	vars := jinja.NewDict()
	vars.Set("messages", messages)
	r, err := tmpl.Render(context.Background(), vars, jinja.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Text)
	g := r.Generation[0]
	fmt.Println(r.Text[g.From:g.To])
	// Output:
	// <|assistant|>Seven.
	// Seven.
}
