package machine

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCachedFilesOfAControlGroupAreNotUse(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"version 2": {
			"memory.max": "1000\n", "memory.current": "700\n",
			"memory.stat": "anon 200\nfile 500\ninactive_file 450\n",
		},
		"version 1": {
			"memory/memory.limit_in_bytes": "1000\n", "memory/memory.usage_in_bytes": "700\n",
			"memory/memory.stat": "inactive_file 1\ntotal_cache 500\ntotal_inactive_file 450\n",
		},
	} {
		if limit, used := cgroupAt(tree(t, files)); limit != 1000 || used != 250 {
			t.Errorf("%s: limit %d, used %d; want 1000, 250", name, limit, used)
		}
	}
	if limit, used := cgroupAt(tree(t, map[string]string{"memory.max": "max\n", "memory.current": "700\n"})); limit != 0 || used != 0 {
		t.Errorf("no limit: %d, %d; want 0, 0", limit, used)
	}
}

func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
