package house

import (
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the depguard rules in .golangci.yml from the table of floors")

// floors is the house: a package imports only from floors below its own. A folder that is not named belongs to
// the nearest named folder above it, and packages of one room may import each other. Below the ground floor lies
// the cellar, which is everything in internal.
var floors = [][]string{
	0: {"format/jinja", "compute", "compute/computetest", "compute/cpu", "compute/cuda", "grammar", "language", "statistics"},
	1: {"format/safetensors", "format/gguf", "format/parquet", "tokenizer", "chat", "openai", "hub", "store", "data", "models/nano", "recipes", "similarity"},
	2: {"model", "adapter", "dataset"},
	3: {"train", "infer"},
	4: {"selfinstruct", "curate", "arena", "eval", "export", "lens", "serve"},
	5: {"quickstart", "studio", "cluster"},
	6: {"cmd/cria", "e2e", "bench/plot", "bench/trial", "bench/spoil", "models/nano/primer"},
}

const cellar = "internal"

// place finds the room that a folder belongs to and the floor it is on; the room is empty where there is none.
func place(dir string) (room string, floor int) {
	if within(dir, cellar) {
		return cellar, -1
	}
	for n, rooms := range floors {
		for _, r := range rooms {
			if within(dir, r) && len(r) > len(room) {
				room, floor = r, n
			}
		}
	}
	return room, floor
}

func within(dir, room string) bool { return dir == room || strings.HasPrefix(dir, room+"/") }

// allowed says whether code in one room may import another. A room stands on the folder it is in: compute/cpu
// may import compute, though both are on the ground floor.
func allowed(room, imported string) bool {
	_, from := place(room)
	_, to := place(imported)
	return to < from || within(room, imported)
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		room, imported string
		want           bool
	}{
		{"train", "model", true},
		{"train", "internal", true},
		{"train", "infer", false},         // sideways
		{"model", "train", false},         // up
		{"compute/cpu", "compute", true},  // the folder it stands in
		{"compute", "compute/cpu", false}, // and not the other way
		{"compute/computetest", "compute/cpu", false},
		{"format/gguf", "format/safetensors", false},
		{"internal", "compute", false},
	} {
		if got := allowed(c.room, c.imported); got != c.want {
			t.Errorf("%s may import %s: %t, want %t", c.room, c.imported, got, c.want)
		}
	}
}

func TestEveryPackageHasAFloor(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		if room, _ := place(s.dir()); room == "" && !seen[s.dir()] {
			seen[s.dir()] = true
			t.Errorf("package %s is on no floor: give it one in floors_test.go", s.dir())
		}
	}
}

// Tests may look sideways, as where a tokenizer is tested with the files it comes in, but not up.
func TestImportsComeFromFloorsBelow(t *testing.T) {
	for _, s := range sources(t) {
		room, floor := place(s.dir())
		for _, dir := range s.imports() {
			imported, below := place(dir)
			if allowed(room, imported) || s.test() && below == floor {
				continue
			}
			t.Errorf("%s (%s, floor %d) imports %s (floor %d)", s.path, room, floor, dir, below)
		}
	}
}

func TestTestHelpersStayOutOfTheProgram(t *testing.T) {
	helper := func(dir string) bool { return strings.HasSuffix(dir, "test") || dir == "internal/shared" }
	for _, s := range sources(t) {
		if s.test() || helper(s.dir()) {
			continue
		}
		for _, p := range s.allImports() {
			if dir, ours := strings.CutPrefix(p, module+"/"); p == "testing" || ours && helper(dir) {
				t.Errorf("%s imports %s, which is for tests", s.path, p)
			}
		}
	}
}

const (
	rulesBegin = "      # Written by `go test ./internal/house -update` from floors_test.go: change it there.\n"
	rulesEnd   = "      # End of the floors.\n"
)

// depguard writes the rules of golangci-lint's depguard, one for each room: of this module, only what is below.
// A room inside another has its own rule, and may import the folder it is in but not that folder's other rooms.
func depguard() string {
	var b strings.Builder
	rule := func(room string, floor int) {
		files := []string{"${config-path}/" + room + "/**", "!$test"}
		allow := []string{module + "/" + cellar, module + "/" + room}
		for n, rooms := range floors {
			for _, r := range rooms {
				switch {
				case n < floor && !inner(r):
					allow = append(allow, module+"/"+r)
				case r != room && within(room, r):
					allow = append(allow, module+"/"+r+"$")
				case r != room && within(r, room):
					files = append(files, "!${config-path}/"+r+"/**")
				}
			}
		}
		fmt.Fprintf(&b, "        %s:\n          list-mode: lax\n", strings.ReplaceAll(room, "/", "-"))
		fmt.Fprintf(&b, "          files: [%s]\n", quoted(files))
		fmt.Fprintf(&b, "          deny: [{pkg: %s, desc: floor %d (%s) imports only from floors below}]\n", module, floor, room)
		fmt.Fprintf(&b, "          allow:\n")
		for _, p := range slices.Compact(allow) { // the cellar is its own room
			fmt.Fprintf(&b, "            - %s\n", p)
		}
	}
	rule(cellar, -1)
	for n, rooms := range floors {
		for _, room := range rooms {
			rule(room, n)
		}
	}
	return rulesBegin + "      rules:\n" + b.String() + rulesEnd
}

// inner says whether the room stands inside another, whose prefix covers it.
func inner(room string) bool {
	outer, _ := place(path.Dir(room))
	return outer != ""
}

func quoted(list []string) string { return `"` + strings.Join(list, `", "`) + `"` }

func TestDepguardHoldsTheSameFloors(t *testing.T) {
	name := filepath.Join(root, ".golangci.yml")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	from, to := strings.Index(text, rulesBegin), strings.Index(text, rulesEnd)
	if from < 0 || to < from {
		t.Fatalf("%s has lost the lines that mark the floors", name)
	}
	want := text[:from] + depguard() + text[to+len(rulesEnd):]
	if text == want {
		return
	}
	if !*update {
		t.Fatalf("%s does not hold the floors of floors_test.go: go test ./internal/house -update", name)
	}
	if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
