package openai

import (
	"strings"
	"testing"
)

func TestAddresses(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.openai.com":                              "https://api.openai.com/v1",
		"https://api.openai.com/":                             "https://api.openai.com/v1",
		"https://api.openai.com/v1/":                          "https://api.openai.com/v1",
		"https://api.openai.com/v1/chat/completions":          "https://api.openai.com/v1",
		"https://openrouter.ai/api":                           "https://openrouter.ai/api", // and /v1 where that is not found
		"https://example.com/v1?api-version=2":                "https://example.com/v1",
		"http://localhost:11434":                              "http://localhost:11434/v1",
		"http://127.0.0.1:1/v1":                               "http://127.0.0.1:1/v1",
		"http://[::1]:1/v1":                                   "http://[::1]:1/v1",
		" https://generativelanguage.example/v1beta/openai/ ": "https://generativelanguage.example/v1beta/openai",
	} {
		u, err := address(base, false)
		if err != nil || plainAddress(u) != want {
			t.Errorf("address(%q) = %v, %v, want %s", base, u, err, want)
		}
	}
	for base, want := range map[string]string{
		"api.openai.com":                "begins with https://",
		"ftp://example.com":             "begins with https://",
		"https://":                      "begins with https://",
		"http://example.com/v1":         "not encrypted",
		"http://localhost.example.com":  "not encrypted",
		"http://127.0.0.1.example.com":  "not encrypted",
		"https://me:secret@example.com": "keep a key in the environment",
	} {
		if _, err := address(base, false); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("address(%q): error %v, want %q", base, err, want)
		}
	}
	if _, err := address("http://10.0.0.7:8000/v1", true); err != nil {
		t.Errorf("plain http that is allowed: %v", err)
	}
}
