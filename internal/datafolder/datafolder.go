// Package datafolder says where what cria keeps for its user lies: the ledger of runs, and what is made without a folder
// being named. It makes nothing and reads nothing.
//
//	dir, err := datafolder.Path()
package datafolder

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
)

// Variable is the environment variable that names the folder, before all else.
const Variable = "CRIA_HOME"

// Path is the folder: $CRIA_HOME, or cria in the place that the system has for a user's data, which is $XDG_DATA_HOME or
// ~/.local/share, ~/Library/Application Support on macOS and %LocalAppData% on Windows. The folder may not be there yet.
func Path() (string, error) { return path(runtime.GOOS, environment) }

// environment is a variable of it; for HOME, where that is not set, the home that the system has for the user.
func environment(name string) string {
	v := os.Getenv(name)
	if v == "" && name == "HOME" {
		if u, err := user.Current(); err == nil {
			return u.HomeDir
		}
	}
	return v
}

func path(system string, env func(string) string) (string, error) {
	if dir := env(Variable); dir != "" {
		return filepath.Abs(dir)
	}
	home := env("HOME")
	switch system {
	case "windows":
		if dir := env("LocalAppData"); dir != "" {
			return filepath.Join(dir, "cria"), nil
		}
		return "", errors.New("no folder for your data: LocalAppData is not set; set CRIA_HOME to a folder")
	case "darwin":
		if home != "" {
			return filepath.Join(home, "Library", "Application Support", "cria"), nil
		}
	default:
		// A relative path is to be ignored (XDG Base Directory Specification).
		if dir := env("XDG_DATA_HOME"); filepath.IsAbs(dir) {
			return filepath.Join(dir, "cria"), nil
		}
		if home != "" {
			return filepath.Join(home, ".local", "share", "cria"), nil
		}
	}
	return "", errors.New("no folder for your data: HOME is not set; set CRIA_HOME to a folder")
}
