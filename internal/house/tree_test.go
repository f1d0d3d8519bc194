package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// root is the repository's folder as seen from this package's.
const root = "../.."

// module is the path that every package of this repository is imported under.
const module = "github.com/cria-llm/cria"

// A source is one parsed Go file of the main module, whatever platform it builds for.
type source struct {
	path string // from the repository's root, with forward slashes: "compute/cpu/pool.go"
	text string
	ast  *ast.File
}

func (s source) dir() string  { return path.Dir(s.path) }
func (s source) test() bool   { return strings.HasSuffix(s.path, "_test.go") }
func (s source) pkg() string  { return s.ast.Name.Name }
func (s source) isMain() bool { return s.pkg() == "main" }

// imports lists the packages of this module that the file imports, from the repository's root: "compute/cpu".
func (s source) imports() []string {
	var dirs []string
	for _, p := range s.allImports() {
		if dir, ours := strings.CutPrefix(p, module+"/"); ours {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

func (s source) allImports() []string {
	var paths []string
	for _, spec := range s.ast.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// sources parses every Go file of the main module. Folders with a go.mod of their own, testdata and hidden
// folders are left out, as the go command leaves them out.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != root && foreign(name, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		all = append(all, source{path: filepath.ToSlash(rel), text: string(text), ast: file})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("found no Go files")
	}
	return all
}

func foreign(dir, base string) bool {
	if base == "testdata" || base == "vendor" || base == "node_modules" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}
