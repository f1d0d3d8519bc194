package hub

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cria-llm/cria/internal/wait"
)

// DefaultEndpoint is the hub where HF_ENDPOINT names no other.
const DefaultEndpoint = "https://huggingface.co"

// Client speaks to one hub and writes to one cache.
type Client struct {
	Endpoint string // address of the hub, without a slash at its end
	Token    string // of an account; "" for none
	Cache    string // the folder that holds models--ORG--NAME
	Offline  bool   // no connection is opened

	http  *http.Client
	pause pause // between two tries
	stall time.Duration
}

// New makes a client. The folder need not be there yet.
func New(endpoint, token, cache string) (*Client, error) {
	endpoint = strings.TrimRight(endpoint, "/")
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("HF_ENDPOINT is %q: want the address of a hub, such as %s", endpoint, DefaultEndpoint)
	}
	if strings.ContainsAny(token, "\r\n \t\x00") {
		return nil, errors.New("the token has white space in it: want one line, hf_…")
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true // sizes are those of the files
	t.ResponseHeaderTimeout = time.Minute
	t.MaxIdleConnsPerHost = parallel
	return &Client{
		Endpoint: endpoint, Token: token, Cache: cache,
		http: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // where the token may go is decided here
		}},
		pause: wait.For,
		stall: time.Minute,
	}, nil
}

// FromEnvironment makes the client that the variables of Hugging Face's own tools describe: HF_ENDPOINT; HF_TOKEN, or the
// token that was stored by a login; HF_HUB_CACHE, HF_HOME and XDG_CACHE_HOME; HF_HUB_OFFLINE.
func FromEnvironment() (*Client, error) { return fromEnvironment(os.Getenv) }

func fromEnvironment(env func(string) string) (*Client, error) {
	cache, home, err := folders(env)
	if err != nil {
		return nil, err
	}
	token, err := token(env, home)
	if err != nil {
		return nil, err
	}
	endpoint := env("HF_ENDPOINT")
	if endpoint == "" {
		endpoint = DefaultEndpoint
	}
	c, err := New(endpoint, token, cache)
	if err != nil {
		return nil, err
	}
	c.Offline = isOn(env("HF_HUB_OFFLINE"))
	return c, nil
}

func isOn(v string) bool {
	switch strings.ToUpper(v) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

// folders are the cache, and the folder that the token lies in.
func folders(env func(string) string) (cache, home string, err error) {
	home = env("HF_HOME")
	if home == "" {
		base := env("XDG_CACHE_HOME")
		if base == "" {
			user := env("HOME")
			if user == "" {
				user = env("USERPROFILE")
			}
			if user != "" {
				base = filepath.Join(user, ".cache")
			}
		}
		if base != "" {
			home = filepath.Join(base, "huggingface")
		}
	}
	for _, name := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"} {
		if cache == "" {
			cache = env(name)
		}
	}
	if cache == "" {
		if home == "" {
			return "", "", errors.New("no folder for what is pulled: HOME is not set; set HF_HOME to a folder")
		}
		cache = filepath.Join(home, "hub")
	}
	if strings.HasPrefix(cache, "~/") && env("HOME") != "" {
		cache = filepath.Join(env("HOME"), cache[2:])
	}
	if cache, err = filepath.Abs(cache); err != nil {
		return "", "", err
	}
	return cache, home, nil
}

// token is the one that is set, else the one that is stored.
func token(env func(string) string, home string) (string, error) {
	for _, name := range []string{"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"} {
		if t := strings.TrimSpace(env(name)); t != "" {
			return t, nil
		}
	}
	if isOn(env("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
		return "", nil
	}
	file := env("HF_TOKEN_PATH")
	if file == "" {
		if home == "" {
			return "", nil
		}
		file = filepath.Join(home, "token")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return "", nil
		}
		return "", fmt.Errorf("read the hub's token: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}
