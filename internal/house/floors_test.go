package house

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the depguard rules in .golangci.yml from the table of floors")

// floors is the house, ground first: a package imports only from floors below its own. A folder that is not
// named belongs to the nearest named folder above it, and packages of one room may import each other.
var floors = [][]string{
	{"internal"},
	{"compute", "compute/computetest", "compute/cpu", "compute/cuda"},
	{"format/safetensors", "format/gguf", "format/jinja", "tokenizer", "chat", "openai", "hub", "store"},
	{"model", "adapter", "dataset"},
	{"train", "infer"},
	{"selfinstruct", "curate", "arena", "eval", "lens", "serve"},
	{"studio", "cluster"},
	{"cmd/cria"},
}

// place finds the room that a folder belongs to and the floor it is on; the floor is -1 where there is none.
func place(dir string) (room string, floor int) {
	floor = -1
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

func TestEveryPackageHasAFloor(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		if _, floor := place(s.dir()); floor < 0 && !seen[s.dir()] {
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

// depguard writes the rules of golangci-lint's depguard for every room: what it must not import.
func depguard() string {
	var b strings.Builder
	b.WriteString(rulesBegin + "      rules:\n")
	for n, rooms := range floors {
		for _, room := range rooms {
			var deny []string
			for _, other := range floors[n:] {
				for _, r := range other {
					if !allowed(room, r) && !nested(r, other) {
						deny = append(deny, r)
					}
				}
			}
			if len(deny) == 0 {
				continue
			}
			fmt.Fprintf(&b, "        %s:\n", strings.ReplaceAll(room, "/", "-"))
			fmt.Fprintf(&b, "          files: [\"${config-path}/%s/**\", \"!$test\"%s]\n", room, except(room))
			b.WriteString("          deny:\n")
			for _, r := range deny {
				_, floor := place(r)
				fmt.Fprintf(&b, "            - {pkg: %s/%s, desc: \"floor %d; %s is on floor %d\"}\n", module, r, floor, room, n)
			}
		}
	}
	b.WriteString(rulesEnd)
	return b.String()
}

// nested says whether a denied prefix already covers the room.
func nested(room string, rooms []string) bool { return false }

// except leaves out the rooms inside a room, which have rules of their own.
func except(room string) string {
	var b strings.Builder
	for _, rooms := range floors {
		for _, r := range rooms {
			if r != room && within(r, room) {
				fmt.Fprintf(&b, ", \"!${config-path}/%s/**\"", r)
			}
		}
	}
	return b.String()
}

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
