package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cria-llm/cria/hub/hubtest"
)

// noise is bytes that no two files share.
func noise(seed uint64, n int) string {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

// model is a small repository with what is needed and what is not.
func model() hubtest.Files {
	return hubtest.Files{
		"config.json": `{"model_type":"llama"}`, "tokenizer.json": "{}", "README.md": "# a model", "LICENSE": "free",
		"model.safetensors": noise(1, 300_000), "pytorch_model.bin": "a pickle", "onnx/model.onnx": "another form",
		"model.fp16.bin": "x", ".gitattributes": "y", "additional_chat_templates/tool.jinja": "{{ messages }}",
	}
}

// client is one of a hub and an empty cache, which does not wait between tries.
func client(t *testing.T, h *hubtest.Hub) *Client {
	t.Helper()
	cache := filepath.Join(t.TempDir(), "hub")
	t.Setenv("HF_HUB_CACHE", cache)
	c, err := New(h.URL, h.Token, cache)
	if err != nil {
		t.Fatal(err)
	}
	c.pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return c
}

func parse(t *testing.T, kind Kind, text string) Ref {
	t.Helper()
	r, err := ParseRef(kind, text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func pulls(t *testing.T, c *Client, text string) *Pulled {
	t.Helper()
	got, err := c.Pull(t.Context(), parse(t, Model, text), PullOptions{}, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// paths are the names of what was pulled.
func paths(p *Pulled) []string {
	var list []string
	for _, f := range p.Files {
		list = append(list, f.Path)
	}
	return list
}

// holds checks that the files of a snapshot are those of the hub.
func holds(t *testing.T, p *Pulled, files hubtest.Files) {
	t.Helper()
	for _, f := range p.Files {
		b, err := os.ReadFile(filepath.Join(p.Path, filepath.FromSlash(f.Path)))
		if err != nil || string(b) != files[f.Path] {
			t.Errorf("%s is not what the hub has: %v", f.Path, err)
		}
		if f.SHA256 != hubtest.SHA256(files[f.Path]) || f.Bytes != int64(len(files[f.Path])) {
			t.Errorf("%s is told with hash %s, %d bytes", f.Path, f.SHA256, f.Bytes)
		}
	}
}

func TestAPullBringsWhatIsNeededIntoTheSharedLayout(t *testing.T) {
	h := hubtest.New(t)
	files := model()
	h.Add("org/name", files)
	c := client(t, h)
	got := pulls(t, c, "org/name")
	want := []string{"LICENSE", "README.md", "additional_chat_templates/tool.jinja", "config.json", "model.safetensors", "tokenizer.json"}
	if !slices.Equal(paths(got), want) {
		t.Errorf("pulled %v, want %v", paths(got), want)
	}
	holds(t, got, files)
	dir := filepath.Join(c.Cache, "models--org--name")
	commit := h.Commit("org/name")
	if got.Commit != commit || got.Path != filepath.Join(dir, "snapshots", commit) || got.Revision != "main" {
		t.Errorf("commit %s at %s of %s", got.Commit, got.Path, got.Revision)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "refs", "main")); err != nil || string(b) != commit {
		t.Errorf("refs/main is %q, %v", b, err)
	}
	for name, link := range map[string]string{
		"model.safetensors":                    "../../blobs/" + hubtest.SHA256(files["model.safetensors"]),
		"additional_chat_templates/tool.jinja": "../../../blobs/",
	} {
		to, err := os.Readlink(filepath.Join(got.Path, name))
		if err != nil || !strings.HasPrefix(filepath.ToSlash(to), link) {
			t.Errorf("%s links to %q, %v; want %s", name, to, err, link)
		}
	}
	at, err := Locate(parse(t, Model, "org/name"))
	if err != nil || at != got.Path {
		t.Errorf("located at %s, %v", at, err)
	}
	if at, err := Locate(parse(t, Model, "org/name@"+commit)); err != nil || at != got.Path {
		t.Errorf("at its commit located at %s, %v", at, err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "blobs"))
	if err != nil || len(left) != len(want) {
		t.Errorf("%d files in blobs, want %d: %v", len(left), len(want), err)
	}

	// Again, nothing is fetched.
	before := len(h.Requests())
	again := pulls(t, c, "org/name")
	for _, r := range h.Requests()[before:] {
		if r.Method == http.MethodGet && !strings.HasPrefix(r.Path, "/api/") {
			t.Errorf("fetched again: %s", r.Path)
		}
	}
	holds(t, again, files)
}

func TestAnIndexSaysWhichShardsAreNeeded(t *testing.T) {
	h := hubtest.New(t)
	files := hubtest.Files{
		"config.json":                      "{}",
		"model.safetensors.index.json":     `{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors", "c": "model-00001-of-00002.safetensors"}}`,
		"model-00001-of-00002.safetensors": noise(1, 1000), "model-00002-of-00002.safetensors": noise(2, 1000),
		"consolidated.safetensors": noise(3, 1000), "model.fp32-00001-of-00001.safetensors": noise(4, 10),
	}
	h.Add("org/name", files)
	c := client(t, h)
	got := pulls(t, c, "org/name")
	want := []string{"config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"}
	if !slices.Equal(paths(got), want) {
		t.Errorf("pulled %v, want %v", paths(got), want)
	}
	holds(t, got, files)
	// Without a shard it is not whole.
	if err := os.Remove(filepath.Join(got.Path, "model-00002-of-00002.safetensors")); err != nil {
		t.Fatal(err)
	}
	if _, err := Locate(parse(t, Model, "org/name")); !errors.As(err, new(*NotPulledError)) || !strings.Contains(err.Error(), "only in part") {
		t.Errorf("located without a shard: %v", err)
	}

	files["model.safetensors.index.json"] = `{"weight_map": {"a": "../../x.safetensors"}}`
	h.Add("org/name", files)
	if _, err := c.Pull(t.Context(), parse(t, Model, "org/name"), PullOptions{}, Silent{}); err == nil || !strings.Contains(err.Error(), "not among the files") {
		t.Errorf("an index that leads out: %v", err)
	}
}

func TestWhatIsCutShortIsResumed(t *testing.T) {
	h := hubtest.New(t)
	files := model()
	h.Add("org/name", files)
	h.Cut("model.safetensors", 100_000, 2)
	h.Cut("config.json", 5, 1)
	got := pulls(t, client(t, h), "org/name")
	holds(t, got, files)
	var ranges []string
	for _, r := range h.Requests() {
		if r.CDN && r.Method == http.MethodGet {
			ranges = append(ranges, fmt.Sprintf("%s %t %t", r.Range, r.IfRange != "", r.PartialSent))
		}
	}
	// The first request asks for all, the others for the rest, of the same version.
	if want := []string{" false false", "bytes=100000- true true", "bytes=200000- true true"}; !slices.Equal(ranges, want) {
		t.Errorf("asked for %q, want %q", ranges, want)
	}
	if got.Resumed != 0 {
		t.Errorf("%d bytes resumed within one pull", got.Resumed)
	}
}

func TestAnInterruptedPullIsResumedByTheNext(t *testing.T) {
	h := hubtest.New(t)
	files := model()
	h.Add("org/name", files)
	h.Slow("model.safetensors", 20*time.Millisecond)
	c := client(t, h)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop := observer{moved: func(name string, n int64) {
		if name == "model.safetensors" && n > 0 {
			cancel()
		}
	}}
	_, err := c.Pull(ctx, parse(t, Model, "org/name"), PullOptions{}, stop)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	if _, err := Locate(parse(t, Model, "org/name")); !errors.As(err, new(*NotPulledError)) || !strings.Contains(err.Error(), "cria pull org/name") {
		t.Errorf("located after an interrupt: %v", err)
	}
	blob := filepath.Join(c.Cache, "models--org--name", "blobs", hubtest.SHA256(files["model.safetensors"]))
	part, err := os.Stat(blob + ".incomplete")
	if err != nil || part.Size() == 0 || part.Size() == 300_000 {
		t.Fatalf("left behind: %v, %v", part, err)
	}
	h.Slow("model.safetensors", 0)
	got := pulls(t, c, "org/name")
	holds(t, got, files)
	if got.Resumed != part.Size() {
		t.Errorf("%d bytes resumed, %d were there", got.Resumed, part.Size())
	}
}

// observer calls functions.
type observer struct {
	Silent
	moved func(string, int64)
	noted func(string)
}

func (o observer) Moved(name string, n int64) {
	if o.moved != nil {
		o.moved(name, n)
	}
}

func (o observer) Noted(text string) {
	if o.noted != nil {
		o.noted(text)
	}
}

func TestAPartOfAnotherFileIsNotResumed(t *testing.T) {
	h := hubtest.New(t)
	files := model()
	weights := files["model.safetensors"]
	h.Add("org/name", files)
	c := client(t, h)
	blob := filepath.Join(c.Cache, "models--org--name", "blobs", hubtest.SHA256(weights))
	for _, left := range []struct{ name, bytes, origin string }{
		{"from another version of the server's file", noise(7, 1000), `"cdn-old"`},
		{"of which nothing is known, and wrong", noise(7, 1000), ""},
		{"too long", noise(7, 300_001), ""},
		{"whole but wrong", noise(7, 300_000), ""},
	} {
		if err := os.MkdirAll(filepath.Dir(blob), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(blob+".incomplete", []byte(left.bytes), 0o666); err != nil {
			t.Fatal(err)
		}
		if left.origin != "" {
			if err := os.WriteFile(blob+".incomplete.etag", []byte(left.origin), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got := pulls(t, c, "org/name")
		holds(t, got, files)
		if got.Resumed != 0 {
			t.Errorf("a part %s: %d bytes resumed", left.name, got.Resumed)
		}
		if err := os.RemoveAll(filepath.Join(c.Cache, "models--org--name")); err != nil {
			t.Fatal(err)
		}
	}
	// A good one of another tool, which leaves no note, is.
	if err := os.MkdirAll(filepath.Dir(blob), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(blob+".incomplete", []byte(weights[:12345]), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := pulls(t, c, "org/name"); got.Resumed != 12345 {
		t.Errorf("%d bytes resumed, want 12345", got.Resumed)
	}
}

func TestAFileThatChangesBetweenTwoTriesIsNotMixed(t *testing.T) {
	h := hubtest.New(t)
	files := model()
	h.Add("org/name", files)
	h.Tell("model.safetensors", hubtest.Lie{Bytes: noise(9, 300_000)}) // an old version, until it is cut
	h.Cut("model.safetensors", 100_000, 1)
	c := client(t, h)
	c.pause = func(context.Context, time.Duration) error {
		h.Tell("model.safetensors", hubtest.Lie{})
		return nil
	}
	holds(t, pulls(t, c, "org/name"), files)
	var last hubtest.Request
	for _, r := range h.Requests() {
		if r.CDN {
			last = r
		}
	}
	if last.Range == "" || last.IfRange == "" || last.PartialSent {
		t.Errorf("the last request is %+v: it must ask for the rest of the old version, and get the whole new one", last)
	}
}

func TestBusyHubsAreAskedAgain(t *testing.T) {
	h := hubtest.New(t)
	files := model()
	h.Add("org/name", files)
	h.Fail("api", 1, 429, "7")
	h.Fail("model.safetensors", 2, 503, "")
	h.Fail("cdn/model.safetensors", 2, 500, "")
	h.Fail("config.json", 1, 429, "3")
	c := client(t, h)
	var mu sync.Mutex
	var waits []time.Duration
	c.pause = func(_ context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		waits = append(waits, d)
		return nil
	}
	holds(t, pulls(t, c, "org/name"), files)
	for _, d := range []time.Duration{7 * time.Second, 3 * time.Second, firstPause, 2 * firstPause, 4 * firstPause} {
		if !slices.Contains(waits, d) {
			t.Errorf("no wait of %s in %v", d, waits)
		}
	}

	for name, c := range map[string]struct {
		code  int
		after string
		want  string
	}{
		"for ever":     {503, "", "503"},
		"for too long": {429, "4000", "asks to be left alone for 1h6m40s"},
		"never":        {501, "", "501"},
	} {
		h := hubtest.New(t)
		h.Add("org/name", model())
		h.Fail("model.safetensors", 100, c.code, c.after)
		_, err := client(t, h).Pull(t.Context(), parse(t, Model, "org/name"), PullOptions{}, Silent{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("busy %s: %v, want %q", name, err, c.want)
		}
		if n := len(h.Requests()); n > 40 {
			t.Errorf("busy %s: %d requests", name, n)
		}
	}
}

func TestLiesAreRefused(t *testing.T) {
	weights := model()["model.safetensors"]
	for name, c := range map[string]struct {
		lie  hubtest.Lie
		want string
	}{
		"other bytes of the size":   {hubtest.Lie{Bytes: noise(5, len(weights))}, "SHA-256"},
		"more bytes than said":      {hubtest.Lie{Bytes: weights + "more"}, "and now 300004"},
		"fewer bytes than said":     {hubtest.Lie{Bytes: weights[:1000]}, "and now 1000"},
		"another size than listed":  {hubtest.Lie{Listed: 5}, "contradicts itself"},
		"a size that it has not":    {hubtest.Lie{Size: 5}, "contradicts itself"},
		"a size for no disk":        {hubtest.Lie{Size: 1 << 62, Listed: 1 << 62}, "make room"},
		"another commit":            {hubtest.Lie{Commit: strings.Repeat("b", 40)}, "of commit"},
		"another hash than listed":  {hubtest.Lie{ETag: strings.Repeat("a", 64)}, "contradicts itself on the SHA-256"},
		"a hash that is a path":     {hubtest.Lie{ETag: "../../../evil"}, "no hash"},
		"a hash with a folder":      {hubtest.Lie{ETag: "a/b"}, "no hash"},
		"a hash that is a dot file": {hubtest.Lie{ETag: ".hidden"}, "no hash"},
	} {
		h := hubtest.New(t)
		h.Add("org/name", model())
		h.Tell("model.safetensors", c.lie)
		cl := client(t, h)
		_, err := cl.Pull(t.Context(), parse(t, Model, "org/name"), PullOptions{}, Silent{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if _, err := Locate(parse(t, Model, "org/name")); err == nil {
			t.Errorf("%s: it is there all the same", name)
		}
		if b, err := os.ReadFile(filepath.Join(cl.Cache, "models--org--name", "blobs", hubtest.SHA256(weights))); err == nil {
			t.Errorf("%s: a blob of %d bytes is there", name, len(b))
		}
	}
	// A small file's hash is Git's.
	h := hubtest.New(t)
	h.Add("org/name", model())
	c := client(t, h)
	c.http.Transport = mischief{c.http.Transport.RoundTrip}
	if _, err := c.Pull(t.Context(), parse(t, Model, "org/name"), PullOptions{}, Silent{}); err == nil || !strings.Contains(err.Error(), "Git hash") {
		t.Errorf("a small file of other bytes: %v", err)
	}
}

func TestNamesThatLeadOutAreRefused(t *testing.T) {
	for _, name := range []string{"../evil.json", "a/../../evil.json", "/etc/evil", `a\..\evil`, "C:evil", "a//b", "./a", "..", "", "a\x00b", "a/./b", "a\nb", "\xff"} {
		h := hubtest.New(t)
		files := model()
		files[name] = "evil"
		h.Add("org/name", files)
		c := client(t, h)
		_, err := c.Pull(t.Context(), parse(t, Model, "org/name"), PullOptions{}, Silent{})
		if name == "\xff" { // JSON makes it a replacement character, which is a name like others
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "nothing was fetched") {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := os.Stat(c.Cache); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: something was written: %v", name, err)
		}
	}
	if err := checkNames([]string{"a", "a/b"}); err == nil {
		t.Error("a file that is a folder too is taken")
	}
	if err := checkNames([]string{"a", "a"}); err == nil {
		t.Error("a file that is listed twice is taken")
	}
}

func TestLinksInTheCacheDoNotLeadOut(t *testing.T) {
	h := hubtest.New(t)
	h.Add("org/name", model())
	c := client(t, h)
	outside := t.TempDir()
	snapshot := filepath.Join(c.Cache, "models--org--name", "snapshots", h.Commit("org/name"))
	if err := os.MkdirAll(snapshot, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(snapshot, "additional_chat_templates")); err != nil {
		t.Skip("no symbolic links here: " + err.Error())
	}
	if _, err := c.Pull(t.Context(), parse(t, Model, "org/name"), PullOptions{}, Silent{}); err == nil {
		t.Error("a file was written through a link")
	}
	if list, err := os.ReadDir(outside); err != nil || len(list) > 0 {
		t.Errorf("outside is %v, %v", list, err)
	}
}

func TestTheTokenStaysWithTheHub(t *testing.T) {
	h := hubtest.New(t)
	h.Token = "hf_secret"
	h.Add("org/name", model())
	c := client(t, h)
	holds(t, pulls(t, c, "org/name"), model())
	sent := 0
	for _, r := range h.Requests() {
		if r.CDN && r.Token != "" {
			t.Errorf("the other host got the token with %s %s", r.Method, r.Path)
		}
		if !r.CDN && r.Token == h.Token {
			sent++
		}
	}
	if sent == 0 {
		t.Error("the hub never got the token")
	}
	c.Token = ""
	c.Cache = t.TempDir()
	if _, err := c.Pull(t.Context(), parse(t, Model, "org/name"), PullOptions{}, Silent{}); err == nil ||
		!strings.Contains(err.Error(), "accept its terms at "+h.URL+"/org/name") || !strings.Contains(err.Error(), "HF_TOKEN") {
		t.Errorf("without a token: %v", err)
	}
}

func TestAPlainMirrorWillDo(t *testing.T) {
	h := hubtest.New(t)
	h.Plain = true
	files := model()
	h.Add("org/name", files)
	h.Cut("model.safetensors", 1000, 1)
	got := pulls(t, client(t, h), "org/name")
	holds(t, got, files)
	h.Tell("config.json", hubtest.Lie{Listed: 3})
	if _, err := client(t, h).Pull(t.Context(), parse(t, Model, "org/name"), PullOptions{}, Silent{}); err == nil || !strings.Contains(err.Error(), "and now ") {
		t.Errorf("a wrong size in the list: %v", err)
	}
}

func TestTwoPullsAtOnceFetchOnce(t *testing.T) {
	h := hubtest.New(t)
	files := model()
	h.Add("org/name", files)
	h.Slow("model.safetensors", 5*time.Millisecond)
	c := client(t, h)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if _, err := c.Pull(t.Context(), Ref{ID: "org/name"}, PullOptions{}, Silent{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	n := 0
	for _, r := range h.Requests() {
		if r.CDN && r.Method == http.MethodGet {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the weights were fetched %d times", n)
	}
	holds(t, pulls(t, c, "org/name"), files)
}

func TestWhatCannotBeOpenedIsRefused(t *testing.T) {
	for want, files := range map[string]hubtest.Files{
		"pickles alone (pytorch_model.bin), which run code": {"config.json": "{}", "pytorch_model.bin": "x"},
		"another form alone (model.onnx)":                   {"config.json": "{}", "model.onnx": "x"},
		"no weights in safetensors or GGUF":                 {"README.md": "x"},
	} {
		h := hubtest.New(t)
		h.Add("org/name", files)
		if _, err := client(t, h).Pull(t.Context(), parse(t, Model, "org/name"), PullOptions{}, Silent{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	h := hubtest.New(t)
	h.Add("org/name", model())
	c := client(t, h)
	for text, want := range map[string]string{"org/nam": "check the spelling", "org/name@v9": `no revision "v9"`} {
		if _, err := c.Pull(t.Context(), parse(t, Model, text), PullOptions{}, Silent{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	c.Offline = true
	if _, err := c.Pull(t.Context(), parse(t, Model, "org/name"), PullOptions{}, Silent{}); err == nil || !strings.Contains(err.Error(), "HF_HUB_OFFLINE") {
		t.Errorf("offline: %v", err)
	}
}

func TestOfSeveralGGUFFilesOneIsPulled(t *testing.T) {
	h := hubtest.New(t)
	files := hubtest.Files{
		"README.md": "x", "config.json": "{}", "m-Q4_K_M.gguf": noise(1, 100), "m-Q4_K_S.gguf": noise(2, 200), "m.Q8_0.gguf": noise(3, 300),
		"big/m-BF16-00001-of-00002.gguf": noise(4, 50), "big/m-BF16-00002-of-00002.gguf": noise(5, 50), "mmproj-F16.gguf": noise(6, 9),
	}
	h.Add("org/name-GGUF", files)
	c := client(t, h)
	_, err := c.Pull(t.Context(), parse(t, Model, "org/name-GGUF"), PullOptions{}, Silent{})
	if err == nil || !strings.Contains(err.Error(), "Q4_K_M (100 bytes), Q4_K_S (200 bytes), Q8_0 (300 bytes)") || !strings.Contains(err.Error(), "cria pull org/name-GGUF:") {
		t.Errorf("several: %v", err)
	}
	got := pulls(t, c, "org/name-GGUF:q4_k_m")
	if want := []string{"README.md", "m-Q4_K_M.gguf"}; !slices.Equal(paths(got), want) || filepath.Base(got.Path) != "m-Q4_K_M.gguf" {
		t.Errorf("pulled %v at %s", paths(got), got.Path)
	}
	if at, err := Locate(parse(t, Model, "org/name-GGUF")); err != nil || at != got.Path {
		t.Errorf("the only one is located at %s, %v", at, err)
	}
	got = pulls(t, c, "org/name-GGUF:BF16")
	if want := []string{"README.md", "big/m-BF16-00001-of-00002.gguf", "big/m-BF16-00002-of-00002.gguf"}; !slices.Equal(paths(got), want) {
		t.Errorf("pulled %v, want %v", paths(got), want)
	}
	if at, err := Locate(parse(t, Model, "org/name-GGUF:bf16")); err != nil || at != got.Path {
		t.Errorf("the split one is located at %s, %v", at, err)
	}
	if _, err := Locate(parse(t, Model, "org/name-GGUF")); err == nil || !strings.Contains(err.Error(), "org/name-GGUF:Q4_K_M") {
		t.Errorf("two: %v", err)
	}
	all, err := c.Pull(t.Context(), parse(t, Model, "org/name-GGUF"), PullOptions{Include: []string{"*Q8_0.gguf"}}, Silent{})
	if err != nil || !slices.Equal(paths(all), []string{"m.Q8_0.gguf"}) {
		t.Errorf("included %v, %v", all, err)
	}
}
