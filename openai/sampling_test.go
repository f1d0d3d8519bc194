package openai_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cria-llm/cria/openai"
)

// A model that lets nobody choose its temperature is asked again without one, and keeps its schema.
func TestAModelThatRefusesSamplingIsAskedWithout(t *testing.T) {
	var bodies []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(text))
		if strings.Contains(string(text), `"temperature"`) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":{"message":"Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported."}}`)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"model":"m","choices":[{"message":{"role":"assistant","content":"{}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`)
	}))
	defer s.Close()
	c, err := openai.NewClient(openai.ClientOptions{BaseURL: s.URL, Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	x := 0.7
	for range 2 {
		r := openai.Request{Messages: []openai.Message{{Role: "user", Content: "a"}}, Temperature: &x, TopP: &x, Schema: []byte(`{"type":"object"}`)}
		if _, err := c.Chat(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if len(bodies) != 3 || strings.Contains(bodies[2], "top_p") || !strings.Contains(bodies[2], "json_schema") {
		t.Errorf("asked %q", bodies)
	}
}
