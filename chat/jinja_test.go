package chat

import (
	"encoding/json"
	"testing"
	"time"
)

// The built-in templates in the language of models' own write what the built-in ones write.
func TestBuiltInTemplatesAreTheSameInJinja(t *testing.T) {
	n := 0
	for _, name := range Names() {
		tmpl, err := Named(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, conv := range probes() {
			var messages []map[string]string
			separate := false
			for _, m := range conv {
				separate = separate || m.Input != ""
				messages = append(messages, map[string]string{"role": string(m.Role), "content": m.Content})
			}
			if separate {
				continue
			}
			object, err := json.Marshal(map[string]any{"messages": messages, "add_generation_prompt": conv[len(conv)-1].Role == User})
			if err != nil {
				t.Fatal(err)
			}
			for _, begin := range []bool{false, true} {
				want, err := tmpl.Text(conv)
				if err != nil {
					t.Fatal(err)
				}
				if begin {
					want = "<bos>" + want
				}
				got, err := Write(t.Context(), tmpl.Jinja(begin), object, map[string]string{"bos_token": "<bos>", "eos_token": "<eos>"}, time.Time{})
				if err != nil || got.Text != want {
					t.Errorf("%s: %s is written\n%q, want\n%q (%v)", name, object, got.Text, want, err)
				}
				n++
			}
		}
	}
	if n < 100 {
		t.Errorf("%d conversations", n)
	}
}
