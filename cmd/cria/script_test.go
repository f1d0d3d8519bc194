package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cria-llm/cria/hub/hubtest"
	"github.com/cria-llm/cria/model/modeltest"
	"github.com/cria-llm/cria/openai/openaitest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cria": main})
}

// TestScripts runs testdata/script/*.txtar, each in an empty folder, as a user would type them. A script finds in
//
//	$TINY       a model of random weights, to read only
//	$CRIA_HOME  a data folder of its own
//	$SHARED     the folder of reference models and data, where the condition [shared] holds
//	$MENDER     the address of a teacher that mends rows, see [scriptMender]
//	$JUDGE      the address of one that marks them, see [scriptJudge]
//	$ARENA      the address of one that says what it was asked, and judges as [scriptArena] does
//	$TEACHER    the address of an endpoint whose model writes tasks, see [writeTasks]
//	$SLOW       the name of the blob that takes the hub seconds to send
//
// and a hub of [scriptHub] and an empty cache where HF_ENDPOINT and HF_HUB_CACHE say,
//
// and has the commands of scriptCommands besides testscript's own.
func TestScripts(t *testing.T) {
	tiny := modeltest.Tiny(t, 1)
	shared, err := filepath.Abs(filepath.Join("..", "..", "..", "shared"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(shared)
	isShared := err == nil
	h, slow := scriptHub(t, tiny)
	mender := scriptMender(t)
	judge := scriptJudge(t)
	rival := scriptArena(t)
	endpoint := openaitest.NewServer(t, writeTasks, openaitest.Options{Key: "script"})
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("TINY", tiny)
			e.Setenv("CRIA_HOME", filepath.Join(e.WorkDir, ".data"))
			e.Setenv("HF_ENDPOINT", h.URL)
			e.Setenv("HF_HUB_CACHE", filepath.Join(e.WorkDir, ".hub"))
			e.Setenv("SLOW", slow)
			e.Setenv("MENDER", mender.URL)
			e.Setenv("JUDGE", judge.URL)
			e.Setenv("ARENA", rival.URL)
			e.Setenv("TEACHER", endpoint.URL)
			if isShared {
				e.Setenv("SHARED", shared)
			}
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "shared" {
				return isShared, nil
			}
			return false, errors.New("no such condition: " + cond)
		},
		Cmds: scriptCommands,
	})
}

// scriptHub is a hub with
//
//	test/tiny   the model of random weights
//	test/slow   one whose weights take seconds to come; their hash is given
//	test/gguf   GGUF files of two types, which are none
//	test/pickle weights as pickles alone
//	test/rows   a dataset with a split to train on, in two files, and one to test
func scriptHub(t *testing.T, tiny string) (*hubtest.Hub, string) {
	h := hubtest.New(t)
	model := hubtest.Files{}
	list, err := os.ReadDir(tiny)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		b, err := os.ReadFile(filepath.Join(tiny, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		model[e.Name()] = string(b)
	}
	weights := strings.Repeat("weights ", 1<<17)
	h.Add("test/tiny", model)
	h.Add("test/slow", hubtest.Files{"config.json": "{}", "slow.safetensors": weights})
	h.Slow("slow.safetensors", 200*time.Millisecond)
	h.Add("test/gguf", hubtest.Files{"README.md": "x", "m-Q4_K_M.gguf": "4", "m-Q8_0.gguf": "8"})
	h.Add("test/pickle", hubtest.Files{"config.json": "{}", "pytorch_model.bin": "x"})
	row := func(n int) string {
		return fmt.Sprintf("{\"instruction\": \"Count to %d.\", \"output\": \"%d, as asked.\"}\n", n, n)
	}
	h.Add("datasets/test/rows", hubtest.Files{
		"README.md": "# rows", "train-00000-of-00002.jsonl": row(1) + row(2), "train-00001-of-00002.jsonl": row(3) + row(4),
		"test-00000-of-00001.jsonl": row(5),
	})
	return h, hubtest.SHA256(weights)
}

var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"fails":    fails,
	"json":     hasKeys,
	"copy":     copyFolder,
	"spoil":    spoil,
	"wait-for": waitFor,
	"ids":      ids,
	"bouts":    bouts,
}

// fails CODE PROGRAM ARG...: the program ends with that exit code and says why in one line on stderr.
func fails(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: fails CODE PROGRAM ARG...")
	}
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != args[0] {
		ts.Fatalf("ended with %v, want exit code %s\n%s", err, args[0], ts.ReadFile("stderr"))
	}
	text := ts.ReadFile("stderr")
	if strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "cria: ") {
		ts.Fatalf("stderr is not one line that says what failed:\n%s", text)
	}
}

// json FILE KEY...: the last line of the file is a JSON object of those keys and no others.
func hasKeys(ts *testscript.TestScript, _ bool, args []string) {
	lines := strings.Split(strings.TrimSpace(ts.ReadFile(args[0])), "\n")
	var object map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &object); err != nil {
		ts.Fatalf("last line of %s: %v", args[0], err)
	}
	if got, want := slices.Sorted(maps.Keys(object)), slices.Sorted(slices.Values(args[1:])); !slices.Equal(got, want) {
		ts.Fatalf("keys are %v, want %v", got, want)
	}
}

// copy FROM TO: a folder of files, which can be written to.
func copyFolder(ts *testscript.TestScript, _ bool, args []string) {
	from, to := ts.MkAbs(args[0]), ts.MkAbs(args[1])
	list, err := os.ReadDir(from)
	ts.Check(err)
	ts.Check(os.MkdirAll(to, 0o777))
	for _, e := range list {
		b, err := os.ReadFile(filepath.Join(from, e.Name()))
		ts.Check(err)
		ts.Check(os.WriteFile(filepath.Join(to, e.Name()), b, 0o666))
	}
}

// wait-for FILE: until it is there and not empty.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	for range 600 {
		if info, err := os.Stat(ts.MkAbs(args[0])); err == nil && info.Size() > 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("%s did not appear", args[0])
}

// ids: $ID1, $ID2, … are the ids of the runs in the ledger, the oldest first.
func ids(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(ts.Exec("cria", "runs", "list", "--json"))
	var runs []struct{ ID string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &runs))
	for i, r := range runs {
		ts.Setenv("ID"+strconv.Itoa(len(runs)-i), r.ID)
	}
}

// bouts: $BOUT is the id of the comparison that was begun last.
func bouts(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(ts.Exec("cria", "arena", "list", "--json", "--limit", "1"))
	var list []struct{ ID string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &list))
	ts.Setenv("BOUT", list[0].ID)
}

// spoil HOW FILE: a model's or tokenizer's file becomes a bad one.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[1])
	var b []byte
	if args[0] != "gguf-counts" {
		var err error
		b, err = os.ReadFile(path)
		ts.Check(err)
	}
	switch args[0] {
	case "truncate":
		b = b[:len(b)/2]
	case "rename-norm":
		b = editHeader(ts, b, func(h map[string]map[string]any) {
			h["model.norm.wrong"] = h["model.norm.weight"]
			delete(h, "model.norm.weight")
		})
	case "turn-gate":
		b = editHeader(ts, b, func(h map[string]map[string]any) {
			t := h["model.layers.1.mlp.gate_proj.weight"]
			slices.Reverse(t["shape"].([]any))
		})
	case "no-merges":
		var t map[string]any
		ts.Check(json.Unmarshal(b, &t))
		delete(t["model"].(map[string]any), "merges")
		var err error
		b, err = json.Marshal(t)
		ts.Check(err)
	case "gguf-counts": // version 3, 2^60 tensors, 2^60 keys
		b = []byte("GGUF\x03\x00\x00\x00")
		b = binary.LittleEndian.AppendUint64(b, 1<<60)
		b = binary.LittleEndian.AppendUint64(b, 1<<60)
	default:
		ts.Fatalf("spoil: no way %q", args[0])
	}
	ts.Check(os.WriteFile(path, b, 0o666))
}

// editHeader rewrites the header of a safetensors file: 8 bytes of its length, then JSON.
func editHeader(ts *testscript.TestScript, b []byte, edit func(map[string]map[string]any)) []byte {
	n := binary.LittleEndian.Uint64(b)
	var h map[string]map[string]any
	ts.Check(json.Unmarshal(b[8:8+n], &h))
	edit(h)
	text, err := json.Marshal(h)
	ts.Check(err)
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	return append(append(out, text...), b[8+n:]...)
}
