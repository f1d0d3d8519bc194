package hub

import (
	"io"
	"net/http"
	"strings"
)

// mischief changes the bytes of small files on their way.
type mischief struct {
	next func(*http.Request) (*http.Response, error)
}

func (m mischief) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := m.next(r)
	if err == nil && strings.HasSuffix(r.URL.Path, "/config.json") && r.Method == http.MethodGet {
		_ = res.Body.Close()
		res.Body = io.NopCloser(strings.NewReader(`{"model_type":"other"}`[:res.ContentLength]))
	}
	return res, err
}
