package house

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	goVersion = "1.26"  // what a user with GOTOOLCHAIN=local can be asked for
	maxDirect = 20      // direct requirements; each is a promise to follow someone else's releases
	maxFile   = 2 << 20 // bytes of a committed file

	// cria-nano is in the program, so its weights are in the repository.
	embeddedWeights = "models/nano/model.safetensors"
	maxWeights      = 12 << 20
)

func TestModuleStaysSmall(t *testing.T) {
	var mod struct {
		Go      string
		Require []struct {
			Path     string
			Indirect bool
		}
		Replace []struct{ Old struct{ Path string } }
	}
	if err := json.Unmarshal(output(t, "go", "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	if mod.Go != goVersion && !strings.HasPrefix(mod.Go, goVersion+".") {
		t.Errorf("go.mod asks for Go %s, want %s", mod.Go, goVersion)
	}
	var direct []string
	for _, r := range mod.Require {
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}
	if len(direct) > maxDirect {
		t.Errorf("go.mod has %d direct requirements, more than %d: %s", len(direct), maxDirect, strings.Join(direct, " "))
	}
	for _, r := range mod.Replace {
		t.Errorf("go.mod replaces %s, which go install ignores", r.Old.Path)
	}
}

func TestCommittedFilesAreSmall(t *testing.T) {
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		t.Skip("not a git checkout")
	}
	for _, name := range strings.Split(strings.TrimSuffix(string(output(t, "git", "ls-files", "-z")), "\x00"), "\x00") {
		info, err := os.Lstat(filepath.Join(root, name))
		if err != nil {
			continue // deleted and not yet committed
		}
		most := int64(maxFile)
		if name == embeddedWeights {
			most = maxWeights
		}
		if info.Size() > most {
			t.Errorf("%s has %d bytes, more than %d", name, info.Size(), most)
		}
	}
}

// output runs a command in the repository's folder.
func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	return out
}
