package openai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

// What an endpoint cannot is found out once, and remembered.
func TestWhatAnEndpointRefusesIsLeftOut(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{NoSchema: true, Renamed: true, Uncounted: true})
	var notes []string
	c := newClient(t, s, func(o *openai.ClientOptions) { o.Note = func(text string) { notes = append(notes, text) } })
	r := ask("hello")
	r.Schema = []byte(`{"type":"object"}`)
	for range 3 {
		res, err := c.Chat(t.Context(), r)
		if err != nil || res.Text != "hello" || !res.Usage.Estimated {
			t.Fatalf("%+v, %v", res, err)
		}
	}
	if got := s.Last(); got.Schema != nil || got.MaxTokens != r.MaxTokens {
		t.Errorf("asked %+v in the end, want the bound and no schema", got)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "takes no schema") || !strings.Contains(notes[0], "does not count") {
		t.Errorf("told %q, want once what the endpoint does not take", notes)
	}
	if s.Bills() != 3 || s.Refused() != 3 {
		t.Errorf("%d requests were answered and %d refused, want 3, and each refusal once", s.Bills(), s.Refused())
	}
}

func TestASchemaIsSent(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{})
	r := ask("hello")
	r.Schema = []byte(`{"type":"object","properties":{}}`)
	if _, err := newClient(t, s, nil).Chat(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got := string(s.Last().Schema); got != string(r.Schema) {
		t.Errorf("the endpoint saw the schema %s, want %s", got, r.Schema)
	}
}

// Every fault at once: the answers are those of an endpoint without any.
func TestAnswersComeThroughFaults(t *testing.T) {
	t.Parallel()
	s := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{Seed: 3, Fail: 0.1, Drop: 0.1, Cut: 0.15, Junk: 0.1, Hang: 0.02})
	c := newClient(t, s, func(o *openai.ClientOptions) { o.Timeout, o.Retries = 200*time.Millisecond, 12 })
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			r := ask(fmt.Sprintf("number %d, and some more to be cut in the middle of", i))
			r.Key = fmt.Sprint(i)
			if res, err := c.Chat(t.Context(), r); err != nil || res.Text != r.Messages[0].Content {
				t.Errorf("%+v, %v", res, err)
			}
		})
	}
	all.Wait()
	if s.Tries() < 30 || s.AtOnce() > 8 {
		t.Errorf("%d tries, want more than there are requests; %d at once, want 8 at the most", s.Tries(), s.AtOnce())
	}
	if s.Bills() != 24 {
		t.Errorf("%d bills for 24 keys", s.Bills())
	}
}

const secret = "sk-very-secret-0123456789"

// Whatever an endpoint says of the key is told without it.
func TestTheKeyIsInNoError(t *testing.T) {
	wrong := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{Key: "another"})
	other := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{})
	var leaked atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { leaked.Store(true) }))
	defer elsewhere.Close()
	redirect := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/v1/chat/completions?"+secret, http.StatusTemporaryRedirect))
	defer redirect.Close()
	junk := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "no JSON, but %s", r.Header.Get("Authorization"))
	}))
	defer junk.Close()
	for name, c := range map[string]struct{ url, want string }{
		"wrong":    {wrong.URL, "401"},
		"moved":    {redirect.URL, "give the address that it has moved to"},
		"junk":     {junk.URL, "no JSON"},
		"nowhere":  {"http://127.0.0.1:1/v1?code=" + secret, "refused"},
		"no page":  {other.URL + "/v1/deeper?" + secret, "404"},
		"no model": {other.URL + "/v1/models/x", "404"},
	} {
		client, err := openai.NewClient(openai.ClientOptions{BaseURL: c.url, Key: secret, Model: "m", Retries: -1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Chat(t.Context(), ask("hello"))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: error %v, want %q and no key", name, err, c.want)
		}
	}
	if leaked.Load() {
		t.Error("a redirect to another host was followed")
	}
}

// respond is an endpoint that says one thing.
func respond(t *testing.T, status int, kind, body string) (*openai.Client, *atomic.Int32) {
	t.Helper()
	var tries atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tries.Add(1)
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	c, err := openai.NewClient(openai.ClientOptions{BaseURL: s.URL, Model: "m", Retries: 1})
	if err != nil {
		t.Fatal(err)
	}
	return c, &tries
}

func TestErrorsSayWhatTheEndpointSaid(t *testing.T) {
	const stream = "text/event-stream"
	for _, c := range []struct {
		status     int
		kind, body string
		want       string
		tries      int32
	}{
		{400, "", `{"error":{"message":"This model's maximum context length is 8192 tokens"}}`, "maximum context length", 1},
		{401, "", `{"error":"no such user"}`, "no such user", 1},
		{403, "", `{"message":"not in your country"}`, "not in your country", 1},
		{404, "", `{"error":{"message":"The model m does not exist"}}`, "does not exist", 1},
		{422, "", `{"detail":[{"loc":["body"],"msg":"field required"}]}`, "field required", 1},
		{429, "", `{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}`, "quota", 1},
		{501, "", `not here`, "not here", 1},
		{500, "", strings.Repeat("<p>long</p>", 1000), "500 Internal Server Error", 2},
		{504, "", ``, "504 Gateway Timeout", 2},
		{200, "", `{"error":{"message":"in disguise"}}`, "in disguise", 2},
		{200, "", `{"choices":[]}`, "without choices", 2},
		{200, "", `{"choices":`, "no JSON", 2},
		{200, stream, "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n", "broke off", 2},
		{200, stream, "data: [DONE]\n\n", "without choices", 2},
		{200, stream, "data: {\"error\":{\"message\":\"overloaded\"}}\n\n", "overloaded", 2},
		{200, stream, "", "broke off", 2},
		{200, stream, "data: " + strings.Repeat("x", 17<<20), "more than 16 MiB", 2},
		{200, "", `{"choices":[{"message":{"content":"` + strings.Repeat("x", 17<<20), "more than 16 MiB", 2},
	} {
		t.Run(fmt.Sprintf("%d %.40s", c.status, c.body), func(t *testing.T) {
			t.Parallel()
			client, tries := respond(t, c.status, c.kind, c.body)
			_, err := client.Chat(t.Context(), ask("hello"))
			if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 600 || tries.Load() != c.tries {
				t.Errorf("error %v after %d tries, want %q after %d", err, tries.Load(), c.want, c.tries)
			}
			var refused *openai.RequestError
			if errors.As(err, &refused) != (c.tries == 1) || refused != nil && refused.Status != c.status {
				t.Errorf("error %#v, want a RequestError where no other try may help", err)
			}
		})
	}
}

// The forms in which endpoints are known to answer.
func TestFormsOfAnswers(t *testing.T) {
	const stream = "text/event-stream"
	for name, c := range map[string]struct{ kind, body, text, finish string }{
		"null content":          {"", `{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}`, "", "stop"},
		"a refusal":             {"", `{"choices":[{"message":{"content":null,"refusal":"I can't."},"finish_reason":"stop"}]}`, "I can't.", "content_filter"},
		"no reason":             {"", `{"choices":[{"message":{"content":"x"}}]}`, "x", "stop"},
		"another reason":        {"", `{"choices":[{"message":{"content":"x"},"finish_reason":"eos"}]}`, "x", "stop"},
		"cut off":               {"", `{"choices":[{"message":{"content":"x"},"finish_reason":"max_tokens"}]}`, "x", "length"},
		"thoughts":              {"", `{"choices":[{"message":{"reasoning_content":"hm","content":"x"},"finish_reason":"stop"}]}`, "x", "stop"},
		"CR LF":                 {stream, "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\r\n\r\ndata: [DONE]\r\n\r\n", "x", "stop"},
		"no space, no last end": {stream, "event: m\ndata:{\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}", "x", "stop"},
		"data in two lines":     {stream, "data: {\"choices\":[{\"delta\":\ndata: {\"content\":\"x\"}}]}\n\ndata: [DONE]\n\n", "x", "stop"},
		"no DONE":               {stream, "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"length\"}]}\n\n", "x", "length"},
		"other choices":         {stream, "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"y\"}},{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\ndata: [DONE]\n\n", "x", "stop"},
	} {
		client, _ := respond(t, 200, c.kind, c.body)
		res, err := client.Chat(t.Context(), ask("hello"))
		if err != nil || res.Text != c.text || res.Finish != c.finish || res.Model != "m" || !res.Usage.Estimated {
			t.Errorf("%s: %+v, %v, want %q (%s)", name, res, err, c.text, c.finish)
		}
	}
}

func TestOptionsThatAreNone(t *testing.T) {
	for want, o := range map[string]openai.ClientOptions{
		"begins with https": {BaseURL: "example.com", Model: "m"},
		"not encrypted":     {BaseURL: "http://example.com", Model: "m"},
		"name of its model": {BaseURL: "https://example.com"},
		"white space":       {BaseURL: "https://example.com", Model: "m", Key: "two\nlines"},
		"0 or more":         {BaseURL: "https://example.com", Model: "m", Concurrency: -1},
	} {
		if _, err := openai.NewClient(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q", o, err, want)
		}
	}
}

func TestAContextEndsWhatIsUnderWay(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{Hang: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := newClient(t, s, nil).Chat(ctx, ask("hello")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
}

// An address without /v1 is tried with it.
func TestAPathWithoutItsVersion(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{})
	front := httptest.NewServer(http.StripPrefix("/api", s))
	defer front.Close()
	c := newClient(t, s, func(o *openai.ClientOptions) { o.BaseURL = front.URL + "/api" })
	var texts []string
	for _, text := range []string{"one", "two"} {
		res, err := c.Chat(t.Context(), ask(text))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, res.Text)
	}
	if !slices.Equal(texts, []string{"one", "two"}) || s.Refused() != 1 {
		t.Errorf("answers %q after %d refusals, want both after one", texts, s.Refused())
	}
}
