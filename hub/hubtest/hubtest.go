// Package hubtest is a hub on this machine, for tests: it answers as Hugging Face's does, with files in memory, sends on to a
// second host for large files, and fails and lies on request.
//
//	h := hubtest.New(t)
//	h.Add("org/name", hubtest.Files{"config.json": "{}", "model.safetensors": weights})
//	h.Cut("model.safetensors", 1000, 2) // the first two answers end after 1000 bytes
package hubtest

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Files are the files of a repository.
type Files map[string]string

// Request is one that came.
type Request struct {
	CDN         bool // to the second host
	Method      string
	Path        string
	Range       string
	IfRange     string
	Token       string
	PartialSent bool // 206
}

// Hub is the two hosts.
type Hub struct {
	URL   string // of the hub
	Token string // that is asked for; "" for none

	// Plain makes it a mirror of the simplest kind: it answers no HEAD, sends nothing on, and says of files what a web server does.
	Plain bool

	cdn string

	mu       sync.Mutex
	repos    map[string]Files // by datasets/ID or ID
	requests []Request
	cuts     map[string]*cut
	statuses map[string][]status
	lies     map[string]Lie
	slow     map[string]time.Duration
}

type cut struct{ after, times int }

type status struct {
	code  int
	after string
}

// Lie is what the hub says falsely of a file.
type Lie struct {
	Size   int64  // X-Linked-Size, where not 0
	Listed int64  // size in the list of files, where not 0
	Bytes  string // what the second host sends instead, where not ""
	Commit string // X-Repo-Commit, where not ""
	ETag   string // X-Linked-ETag, where not ""
}

// New starts a hub for as long as the test lasts.
func New(t testing.TB) *Hub {
	h := &Hub{repos: map[string]Files{}, cuts: map[string]*cut{}, statuses: map[string][]status{}, lies: map[string]Lie{}, slow: map[string]time.Duration{}}
	hub := httptest.NewServer(http.HandlerFunc(h.serveHub))
	cdn := httptest.NewServer(http.HandlerFunc(h.serveCDN))
	t.Cleanup(hub.Close)
	t.Cleanup(cdn.Close)
	h.URL = hub.URL
	// Another name of the same machine makes it another host.
	h.cdn = strings.Replace(cdn.URL, "127.0.0.1", "localhost", 1)
	return h
}

// Add puts a repository on the hub, datasets under datasets/ID, or changes one.
func (h *Hub) Add(id string, files Files) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.repos[id] = files
}

// Cut has answers with a file end early, so many times.
func (h *Hub) Cut(name string, after, times int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cuts[name] = &cut{after, times}
}

// Fail has the next requests for a file, or for "api", answered with a status. after is the header Retry-After, where not "".
func (h *Hub) Fail(name string, times, code int, after string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for range times {
		h.statuses[name] = append(h.statuses[name], status{code, after})
	}
}

// Tell has the hub lie about a file; the zero Lie makes it honest.
func (h *Hub) Tell(name string, lie Lie) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lies[name] = lie
}

// Slow has a file's bytes come in parts, with a pause after each 64 KiB.
func (h *Hub) Slow(name string, pause time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.slow[name] = pause
}

// Requests are those that came so far.
func (h *Hub) Requests() []Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.requests)
}

// Commit is the commit that a repository is at: it changes with its files.
func (h *Hub) Commit(id string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return commitOf(h.repos[id])
}

func commitOf(files Files) string {
	s := sha1.New()
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		fmt.Fprintf(s, "%q %q\n", n, files[n])
	}
	return hex.EncodeToString(s.Sum(nil))
}

// large says whether a file's bytes lie on the second host.
func large(name string) bool {
	switch path.Ext(name) {
	case ".safetensors", ".gguf", ".parquet", ".bin":
		return true
	}
	return false
}

// SHA256 of a text, hex.
func SHA256(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func gitHash(s string) string {
	sum := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(s), s))
	return hex.EncodeToString(sum[:])
}

// note keeps a request, and says which it is, and which status it is to be answered with before all else; 0 for none.
func (h *Hub) note(r *http.Request, cdn bool, name string) (int, status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = append(h.requests, Request{
		CDN: cdn, Method: r.Method, Path: r.URL.Path, Range: r.Header.Get("Range"), IfRange: r.Header.Get("If-Range"),
		Token: strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "),
	})
	if list := h.statuses[name]; len(list) > 0 && (r.Method == http.MethodGet) {
		h.statuses[name] = list[1:]
		return len(h.requests) - 1, list[0]
	}
	return len(h.requests) - 1, status{}
}

func (h *Hub) serveHub(w http.ResponseWriter, r *http.Request) {
	rest, api := strings.CutPrefix(r.URL.Path, "/api/")
	if api {
		h.list(w, r, strings.TrimPrefix(rest, "models/"))
		return
	}
	id, rest, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/resolve/")
	_, name, _ := strings.Cut(rest, "/")
	h.mu.Lock()
	files, lie, token := h.repos[id], h.lies[name], h.Token
	h.mu.Unlock()
	n, s := h.note(r, false, name)
	if s.code != 0 {
		w.Header().Set("Retry-After", s.after)
		http.Error(w, "not now", s.code)
		return
	}
	text, there := files[name]
	switch {
	case token != "" && r.Header.Get("Authorization") != "Bearer "+token:
		w.Header().Set("X-Error-Code", "GatedRepo")
		http.Error(w, "who are you", http.StatusUnauthorized)
		return
	case !ok || !there:
		w.Header().Set("X-Error-Code", "EntryNotFound")
		http.NotFound(w, r)
		return
	}
	if h.Plain {
		if r.Method == http.MethodHead {
			http.Error(w, "no", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("ETag", `W/"1234-5678"`)
		h.bytes(w, r, n, name, text)
		return
	}
	commit := commitOf(files)
	if lie.Commit != "" {
		commit = lie.Commit
	}
	w.Header().Set("X-Repo-Commit", commit)
	if !large(name) {
		w.Header().Set("ETag", strconv.Quote(gitHash(text)))
		h.bytes(w, r, n, name, text)
		return
	}
	size, etag := int64(len(text)), SHA256(text)
	if lie.Size != 0 {
		size = lie.Size
	}
	if lie.ETag != "" {
		etag = lie.ETag
	}
	w.Header().Set("X-Linked-Size", strconv.FormatInt(size, 10))
	w.Header().Set("X-Linked-Etag", strconv.Quote(etag))
	http.Redirect(w, r, h.cdn+"/"+(&url.URL{Path: name}).EscapedPath()+"?signature=secret&repo="+url.QueryEscape(id), http.StatusFound)
}

// list answers what a repository holds.
func (h *Hub) list(w http.ResponseWriter, r *http.Request, rest string) {
	if _, s := h.note(r, false, "api"); s.code != 0 {
		w.Header().Set("Retry-After", s.after)
		http.Error(w, "not now", s.code)
		return
	}
	id, revision, ok := strings.Cut(rest, "/revision/")
	switch {
	case h.Plain && ok:
		http.NotFound(w, r)
		return
	case h.Plain:
		revision = "main"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	files, there := h.repos[id]
	commit := commitOf(files)
	switch {
	case !there:
		w.Header().Set("X-Error-Code", "RepoNotFound")
		http.Error(w, "no such thing", http.StatusUnauthorized)
		return
	case revision != "main" && revision != commit:
		w.Header().Set("X-Error-Code", "RevisionNotFound")
		http.NotFound(w, r)
		return
	}
	type lfs struct {
		SHA256 string `json:"sha256"`
		Size   int64  `json:"size"`
	}
	type sibling struct {
		Name string `json:"rfilename"`
		Size int64  `json:"size"`
		Blob string `json:"blobId"`
		LFS  *lfs   `json:"lfs,omitempty"`
	}
	var list []sibling
	for n, text := range files {
		s := sibling{Name: n, Size: int64(len(text)), Blob: gitHash(text)}
		if listed := h.lies[n].Listed; listed != 0 {
			s.Size = listed
		}
		if large(n) {
			s.LFS = &lfs{SHA256(text), s.Size}
		}
		list = append(list, s)
	}
	w.Header().Set("Content-Type", "application/json")
	err := json.NewEncoder(w).Encode(struct {
		ID       string    `json:"id"`
		Commit   string    `json:"sha"`
		Siblings []sibling `json:"siblings"`
	}{id, commit, list})
	if err != nil {
		panic(http.ErrAbortHandler) // who asked is gone
	}
}

func (h *Hub) serveCDN(w http.ResponseWriter, r *http.Request) {
	id, name := r.URL.Query().Get("repo"), strings.TrimPrefix(r.URL.Path, "/")
	n, s := h.note(r, true, "cdn/"+name)
	if s.code != 0 {
		w.Header().Set("Retry-After", s.after)
		http.Error(w, "not now", s.code)
		return
	}
	h.mu.Lock()
	text, lie := h.repos[id][name], h.lies[name]
	h.mu.Unlock()
	if lie.Bytes != "" {
		text = lie.Bytes
	}
	// A host of its own has ETags of its own.
	w.Header().Set("ETag", strconv.Quote("cdn-"+gitHash(text)))
	h.bytes(w, r, n, name, text)
}

// bytes answers with a file, or the range of it that is asked for, as far as the cuts allow.
func (h *Hub) bytes(w http.ResponseWriter, r *http.Request, n int, name, text string) {
	h.mu.Lock()
	var stop *cut
	if c := h.cuts[name]; c != nil && c.times > 0 && r.Method == http.MethodGet {
		c.times--
		stop = c
	}
	pause := h.slow[name]
	h.mu.Unlock()
	if stop == nil && pause == 0 {
		http.ServeContent(&recorder{w, h, n}, r, "", time.Time{}, bytes.NewReader([]byte(text)))
		return
	}
	out := &cutter{ResponseWriter: w, left: -1, pause: pause}
	if stop != nil {
		out.left = stop.after
	}
	http.ServeContent(&recorder{out, h, n}, r, "", time.Time{}, bytes.NewReader([]byte(text)))
}

// recorder notes that a range was answered.
type recorder struct {
	http.ResponseWriter
	h *Hub
	n int // which of the requests
}

func (r *recorder) WriteHeader(code int) {
	if code == http.StatusPartialContent {
		r.h.mu.Lock()
		r.h.requests[r.n].PartialSent = true
		r.h.mu.Unlock()
	}
	r.ResponseWriter.WriteHeader(code)
}

// cutter breaks the connection after so many bytes, and takes its time.
type cutter struct {
	http.ResponseWriter
	left  int // -1 for no end
	pause time.Duration
}

func (c *cutter) Write(p []byte) (int, error) {
	n := 0
	for len(p) > 0 {
		part := p[:min(len(p), 64<<10)]
		if c.left >= 0 && len(part) > c.left {
			part = part[:c.left]
		}
		k, err := c.ResponseWriter.Write(part)
		n += k
		if err != nil {
			return n, err
		}
		p = p[k:]
		if c.left >= 0 {
			if c.left -= k; c.left == 0 {
				if f, ok := c.ResponseWriter.(http.Flusher); ok {
					f.Flush()
				}
				panic(http.ErrAbortHandler)
			}
		}
		if c.pause > 0 {
			if f, ok := c.ResponseWriter.(http.Flusher); ok {
				f.Flush()
			}
			time.Sleep(c.pause)
		}
	}
	return n, nil
}
