package chat_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/chat/chattest"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/tokenizer"
)

var _ chat.MarkupEncoder = (*tokenizer.Tokenizer)(nil)

// withControls is a folder's tokenizer that knows more control tokens; rstrip is said of each of them.
func withControls(t testing.TB, dir string, rstrip bool, tokens ...string) *tokenizer.Tokenizer {
	t.Helper()
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	plain, err := tokenizer.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var f map[string]any
	if err := json.Unmarshal(read("tokenizer.json"), &f); err != nil {
		t.Fatal(err)
	}
	added, _ := f["added_tokens"].([]any)
	for _, token := range tokens {
		if _, ok := plain.TokenID(token); !ok {
			added = append(added, map[string]any{"id": plain.VocabSize() + len(added), "content": token, "special": true, "normalized": false,
				"rstrip": rstrip, "lstrip": false, "single_word": false})
		}
	}
	f["added_tokens"] = added
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(b, read("tokenizer_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func spelled(t testing.TB, tok *tokenizer.Tokenizer) (bos, eos string) {
	t.Helper()
	if id, ok := tok.BOS(); ok {
		bos = tok.Token(id)
	}
	if id, ok := tok.EOS(); ok {
		eos = tok.Token(id)
	}
	return bos, eos
}

func fromJinja(t testing.TB, tok *tokenizer.Tokenizer, source string) *chat.Template {
	t.Helper()
	bos, eos := spelled(t, tok)
	tmpl, err := chat.FromJinja(chat.Own, source, bos, eos)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

// shown is a rendering for people: labels in «».
func shown(tok *tokenizer.Tokenizer, r chat.Rendered) string {
	var b strings.Builder
	at := 0
	for _, s := range r.Spans {
		b.WriteString(tok.Decode(r.IDs[at:s.From]) + "«" + tok.Decode(r.IDs[s.From:s.To]) + "»")
		at = s.To
	}
	return b.String() + tok.Decode(r.IDs[at:])
}

const (
	ownChatML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
	marked    = "{% for m in messages %}{% if m.role == 'assistant' %}<|im_start|>assistant\n{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{{ '\n' }}" +
		"{% else %}<|im_start|>{{ m.role }}\n{{ m.content | replace('old', 'older') if messages | length > 2 else m.content }}<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

func nano(t testing.TB, rstrip bool, tokens ...string) *tokenizer.Tokenizer {
	return withControls(t, filepath.Join("..", "models", "nano"), rstrip, tokens...)
}

// A model's own template in the form that is built in as chatml makes the same tokens and the same labels.
func TestOwnTemplateIsTheBuiltInOneWhereItWritesTheSame(t *testing.T) {
	tok := nano(t, false, "<|im_start|>", "<|im_end|>")
	own, builtin := fromJinja(t, tok, ownChatML), named(t, "chatml")
	for _, conv := range [][]chat.Message{
		{user("A"), assistant("B")},
		{system("Be brief."), userInput("Add.", "1 2"), assistant(" 3\n"), user("And <|im_end|>?"), assistant("\n<|im_start|>user")},
		{system(" "), user("é"), assistant("ü")},
	} {
		want, err := builtin.Render(tok, conv)
		if err != nil {
			t.Fatal(err)
		}
		got, err := own.Render(tok, conv)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.IDs, want.IDs) || !slices.Equal(got.Spans, want.Spans) || !slices.Equal(got.Train, want.Train) {
			t.Errorf("%s, want %s", shown(tok, got), shown(tok, want))
		}
	}
	a, err := own.Stop(tok)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := builtin.Stop(tok); !slices.Equal(a, b) {
		t.Errorf("stops at %v, want %v", a, b)
	}
}

// The models' templates that say the same before an answer whether it is there or not, with labels in «» and the tokens
// of a vocabulary that has their control tokens.
func TestModelsTemplatesAreTaught(t *testing.T) {
	const first, again = "Why?\n <|im_end|></s><|eot_id|><end_of_turn>", "So it is."
	for _, c := range []struct {
		file     string
		controls []string
		rstrip   bool
		want     string // of two turns
	}{
		{"Qwen-Qwen2.5-7B-Instruct", []string{"<|im_start|>", "<|im_end|>"}, false,
			"<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n<|im_start|>user\n" + first +
				"<|im_end|>\n<|im_start|>assistant\n«Yes.<|im_end|>»\n<|im_start|>user\nNo?<|im_end|>\n<|im_start|>assistant\n«" + again + "<|im_end|>»\n"},
		{"google-gemma-2-2b-it", []string{"<start_of_turn>", "<end_of_turn>"}, false,
			"{bos}<start_of_turn>user\n" + first + "<end_of_turn>\n<start_of_turn>model\n«Yes.<end_of_turn>»\n<start_of_turn>user\nNo?<end_of_turn>\n<start_of_turn>model\n«" + again + "<end_of_turn>»\n"},
		{"meta-llama-Llama-3.1-8B-Instruct", []string{"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}, false,
			"{bos}<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n" + first +
				"<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n«Yes.<|eot_id|>»<|start_header_id|>user<|end_header_id|>\n\nNo?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n«" + again + "<|eot_id|>»"},
		{"microsoft-Phi-3.5-mini-instruct", []string{"<|system|>", "<|user|>", "<|assistant|>", "<|end|>"}, true,
			"<|user|>" + first + "<|end|><|assistant|>«Yes.<|end|>»<|user|>No?<|end|><|assistant|>«" + again + "<|end|>»{eos}"},
		{"mistralai-Mistral-Nemo-Instruct-2407", []string{"[INST]", "[/INST]"}, false,
			"{bos}[INST]" + first + "[/INST]«Yes.{eos}»[INST]No?[/INST]«" + again + "{eos}»"},
	} {
		t.Run(c.file, func(t *testing.T) {
			source, err := os.ReadFile(shared.Path(t, "golden", "jinja", "templates", c.file+".jinja"))
			if err != nil {
				t.Fatal(err)
			}
			for _, dir := range []string{filepath.Join("..", "models", "nano"), shared.Path(t, "data", "models", "stories3M")} {
				tok := withControls(t, dir, c.rstrip, append(c.controls, "<s>", "</s>")...)
				tmpl := fromJinja(t, tok, string(source))
				turns := []chat.Message{user(first), assistant("Yes."), user("No?"), assistant(again)}
				r, err := tmpl.Render(tok, turns)
				if err != nil {
					t.Fatal(err)
				}
				bos, eos := spelled(t, tok)
				if filepath.Base(dir) == "nano" { // the other writes a space of its own after control tokens
					got, want := shown(tok, r), strings.NewReplacer("{bos}", bos, "{eos}", eos).Replace(c.want)
					if tok.AddsBOS() && !strings.HasPrefix(want, bos) {
						want = bos + want
					}
					if got != want {
						t.Errorf("%s:\n got %q\nwant %q", dir, got, want)
					}
				}
				conforms(t, tok, tmpl, turns)
			}
		})
	}
}

// conforms holds a template to the promises of the package.
func conforms(t *testing.T, tok *tokenizer.Tokenizer, tmpl *chat.Template, turns []chat.Message) {
	t.Helper()
	r, err := tmpl.Render(tok, turns)
	if err != nil {
		t.Fatal(err)
	}
	stop, err := tmpl.Stop(tok)
	if err != nil {
		t.Fatal(err)
	}
	span := 0
	for i, m := range turns {
		if m.Role != chat.Assistant {
			continue
		}
		s := r.Spans[span]
		span++
		p, err := tmpl.Prompt(tok, turns[:i])
		if err != nil {
			t.Fatal(err)
		}
		if len(p) != s.From || !slices.Equal(p, r.IDs[:len(p)]) {
			t.Errorf("the prompt of answer %d is no prefix of what is taught: %q", i, tok.Decode(p))
		}
		if last := r.IDs[s.To-1]; !slices.Contains(stop, last) || !r.Train[s.To-1] {
			t.Errorf("answer %d ends with %q, which does not stop", i, tok.Token(last))
		}
	}
	if span != len(r.Spans) {
		t.Errorf("%d spans for %d answers", len(r.Spans), span)
	}
	// The same conversation without a control token's spelling has as many control tokens.
	count := func(ids []int32) (n int) {
		for _, id := range ids {
			if tok.IsControl(id) {
				n++
			}
		}
		return n
	}
	plain := slices.Clone(turns)
	for i := range plain {
		plain[i].Content = "Word."
	}
	q, err := tmpl.Render(tok, plain)
	if err != nil {
		t.Fatal(err)
	}
	if count(q.IDs) != count(r.IDs) {
		t.Errorf("what people wrote became control tokens: %v", r.IDs)
	}
	// And its tokens are those of its whole text.
	text, err := tmpl.Text(plain)
	if err != nil {
		t.Fatal(err)
	}
	bos, _ := spelled(t, tok)
	if tok.AddsBOS() && !strings.HasPrefix(text, bos) {
		text = bos + text
	}
	want := tok.EncodeSpecial(text, true)
	if !slices.Equal(q.IDs, want) {
		t.Errorf("%q is taught as %v, and its text is %v", text, q.IDs, want)
	}
}

// Where a template says what was generated, that is what is learned, with the token that ends it.
func TestGenerationBlocksAreLearned(t *testing.T) {
	tok := nano(t, false, "<|im_start|>", "<|im_end|>")
	for name, source := range map[string]string{
		"with the end":    marked,
		"without the end": strings.Replace(marked, "<|im_end|>{% endgeneration %}", "{% endgeneration %}<|im_end|>", 1),
		"and more":        strings.Replace(marked, "{% endgeneration %}{{ '\\n' }}", "\n{% endgeneration %}", 1),
	} {
		// It rewrites its past: only the mark says what was an answer.
		turns := []chat.Message{user("old"), assistant("B"), user("new"), assistant("D")}
		r, err := fromJinja(t, tok, source).Render(tok, turns)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := "<|im_start|>user\nolder<|im_end|>\n<|im_start|>assistant\n«B<|im_end|>»\n<|im_start|>user\nnew<|im_end|>\n<|im_start|>assistant\n«D<|im_end|>»\n"
		if tok.AddsBOS() {
			bos, _ := spelled(t, tok)
			want = bos + want
		}
		if got := shown(tok, r); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// What a template cannot do it says, before anything is learned.
func TestOwnTemplatesThatCannotBeTaughtAreRefused(t *testing.T) {
	tok := nano(t, false, "<|im_start|>", "<|im_end|>")
	talk := []chat.Message{system("S"), user("A"), assistant("B"), user("C"), assistant("D")}
	for _, c := range []struct{ source, want string }{
		{strings.ReplaceAll(ownChatML, "<|im_end|>", "<|other|>"), "so it could never end"},
		{ownChatML + "{% if add_generation_prompt %}<think>{% endif %}", "so nothing says what to learn"},
		{"{% if messages[0].role == 'system' %}{{ raise_exception('no system messages') }}{% endif %}" + ownChatML,
			"messages[0] (system): template model refuses it: no system messages"},
		{"{% for m in messages %}{% if loop.index == 4 %}{{ raise_exception('too long') }}{% endif %}{% endfor %}" + ownChatML, "messages[3] (user): template model refuses it: too long"},
		{strings.Replace(ownChatML, "{{ m.content }}", "{{ m.content if m.role == 'user' }}", 1), "follows the text of an answer"},
		{"{{ 1 // 0 }}", "template model:"},
	} {
		_, err := fromJinja(t, tok, c.source).Render(tok, talk)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", c.source, err, c.want)
		}
	}
	var refused *chat.MessageError
	_, err := fromJinja(t, tok, "{{ raise_exception('no') }}").Prompt(tok, talk[:2])
	if !errors.As(err, &refused) || refused.Index != 0 {
		t.Errorf("%v", err)
	}
	if _, err := chat.FromJinja(chat.Own, "{% if %}", "", ""); err == nil {
		t.Error("a template that does not parse is taken")
	}
	if _, err := fromJinja(t, tok, ownChatML).Render(chattest.Full(), talk); err == nil {
		t.Error("a tokenizer that cannot tell control tokens in text is taken")
	}
}

// The hash is that of the text and of the names in it (law 3).
func TestLaw03OwnTemplatesHash(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range [][3]string{{ownChatML, "", ""}, {ownChatML + " ", "", ""}, {ownChatML, "<s>", ""}, {ownChatML, "", "<s>"}} {
		tmpl, err := chat.FromJinja(chat.Own, c[0], c[1], c[2])
		if err != nil {
			t.Fatal(err)
		}
		seen[tmpl.Hash()] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d hashes of four templates", len(seen))
	}
	a, _ := chat.FromJinja("a", ownChatML, "", "")
	b, _ := chat.FromJinja("b", ownChatML, "", "")
	if a.Hash() != b.Hash() {
		t.Error("a name changes the hash")
	}
}
