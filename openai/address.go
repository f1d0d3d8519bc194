package openai

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

const chatPath = "/chat/completions"

// ErrPlain is of an address of another machine that is not encrypted, where that is not allowed.
var ErrPlain = errors.New("not encrypted")

// address reads a base URL. Its path is the part before /chat/completions; a bare host has /v1.
func address(base string, insecure bool) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(base))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errors.New("the address of an endpoint begins with https:// or http:// and a host, as https://api.openai.com/v1 does")
	}
	if u.User != nil {
		return nil, fmt.Errorf("the address at %s has a user or a password in it: keep a key in the environment", u.Host)
	}
	if u.Scheme == "http" && !insecure && !loopback(u.Hostname()) {
		return nil, fmt.Errorf("http://%s is %w: the key and the texts can be read on the way, so want https", u.Host, ErrPlain)
	}
	u.Fragment = ""
	u.Path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), chatPath)
	if u.RawPath = ""; u.Path == "" {
		u.Path = "/v1"
	}
	return u, nil
}

// loopback says whether a host is this machine by its name.
func loopback(host string) bool {
	if host = strings.ToLower(strings.TrimSuffix(host, ".")); host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// plainAddress is an address without its query, which may be secret.
func plainAddress(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path }
