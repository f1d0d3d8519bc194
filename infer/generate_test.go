package infer

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model"
)

func backend(t testing.TB) compute.Backend {
	t.Helper()
	be, err := cpu.New(cpu.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(be.Close)
	return be
}

func open(t testing.TB, spec string, o OpenOptions) *Assistant {
	t.Helper()
	a, err := Open(t.Context(), backend(t), spec, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func stories(t testing.TB) *Assistant {
	t.Helper()
	return open(t, shared.Path(t, "data", "models", "stories260K"), OpenOptions{})
}

func encode(t testing.TB, a *Assistant, text string) []int32 {
	t.Helper()
	ids, err := a.Encode(text)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func generate(t testing.TB, a *Assistant, prompt []int32, o Options) Result {
	t.Helper()
	res, err := a.Generate(t.Context(), prompt, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// The texts come from llama.cpp, greedy, 48 tokens: see golden/README.md beside them.
func TestGreedyTextsAreThoseOfLlamaCpp(t *testing.T) {
	var golden struct {
		Cases []struct {
			Model  string `json:"model"`
			Prompt string `json:"prompt"`
			Text   string `json:"greedy_text"`
		} `json:"cases"`
	}
	text, err := os.ReadFile(shared.Path(t, "golden", "stories_greedy.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	// The folders hold the same weights as the files, and the quantised file nearly the same.
	others := map[string][]string{"stories260K-f32.gguf": {"stories260K"}, "stories3M-f16.gguf": {"stories3M", "stories3M-q8_0.gguf"}}
	for _, c := range golden.Cases {
		for _, name := range append([]string{c.Model}, others[c.Model]...) {
			t.Run(name, func(t *testing.T) {
				a := open(t, shared.Path(t, "data", "models", name), OpenOptions{})
				res := generate(t, a, encode(t, a, c.Prompt), Options{MaxTokens: 48, Stop: []int32{}})
				if got := c.Prompt + res.Text; got != c.Text {
					if !strings.Contains(name, "q8_0") {
						t.Errorf("got  %q\nwant %q", got, c.Text)
					} else {
						partsAtATie(t, open(t, shared.Path(t, "data", "models", c.Model), OpenOptions{}), c.Prompt, res.IDs)
					}
				}
				if res.StopReason != Length || len(res.IDs) != 48 {
					t.Errorf("%d tokens, ended by %q", len(res.IDs), res.StopReason)
				}
			})
		}
	}
}

// partsAtATie: quantised weights and rounded activations may take another turn, but only where the model that they were
// made of finds both nearly as good.
func partsAtATie(t *testing.T, reference *Assistant, prompt string, got []int32) {
	t.Helper()
	ids := encode(t, reference, prompt)
	want := generate(t, reference, ids, Options{MaxTokens: len(got), Stop: []int32{}}).IDs
	at := 0
	for at < len(got) && got[at] == want[at] {
		at++
	}
	if at == len(got) {
		return
	}
	generate(t, reference, append(ids, got[:at]...), Options{MaxTokens: 1, Stop: []int32{}})
	var sum, squares float64
	for _, v := range reference.logits {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := float64(len(reference.logits))
	deviation := math.Sqrt(squares/n - sum/n*sum/n)
	gap := float64(reference.logits[want[at]]-reference.logits[got[at]]) / deviation
	if t.Logf("parts from the reference after %d tokens, where its logits differ by %.3g standard deviations", at, gap); gap > 0.2 {
		t.Error("that is no tie")
	}
}

// Tokens drawn one at a time from the cache are those that a pass over the whole text without a cache prefers.
func TestCachedGenerationEqualsUncachedScoring(t *testing.T) {
	a := stories(t)
	prompt := encode(t, a, "Once upon a time, there was a cat")
	res := generate(t, a, prompt, Options{MaxTokens: 60})
	s, err := a.Score(t.Context(), append(slices.Clone(prompt), res.IDs...))
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range res.IDs {
		if got := s.Argmax[len(prompt)-1+i]; got != id {
			t.Fatalf("token %d of the answer is %d, without the cache it would be %d", i, id, got)
		}
	}
}

// A prompt that begins as the cache does gives the same answer as in an empty cache, and is computed only where it is new.
func TestCacheReuseChangesNothing(t *testing.T) {
	a := stories(t)
	first := encode(t, a, "Once upon a time, there was a little boy")
	second := append(slices.Clone(first[:len(first)-3]), encode(t, a, "girl who had a dog")[1:]...)
	o := Options{MaxTokens: 30, Sampling: Sampling{Temperature: 1, TopK: 40, Seed: 3}}
	want := generate(t, stories(t), second, o)

	generate(t, a, first, o)
	got := generate(t, a, second, o)
	if got.Reused != len(first)-3 || want.Reused != 0 {
		t.Errorf("%d tokens of the prompt reused, want %d", got.Reused, len(first)-3)
	}
	if got.Text != want.Text {
		t.Errorf("with a warm cache %q\nwith a cold one  %q", got.Text, want.Text)
	}
	if again := generate(t, a, second, o); again.Text != want.Text || again.Reused != len(second)-1 {
		t.Errorf("asked again: %d tokens reused, %q", again.Reused, again.Text)
	}
	// A longer answer than the cache has room for: it grows, and starts over.
	if long := generate(t, a, second, Options{MaxTokens: 300, Stop: []int32{}}); len(long.IDs) != 300 {
		t.Errorf("%d tokens, want 300", len(long.IDs))
	}
}

// A prompt longer than a chunk is read in several, and gives what one pass over the whole gives.
func TestPromptIsReadInChunks(t *testing.T) {
	cfg, err := model.Shape("32x2x4x2x48x300")
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Random(backend(t), cfg, compute.F32, 1)
	if err != nil {
		t.Fatal(err)
	}
	a := &Assistant{m: m}
	ids := make([]int32, 2*prefillChunk+37)
	for i := range ids {
		ids[i] = int32(i * i % 300)
	}
	if _, err := a.prefill(t.Context(), ids, 1); err != nil {
		t.Fatal(err)
	}
	s, err := a.Score(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range s.Last {
		if d := math.Abs(float64(a.logits[i] - want)); d > 1e-4 {
			t.Fatalf("logit %d differs by %g", i, d)
		}
	}
}

func TestGenerationEndsAtAStopToken(t *testing.T) {
	a := stories(t)
	prompt := encode(t, a, "Once upon a time")
	free := generate(t, a, prompt, Options{MaxTokens: 20, Stop: []int32{}})
	stop := free.IDs[7]
	at := slices.Index(free.IDs, stop)
	res := generate(t, a, prompt, Options{MaxTokens: 20, Stop: []int32{9999, stop}})
	if res.StopReason != Stopped || res.StopID != stop || !slices.Equal(res.IDs, free.IDs[:at]) {
		t.Errorf("ended by %q at token %d after %v, want after %v", res.StopReason, res.StopID, res.IDs, free.IDs[:at])
	}
	// Left to itself the model stops where its own files say that a text ends.
	if !slices.Equal(a.Stop(), []int32{2}) {
		t.Errorf("stop set %v, want [2]", a.Stop())
	}
}

func TestLaw10ContextOverflowIsAnError(t *testing.T) {
	a := stories(t) // 512 positions
	long := slices.Repeat(encode(t, a, "a"), 600)
	for _, c := range []struct {
		prompt, max int
		want        string
	}{
		{600, 0, "the prompt has 600 tokens, which leaves no room for an answer in the model's 512 positions"},
		{512, 1, "leaves no room"},
		{500, 13, "the prompt has 500 tokens and the answer may have 13, more than the model's 512 positions: ask for at most 12"},
	} {
		_, err := a.Generate(t.Context(), long[:c.prompt], Options{MaxTokens: c.max}, nil)
		var full *ContextError
		if !errors.As(err, &full) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("prompt of %d, answer of %d: error %v, want %q", c.prompt, c.max, err, c.want)
		}
	}
	if res := generate(t, a, long[:500], Options{Stop: []int32{}}); len(res.IDs) != 12 || res.StopReason != Length {
		t.Errorf("without a longest answer: %d tokens, ended by %q; 12 fit", len(res.IDs), res.StopReason)
	}
	if _, err := a.Score(t.Context(), long[:513]); err == nil || !strings.Contains(err.Error(), "513 tokens") {
		t.Errorf("scoring 513 tokens: %v", err)
	}
}

func TestCancelledAnswerIsWhatThereWas(t *testing.T) {
	a := stories(t)
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	res, err := a.Generate(ctx, encode(t, a, "Once upon a time"), Options{MaxTokens: 100}, func(string) error {
		if n++; n == 5 {
			cancel()
		}
		return nil
	})
	if err != nil || res.StopReason != Cancelled || len(res.IDs) < 5 || len(res.IDs) > 6 || res.Text == "" {
		t.Errorf("error %v, ended by %q after %d tokens: %q", err, res.StopReason, len(res.IDs), res.Text)
	}
	res, err = a.Generate(ctx, encode(t, a, "The"), Options{}, nil)
	if err != nil || res.StopReason != Cancelled || len(res.IDs) != 0 {
		t.Errorf("cancelled before it began: error %v, ended by %q after %d tokens", err, res.StopReason, len(res.IDs))
	}
	failed := errors.New("the pipe is closed")
	if _, err := a.Generate(t.Context(), encode(t, a, "The"), Options{}, func(string) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("error %v, want that of emit", err)
	}
}

// The vocabulary has every byte as a token; at a high temperature characters come in pieces.
func TestStreamingEmitsWholeCharacters(t *testing.T) {
	a := stories(t)
	var pieces strings.Builder
	res, err := a.Generate(t.Context(), encode(t, a, "é"), Options{MaxTokens: 300, Stop: []int32{}, Sampling: Sampling{Temperature: 50, Seed: 1}}, func(s string) error {
		if !utf8.ValidString(s) || s == "" {
			t.Errorf("emitted %q", s)
		}
		pieces.WriteString(s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if pieces.String() != res.Text {
		t.Errorf("emitted %q, the text is %q", pieces.String(), res.Text)
	}
}

func TestConversationKeepsItsCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.jinja")
	const own = "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token if m.role == 'assistant' else ' ' }}{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"
	if err := os.WriteFile(file, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, template := range []string{"plain", file} {
		conversationKeepsItsCache(t, open(t, shared.Path(t, "data", "models", "stories260K"), OpenOptions{Template: template}))
	}
}

// A template that opens a thought where it asks, and writes none in an answer, can be asked with and measured by.
func TestATemplateThatCannotBeTaughtCanBeAsked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.jinja")
	const own = "{{ bos_token }}{% for m in messages %}{{ m.content }}{{ eos_token if m.role == 'assistant' }}{% endfor %}{% if add_generation_prompt %} Hm,{% endif %}"
	if err := os.WriteFile(file, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	a := open(t, shared.Path(t, "data", "models", "stories260K"), OpenOptions{Template: file})
	talk := a.NewConversation()
	for _, question := range []string{"Once upon a time", "And then?"} {
		if _, err := talk.Ask(t.Context(), question, Options{MaxTokens: 5, Sampling: Sampling{Temperature: 1, Seed: 5}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	conv := []chat.Message{{Role: chat.User, Content: "Name a cat."}, {Role: chat.Assistant, Content: "Tom"}}
	if _, err := a.template.Render(a.tok, conv); err == nil {
		t.Fatal("it can be taught")
	}
	r, err := a.Answered(conv)
	if err != nil || len(r.Spans) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	s := r.Spans[0]
	prompt, err := a.Prompt(conv[:1])
	if err != nil || !slices.Equal(prompt, r.IDs[:s.From]) || a.tok.Decode(r.IDs[s.From:s.To]) != "Tom</s>" || r.Train[s.From-1] || !r.Train[s.From] {
		t.Errorf("%q, %q (%v)", a.tok.Decode(r.IDs[:s.From]), a.tok.Decode(r.IDs[s.From:s.To]), err)
	}
}

func conversationKeepsItsCache(t *testing.T, a *Assistant) {
	t.Helper()
	talk := a.NewConversation()
	talk.SetSystem("A story.")
	o := Options{MaxTokens: 25, Sampling: Sampling{Temperature: 1.5, Seed: 5}}
	var said []int32
	for i, question := range []string{"Once upon a time", "And then?", "Why?"} {
		res, err := talk.Ask(t.Context(), question, o, nil)
		if err != nil {
			t.Fatal(err)
		}
		// All that was said before is in the cache, but for the last token drawn and what came after it.
		if want := len(said) - 1; i > 0 && res.Reused != want {
			t.Errorf("question %d: %d tokens reused, want %d", i, res.Reused, want)
		}
		if i > 0 && !slices.Equal(talk.said[:len(said)], said) {
			t.Errorf("question %d: what was said before has changed", i)
		}
		said = slices.Clone(talk.said)
	}
	if m := talk.Messages(); len(m) != 7 || m[0].Role != chat.System || m[6].Role != chat.Assistant {
		t.Errorf("messages %v", m)
	}
	// Each answer stands in what was said as the end token of the template has it.
	text := a.tok.Decode(talk.said)
	for _, m := range talk.Messages() {
		if !strings.Contains(text, strings.TrimSpace(m.Content)) {
			t.Errorf("%q is not in %q", m.Content, text)
		}
	}
	talk.Reset()
	if m := talk.Messages(); len(m) != 1 {
		t.Errorf("after a reset: %v", m)
	}
	if _, err := talk.Ask(t.Context(), " ", o, nil); err == nil {
		t.Error("an empty question is asked")
	}
}
