package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/store"
	"github.com/cria-llm/cria/train"
)

// removed is what rm did.
type removed struct {
	Runs    []string `json:"removed"` // ids
	Folders []string `json:"folders"`
}

func newRunsRemoveCommand(a *app) *cobra.Command {
	var asJSON, files, yes bool
	c := &cobra.Command{
		Use:   "rm ID...",
		Short: "Take runs out of the ledger",
		Long: `rm takes runs out of the ledger. What they wrote stays where it is; with --files their folders go too, after a question,
or without one with --yes. A run that goes on is left alone, and so is a folder that holds what no run wrote.`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return withLedger(c.Context(), func(s *store.Store) error {
				done := removed{Runs: []string{}, Folders: []string{}}
				all, err := s.Runs(c.Context())
				if err != nil {
					return err
				}
				for _, id := range args {
					r, err := s.Run(c.Context(), id)
					if err != nil {
						return err
					}
					if r.Status == store.Running {
						return fmt.Errorf("run %s goes on: stop it first", r.ID)
					}
					if files {
						gone, err := a.removeFolder(r, all, yes)
						if err != nil {
							return fmt.Errorf("run %s stays: %w", r.ID, err)
						}
						if gone {
							done.Folders = append(done.Folders, r.Out)
						}
					}
					if err := s.Remove(c.Context(), r.ID); err != nil {
						return err
					}
					done.Runs = append(done.Runs, r.ID)
					if !asJSON {
						fmt.Fprintln(a.stdout, "removed "+r.ID)
					}
				}
				if asJSON {
					return printJSON(a.stdout, done)
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&files, "files", false, "remove the runs' folders too")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON")
	return c
}

// removeFolder removes a run's folder, and says whether there was one.
func (a *app) removeFolder(r store.Run, all []store.Run, yes bool) (bool, error) {
	entries, err := os.ReadDir(r.Out)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, other := range all {
		if other.Out == r.Out && other.ID > r.ID {
			return false, fmt.Errorf("%s holds a later run, %s", r.Out, other.ID)
		}
	}
	var size int64
	var recipe bool
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return false, err
		}
		if !info.Mode().IsRegular() {
			return false, fmt.Errorf("%s holds %s, which no run wrote: remove the folder yourself", r.Out, e.Name())
		}
		recipe = recipe || e.Name() == "recipe.yaml"
		size += info.Size()
	}
	if !recipe {
		return false, fmt.Errorf("%s has no recipe.yaml, so it is no run's: remove the folder yourself", r.Out)
	}
	if !yes {
		ok, err := a.confirm(fmt.Sprintf("remove %s, %s of %s?", filepath.ToSlash(plain(r.Out)), plural(len(entries), "file"), train.Bytes(size)))
		switch {
		case err != nil:
			return false, err
		case !ok:
			return false, errors.New("you said no")
		}
	}
	return true, os.RemoveAll(r.Out)
}

// confirm asks a person. Where nobody is there to answer, that is an error.
func (a *app) confirm(question string) (bool, error) {
	if !a.inTerminal {
		return false, errors.New(question + " Nobody is there to say: give --yes")
	}
	fmt.Fprint(a.stderr, question+" [y/N] ")
	line, err := bufio.NewReader(a.stdin).ReadString('\n')
	if err != nil {
		return false, err
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}
