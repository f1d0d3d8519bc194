package house

import (
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxLines is where a file holds two subjects and is two files.
const maxLines = 600

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	docs := map[string]bool{} // by folder; a folder of tests alone needs no doc
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		docs[s.dir()] = docs[s.dir()] || s.ast.Doc != nil
		if s.ast.Doc == nil {
			continue
		}
		if want, got := opening(s), s.ast.Doc.Text(); !strings.HasPrefix(got, want) {
			first, _, _ := strings.Cut(got, "\n")
			t.Errorf("%s: the package's doc begins %q, want %q", s.path, first, want)
		}
	}
	for dir, documented := range docs {
		if !documented {
			t.Errorf("package %s has no doc comment", dir)
		}
	}
}

func opening(s source) string {
	if s.isMain() {
		return "Command " + path.Base(s.dir()) + " "
	}
	return "Package " + s.pkg() + " "
}

func TestFilesHoldOneSubject(t *testing.T) {
	for _, s := range sources(t) {
		if lines := strings.Count(s.text, "\n"); lines > maxLines && !generated.MatchString(s.text) {
			t.Errorf("%s has %d lines, more than %d: split it by subject", s.path, lines, maxLines)
		}
	}
}

func TestPackagesAreNamedAfterASubject(t *testing.T) {
	vague := []string{"util", "utils", "common", "helper", "helpers", "misc", "base", "types", "lib"}
	for _, s := range sources(t) {
		if slices.Contains(vague, strings.TrimSuffix(s.pkg(), "_test")) {
			t.Errorf("%s: %q says nothing of what is in the package", s.path, s.pkg())
		}
		if !s.isMain() && strings.TrimSuffix(s.pkg(), "_test") != path.Base(s.dir()) {
			t.Errorf("%s: package %s stands in a folder named %s", s.path, s.pkg(), path.Base(s.dir()))
		}
	}
}

// A build that imports C is no static binary, and needs a C compiler on the user's machine.
func TestNothingImportsC(t *testing.T) {
	for _, s := range sources(t) {
		if slices.ContainsFunc(s.ast.Imports, func(spec *ast.ImportSpec) bool { return spec.Path.Value == `"C"` }) {
			t.Errorf("%s imports C", s.path)
		}
	}
}
