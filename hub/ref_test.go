package hub

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReferences(t *testing.T) {
	for text, want := range map[string]Ref{
		"org/name":                        {ID: "org/name"},
		"gpt2":                            {ID: "gpt2"},
		"org/name@v1.0":                   {ID: "org/name", Revision: "v1.0"},
		"org/name@refs/pr/3:Q4_K_M":       {ID: "org/name", Revision: "refs/pr/3", Part: "Q4_K_M"},
		"org/name:main/test":              {ID: "org/name", Part: "main/test"},
		"https://huggingface.co/org/name": {ID: "org/name"},
		"hf.co/org/name:Q8_0":             {ID: "org/name", Part: "Q8_0"},
		"https://huggingface.co/datasets/org/na.m-e": {ID: "org/na.m-e"},
	} {
		if got, err := ParseRef(Model, text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "/", "org/", "/name", "a/b/c", "../x", "org/..", "org/a--b", "org/.x", "-org/x", "org/name@", "org/name@../x", "org/name@a//b", "org/name@.x",
		"org/name:", "org/name:../x", `org/name:a\b`, "org/na me", "org/name@x y", strings.Repeat("a", 60) + "/" + strings.Repeat("b", 60), "http://evil/x", "C:/x",
	} {
		if got, err := ParseRef(Model, text); err == nil {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
	for text, want := range map[string]bool{
		"org/name": true, "org/name:Q8_0": true, "org/name@main": true, "name": false, "dir/model.gguf": false, "data/rows.jsonl": false, "data/rows.jsonl.gz": false,
		"a/b/c": false, "./a/b": false, "/a/b": false, "~/x": false, "Org/Qwen2.5-0.5B": true,
	} {
		if LooksLikeID(text) != want {
			t.Errorf("%s may be an id: %t", text, !want)
		}
	}
}

func TestPatternsFitAsTheirToolsHaveThem(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*.gguf", "a.gguf", true}, {"*.gguf", "d/a.gguf", true}, {"d/*", "d/e/f", true}, {"*q4*", "m-q4_0.gguf", true}, {"?.json", "a.json", true},
		{"*.json", "a.jsonl", false}, {"a", "b", false}, {"", "", true}, {"*", "", true}, {"a*b*c", "aXbYbZc", true}, {"a*b*c", "aXbYbZ", false},
		{"d/a", "a", false}, {"a", "d/a", true}, {strings.Repeat("*a", 30), strings.Repeat("a", 10_000) + "b", false},
	} {
		if matches(c.pattern, c.name) != c.want {
			t.Errorf("%.20q fits %.20q: %t", c.pattern, c.name, !c.want)
		}
	}
}

func TestTheEnvironmentIsThatOfOtherTools(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("hf_stored\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "home")
	for name, c := range map[string]struct {
		env                    map[string]string
		cache, token, endpoint string
	}{
		"nothing":     {map[string]string{"HOME": home}, filepath.Join(home, ".cache", "huggingface", "hub"), "", DefaultEndpoint},
		"a cache":     {map[string]string{"HOME": home, "XDG_CACHE_HOME": dir}, filepath.Join(dir, "huggingface", "hub"), "", DefaultEndpoint},
		"a home":      {map[string]string{"HOME": home, "HF_HOME": dir}, filepath.Join(dir, "hub"), "hf_stored", DefaultEndpoint},
		"a hub cache": {map[string]string{"HF_HOME": dir, "HF_HUB_CACHE": filepath.Join(dir, "x"), "HF_TOKEN": "hf_set"}, filepath.Join(dir, "x"), "hf_set", DefaultEndpoint},
		"no token":    {map[string]string{"HF_HOME": dir, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}, filepath.Join(dir, "hub"), "", DefaultEndpoint},
		"a mirror":    {map[string]string{"HOME": home, "HF_ENDPOINT": "https://hub.example/"}, filepath.Join(home, ".cache", "huggingface", "hub"), "", "https://hub.example"},
	} {
		got, err := fromEnvironment(func(k string) string { return c.env[k] })
		if err != nil || got.Cache != c.cache || got.Token != c.token || got.Endpoint != c.endpoint || got.Offline {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, env := range map[string]map[string]string{
		"no home": {}, "an address that is none": {"HOME": home, "HF_ENDPOINT": "hub.example"}, "a token of two lines": {"HOME": home, "HF_TOKEN": "a\nb"},
	} {
		if got, err := fromEnvironment(func(k string) string { return env[k] }); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got, err := fromEnvironment(func(k string) string { return map[string]string{"HOME": home, "HF_HUB_OFFLINE": "1"}[k] }); err != nil || !got.Offline {
		t.Errorf("offline: %+v, %v", got, err)
	}
}
