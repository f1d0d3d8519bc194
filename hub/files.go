package hub

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkNames refuses a list of files that could be written elsewhere than in a folder of their own, or over one another.
func checkNames(names []string) error {
	files := make(map[string]bool, len(names))
	for _, name := range names {
		if problem := wrongName(name); problem != "" {
			return fmt.Errorf("the hub lists a file %.100q, whose name %s: nothing was fetched", name, problem)
		}
		if files[name] {
			return fmt.Errorf("the hub lists the file %.100q twice: nothing was fetched", name)
		}
		files[name] = true
	}
	for _, name := range names {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if files[dir] {
				return fmt.Errorf("the hub lists %.100q both as a file and as a folder: nothing was fetched", dir)
			}
		}
	}
	return nil
}

// wrongName says what is wrong with the name of a file in a repository; "" where it may be written.
func wrongName(name string) string {
	switch {
	case name == "" || len(name) > 1024:
		return "is empty or too long"
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return "is not plain text"
	case strings.Contains(name, `\`):
		return "has a backslash"
	case strings.HasPrefix(name, "/"):
		return "is an absolute path"
	case len(name) > 1 && name[1] == ':':
		return "names a drive"
	case path.Clean(name) != name || name == "." || name == ".." || strings.HasPrefix(name, "../"):
		return "leads out of its folder"
	case !filepath.IsLocal(filepath.FromSlash(name)):
		return "is not one that this system can have"
	}
	return ""
}

// matches compares a name with a pattern in which * stands for any text, slashes too, and ? for one character, as in
// Hugging Face's own tools. A pattern without a slash may also fit the name without its folders.
func matches(pattern, name string) bool {
	return wildcard(pattern, name) || !strings.Contains(pattern, "/") && wildcard(pattern, path.Base(name))
}

// wildcard takes the shortest text for each * and goes back to the last one where that fails.
func wildcard(pattern, name string) bool {
	p, n, star, from := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			from++
			p, n = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
