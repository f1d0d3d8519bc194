package openaitest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cria-llm/cria/openai"
)

// Options say what a server does with requests. The shares are of tries, 0 to 1, and are drawn from the seed, the request's
// key and which try of it this is: a run repeats, in whatever order requests come.
type Options struct {
	Seed   uint64
	Prices openai.Prices
	Key    string // that the Authorization header must have; "" wants none

	TooMany float64 // 429, with a Retry-After of a second in one of two
	Fail    float64 // 500, 502 or 503 in place of an answer; what answers 502 has billed
	Drop    float64 // the connection dies before an answer that is billed
	Cut     float64 // the connection dies in the middle of one
	Junk    float64 // 200 with something that is no answer, billed
	Hang    float64 // nothing comes until the client leaves; billed

	Plain     bool // answers whole, as some endpoints do whatever they are asked
	Forgets   bool // keys: what is asked again is billed again
	Uncounted bool // tells no usage, and refuses stream_options
	NoSchema  bool // refuses response_format
	Renamed   bool // refuses max_tokens for max_completion_tokens
	Delay     time.Duration
}

// Server is an OpenAI-compatible endpoint on this machine.
type Server struct {
	URL    string
	o      Options
	answer func(openai.Request) string

	mu      sync.Mutex
	cost    openai.Cost
	bills   int
	asked   map[string]int              // tries, by key
	billed  map[string]int              // answers that were billed, by key
	given   map[string]int              // answers that went out whole, by key
	kept    map[string]*openai.Response // by key
	refused int                         // requests that made no sense
	last    openai.Request
	flying  int
	most    int // at once
}

// NewServer serves until the test ends.
func NewServer(t testing.TB, answer func(openai.Request) string, o Options) *Server {
	t.Helper()
	s := &Server{o: o, answer: answer, asked: map[string]int{}, billed: map[string]int{}, given: map[string]int{}, kept: map[string]*openai.Response{}}
	h := httptest.NewServer(s)
	t.Cleanup(func() { h.CloseClientConnections(); h.Close() })
	s.URL = h.URL
	return s
}

// Billed is what all answers cost, to the billionth of a dollar.
func (s *Server) Billed() openai.Cost {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cost
}

// Bills is how many answers were billed.
func (s *Server) Bills() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bills
}

// Refused is how many requests made no sense to the server.
func (s *Server) Refused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// Tries is how many requests came that made sense.
func (s *Server) Tries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, k := range s.asked {
		n += k
	}
	return n
}

// Given is how often a whole answer went out, by key.
func (s *Server) Given() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.given))
	for k, n := range s.given {
		out[k] = n
	}
	return out
}

// AtOnce is how many requests were under way at the same time, at the most.
func (s *Server) AtOnce() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// Last is the last request that was understood.
func (s *Server) Last() openai.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// body is what a client sends.
type body struct {
	openai.Request
	Model         string `json:"model"`
	MaxCompletion int    `json:"max_completion_tokens"`
	Format        *struct {
		Type   string `json:"type"`
		Schema struct {
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
	Stream        bool `json:"stream"`
	StreamOptions *struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	b, status, why := s.understand(req)
	if why != "" {
		s.mu.Lock()
		s.refused++
		s.mu.Unlock()
		refuse(w, status, why)
		return
	}
	key := req.Header.Get("Idempotency-Key")
	if key == "" {
		key = fmt.Sprintf("%x", rand.Uint64())
	}
	s.mu.Lock()
	try := s.asked[key]
	s.asked[key]++
	s.last = b.Request
	s.flying++
	s.most = max(s.most, s.flying)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.flying--
		s.mu.Unlock()
	}()
	if s.o.Delay > 0 {
		time.Sleep(s.o.Delay)
	}
	fault := s.fault(key, try)
	switch fault {
	case tooMany:
		if try%2 == 0 {
			w.Header().Set("Retry-After", "1")
		}
		refuse(w, http.StatusTooManyRequests, "slow down")
		return
	case fail:
		refuse(w, http.StatusInternalServerError, "something broke")
		return
	case busy:
		refuse(w, http.StatusServiceUnavailable, "overloaded")
		return
	}
	answer := s.bill(key, b)
	switch fault {
	case gateway:
		refuse(w, http.StatusBadGateway, "the upstream went away")
	case drop:
		hangUp(w)
	case hang:
		<-req.Context().Done()
	case junk:
		_, _ = io.WriteString(w, "<html>It works!</html>")
	default:
		if !s.o.Forgets {
			w.Header().Set("Idempotency-Key", key)
		}
		if s.send(w, b, answer, fault == cutOff) {
			s.mu.Lock()
			s.given[key]++
			s.mu.Unlock()
		}
	}
}

// understand reads a request, or says why it cannot.
func (s *Server) understand(req *http.Request) (b body, status int, why string) {
	switch {
	case req.Method != http.MethodPost || req.URL.Path != "/v1/chat/completions":
		return b, http.StatusNotFound, "no such page"
	case s.o.Key != "" && req.Header.Get("Authorization") != "Bearer "+s.o.Key:
		return b, http.StatusUnauthorized, "wrong key: " + strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	}
	text, err := io.ReadAll(io.LimitReader(req.Body, 16<<20))
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	switch {
	case err != nil:
		return b, http.StatusBadRequest, err.Error()
	case len(b.Messages) == 0:
		return b, http.StatusBadRequest, "messages must not be empty"
	case s.o.Renamed && b.MaxTokens > 0:
		return b, http.StatusBadRequest, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
	case s.o.NoSchema && b.Format != nil:
		return b, http.StatusBadRequest, "response_format is not supported"
	case s.o.Uncounted && b.StreamOptions != nil:
		return b, http.StatusBadRequest, "unknown field stream_options"
	}
	for _, m := range b.Messages {
		if m.Role != "system" && m.Role != "user" && m.Role != "assistant" {
			return b, http.StatusBadRequest, fmt.Sprintf("no such role: %q", m.Role)
		}
	}
	if b.MaxCompletion > 0 {
		b.MaxTokens = b.MaxCompletion
	}
	if b.Format != nil {
		b.Schema = b.Format.Schema.Schema
	}
	return b, 0, ""
}

// bill answers, and bills the first time or, of a server that forgets keys, every time.
func (s *Server) bill(key string, b body) *openai.Response {
	s.mu.Lock()
	kept := s.kept[key]
	s.mu.Unlock()
	if kept == nil || s.o.Forgets {
		text, finish := s.answer(b.Request), "stop"
		for _, stop := range b.Stop {
			text, _, _ = strings.Cut(text, stop)
		}
		text, whole := cut(text, b.MaxTokens)
		if !whole {
			finish = "length"
		}
		u := openai.Usage{PromptTokens: 3, CompletionTokens: Tokens(text)}
		for _, m := range b.Messages {
			u.PromptTokens += 4 + Tokens(m.Content)
		}
		kept = &openai.Response{Model: b.Model, Text: text, Finish: finish, Usage: u}
		// The character that the answer begins with is likeliest, and then come letters.
		first, size := utf8.DecodeRuneInString(text)
		for letter := 'A'; len(kept.Logprobs) < b.TopLogprobs; letter++ {
			token := string(letter)
			switch k := len(kept.Logprobs); {
			case k == 0 && size > 0:
				token = string(first)
				letter--
			case letter == first:
				continue
			}
			kept.Logprobs = append(kept.Logprobs, openai.TokenLogprob{Token: token, Logprob: -0.5 - float64(len(kept.Logprobs))})
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept[key] == nil || s.o.Forgets {
		s.kept[key] = kept
		s.billed[key]++
		s.bills++
		s.cost += s.o.Prices.Cost(kept.Usage)
	}
	return s.kept[key]
}

// send writes an answer, and says whether it went out whole.
func (s *Server) send(w http.ResponseWriter, b body, a *openai.Response, cut bool) bool {
	if s.o.Plain || !b.Stream {
		text, _ := json.Marshal(s.piece(a, "message", a.Text, a.Finish, true)) //nolint:errchkjson // of strings and numbers
		w.Header().Set("Content-Type", "application/json")
		if cut {
			w.Header().Set("Content-Length", fmt.Sprint(len(text)))
			text = text[:len(text)/2]
		}
		_, err := w.Write(text)
		if cut {
			hangUp(w)
		}
		return err == nil && !cut
	}
	w.Header().Set("Content-Type", "text/event-stream")
	event := func(v any) {
		text, _ := json.Marshal(v) //nolint:errchkjson // of strings and numbers
		fmt.Fprintf(w, "data: %s\n\n", text)
	}
	runes := []rune(a.Text)
	_, _ = io.WriteString(w, ": a comment, to be skipped\n\n")
	event(s.piece(a, "delta", "", "", false))
	for from := 0; from < len(runes); from += 7 {
		if cut && from >= len(runes)/2 {
			break
		}
		event(s.piece(a, "delta", string(runes[from:min(from+7, len(runes))]), "", false))
	}
	if cut {
		_ = http.NewResponseController(w).Flush()
		hangUp(w)
		return false
	}
	event(s.piece(a, "delta", "", a.Finish, false))
	if b.StreamOptions != nil && b.StreamOptions.IncludeUsage {
		event(map[string]any{"model": a.Model, "choices": []any{}, "usage": a.Usage})
	}
	_, err := io.WriteString(w, "data: [DONE]\n\n")
	return err == nil
}

func (s *Server) piece(a *openai.Response, part, text, finish string, usage bool) map[string]any {
	choice := map[string]any{"index": 0, part: map[string]any{"role": "assistant", "content": text}, "finish_reason": nil}
	if finish != "" {
		choice["finish_reason"] = finish
	}
	if len(a.Logprobs) > 0 && (part == "message" || text != "") {
		choice["logprobs"] = map[string]any{"content": []any{map[string]any{"token": "A", "logprob": -0.5, "top_logprobs": a.Logprobs}}}
	}
	p := map[string]any{"model": a.Model, "choices": []any{choice}}
	if usage && !s.o.Uncounted {
		p["usage"] = a.Usage
	}
	return p
}

func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	text, _ := json.Marshal(map[string]map[string]string{"error": {"message": why}}) //nolint:errchkjson // of strings
	_, _ = w.Write(text)
}

// hangUp lets the connection die.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close()
}

// The faults of a try.
const (
	none = iota
	tooMany
	fail
	busy
	gateway
	drop
	cutOff
	junk
	hang
)

// fault draws what is wrong with a try.
func (s *Server) fault(key string, try int) int {
	h := fnv.New64a()
	_, _ = io.WriteString(h, key)
	r := rand.New(rand.NewPCG(s.o.Seed, h.Sum64()+uint64(try)))
	draw := r.Float64()
	for _, f := range []struct {
		share  float64
		faults []int
	}{{s.o.TooMany, []int{tooMany}}, {s.o.Fail, []int{fail, busy, gateway}}, {s.o.Drop, []int{drop}}, {s.o.Cut, []int{cutOff}}, {s.o.Junk, []int{junk}}, {s.o.Hang, []int{hang}}} {
		if draw < f.share {
			return f.faults[r.IntN(len(f.faults))]
		}
		draw -= f.share
	}
	return none
}
