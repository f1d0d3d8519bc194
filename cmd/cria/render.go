package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/model"
)

func newRenderCommand(a *app) *cobra.Command {
	var template, messages string
	var asJSON bool
	c := &cobra.Command{
		Use:   "render --template FILE|MODEL --messages FILE.json",
		Short: "Write a conversation down in a model's chat template",
		Long: `render writes a conversation down as the template of a model does, which is what the model would see.

The template is a Jinja file, a tokenizer_config.json, or that of a MODEL. FILE.json is an object with "messages" and,
where they matter, "tools", "add_generation_prompt", "bos_token", "eos_token", any other variable of the template, and
"now": the time, as 2026-11-23 or 2026-11-23T05:06:07, for a template that asks for it (default the clock's).
bos_token and eos_token are the model's own where FILE.json has none.

The text is printed as it is. With --json it comes with the spans that a model would be trained on, in characters from
its beginning: what {% generation %} marks, or, where the template marks nothing, what each answer adds to the
conversation before it. spans is null where a template writes a conversation's beginning anew once it goes on.`,
		Example: `  cria render --template smollm2-135m --messages talk.json
  cria render --template chat_template.jinja --messages talk.json --json`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			for flag, v := range map[string]string{"template": template, "messages": messages} {
				if v == "" {
					return usagef(c, "--%s is missing", flag)
				}
			}
			r, err := renderFile(c.Context(), template, messages)
			if err != nil {
				return err
			}
			if !asJSON {
				_, err := fmt.Fprint(a.stdout, r.Text)
				return err
			}
			return printJSON(a.stdout, struct {
				Text  string   `json:"text"`
				Spans [][2]int `json:"spans"`
			}{r.Text, r.Spans})
		},
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&template, "template", "", "`FILE|MODEL` whose template it is")
	c.Flags().StringVar(&messages, "messages", "", "`FILE` of JSON with the conversation")
	c.Flags().BoolVar(&asJSON, "json", false, `print one line of JSON, {"text":…,"spans":[[start,end],…]}`)
	return c
}

// renderFile renders the conversation of a file in the template of another, or of a model.
func renderFile(ctx context.Context, template, messages string) (chat.Written, error) {
	raw, err := os.ReadFile(messages)
	if err != nil {
		return chat.Written{}, err
	}
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s: "+format, append([]any{messages}, args...)...)
	}
	var head struct {
		Tools json.RawMessage
		Now   *string
		BOS   *json.RawMessage `json:"bos_token"`
		EOS   *json.RawMessage `json:"eos_token"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return chat.Written{}, bad("not an object with messages: %w", err)
	}
	now := time.Now()
	if head.Now != nil {
		if now, err = parseNow(*head.Now); err != nil {
			return chat.Written{}, bad("now: %w", err)
		}
	}
	path, err := placed(template)
	if err != nil {
		return chat.Written{}, err
	}
	source, err := model.ReadChatTemplate(path, len(head.Tools) > 0 && string(head.Tools) != "null")
	if err != nil {
		return chat.Written{}, err
	}
	special := map[string]string{}
	if head.BOS == nil || head.EOS == nil {
		special = specialTokens(path)
	}
	r, err := chat.Write(ctx, source, raw, special, now)
	if err != nil {
		return chat.Written{}, fmt.Errorf("render %s with the template of %s: %w", messages, template, err)
	}
	return r, nil
}

// specialTokens are a model's tokens at the ends of a text, by the names that templates have for them; none where the
// template's file has no tokenizer.
func specialTokens(path string) map[string]string {
	out := map[string]string{}
	tok, err := model.OpenTokenizer(strings.TrimSuffix(path, "tokenizer_config.json"))
	if err != nil {
		return out
	}
	if id, ok := tok.BOS(); ok {
		out["bos_token"] = tok.Token(id)
	}
	if id, ok := tok.EOS(); ok {
		out["eos_token"] = tok.Token(id)
	}
	return out
}

func parseNow(s string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05", time.DateTime, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("a date is wanted, such as 2026-11-23 or 2026-11-23T05:06:07, found " + fmt.Sprintf("%q", s))
}
