package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cria-llm/cria/model/modeltest"
)

// A disk that is too small is noticed before the run begins, and nothing is written to it.
func TestLaw12AFullDiskIsNoticedFirst(t *testing.T) {
	t.Setenv("CRIA_HOME", t.TempDir())
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("a small disk cannot be mounted here: ", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	rows := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(rows, []byte(strings.Repeat(`{"instruction":"a","output":"b"}`+"\n", 9)), 0o666); err != nil {
		t.Fatal(err)
	}
	errs, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer errs.Close()
	code := run(context.Background(), newApp(os.Stdin, errs, errs), []string{
		"train", "--base", modeltest.Tiny(t, 1), "--data", rows, "--out", filepath.Join(dir, "run"), "--eval-fraction", "0"})
	text, err := os.ReadFile(errs.Name())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if last := lines[len(lines)-1]; code != exitError || !strings.HasPrefix(last, "cria: ") || !strings.Contains(last, "is free") {
		t.Errorf("exit code %d, output %q", code, text)
	}
	if list, _ := os.ReadDir(dir); len(list) != 0 {
		t.Errorf("the disk holds %v", list)
	}
}
