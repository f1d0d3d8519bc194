package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/eval/robust"
	"github.com/cria-llm/cria/eval/tasks"
	"github.com/cria-llm/cria/store"
)

// completeFlags has the shell complete the values of all commands' flags: by a flag's own name, or else by what help calls its
// value. Other values are files.
func completeFlags(c *cobra.Command) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		value, _ := pflag.UnquoteUsage(f)
		for _, name := range []string{"--" + f.Name, value} {
			if complete := completer(name); complete != nil {
				// Only a flag that is not there, or is completed already, makes this fail.
				_ = c.RegisterFlagCompletionFunc(f.Name, complete)
				return
			}
		}
	})
	for _, below := range c.Commands() {
		completeFlags(below)
	}
}

func completer(name string) cobra.CompletionFunc {
	switch name {
	case "DETECTORS":
		return completeDetectors
	case "DIR":
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	case "--format":
		return cobra.FixedCompletions(dataset.Formats(), cobra.ShellCompDirectiveNoFileComp)
	case "--picture":
		return cobra.FixedCompletions([]string{"svg", "png"}, cobra.ShellCompDirectiveFilterFileExt)
	case "--robust":
		return completeVariations
	case "--judge-template":
		var list []string
		for _, t := range arena.Templates() {
			name, about, _ := strings.Cut(t, ": ")
			list = append(list, cobra.CompletionWithDesc(name, about))
		}
		return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
	case "JUDGE":
		return completeJudges
	case "TASK":
		return cobra.FixedCompletions(tasks.Names(), cobra.ShellCompDirectiveNoFileComp)
	case "TASKS":
		return completeTasks
	case "TEMPLATE":
		return cobra.FixedCompletions(append([]string{chat.Auto, chat.Own}, chat.Names()...), cobra.ShellCompDirectiveDefault)
	}
	return nil
}

// lastOf completes the last name of a list; where none fits, files are offered.
func lastOf(typed string, names []string) ([]string, cobra.ShellCompDirective) {
	before := typed[:strings.LastIndex(typed, ",")+1]
	var out []string
	for _, name := range names {
		if word, _, _ := strings.Cut(name, "\t"); !strings.Contains(","+before, ","+word+",") && strings.HasPrefix(before+word, typed) {
			out = append(out, before+name)
		}
	}
	return out, cobra.ShellCompDirectiveNoSpace
}

func completeTasks(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	found, err := tasks.Find(tasks.Names())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	tagged := map[string]bool{}
	for _, t := range found {
		if t.Tag != "" && !tagged[t.Tag] {
			tagged[t.Tag] = true
			names = append(names, cobra.CompletionWithDesc(t.Tag, "all whose names begin so"))
		}
		names = append(names, cobra.CompletionWithDesc(t.Name, t.About))
	}
	return lastOf(typed, names)
}

func completeVariations(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, v := range robust.All() {
		names = append(names, v.Name)
	}
	out, directive := lastOf(typed, names)
	return out, directive | cobra.ShellCompDirectiveNoFileComp
}

// complete completes the list behind a bare --robust, which stands among the arguments.
func (f *robustFlags) complete(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 1 && c.Flags().Changed("robust") && f.list == allVariations {
		return completeVariations(c, args, typed)
	}
	return nil, cobra.ShellCompDirectiveDefault
}

// completeJudges completes rules; a judge may be a MODEL, too, which is a file or a folder.
func completeJudges(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	names := append(strings.Split(arena.Rules, "|"), likelihoodPrefix)
	if c.Name() == "run" {
		names = append(names, bout.Person)
	}
	var out []string
	for _, name := range names {
		word, _, open := strings.Cut(name, ":")
		if open {
			word += ":"
		}
		if strings.HasPrefix(word, typed) {
			out = append(out, word)
		}
	}
	if len(out) == 1 && strings.HasSuffix(out[0], ":") {
		return out, cobra.ShellCompDirectiveNoSpace
	}
	return out, cobra.ShellCompDirectiveDefault
}

// completeBouts completes ids of the ledger's comparisons. A folder may stand there, too.
func completeBouts(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var out []string
	err := withLedger(c.Context(), func(s *store.Store) error {
		bouts, err := s.Bouts(c.Context())
		for _, b := range bouts {
			if strings.HasPrefix(b.ID, typed) {
				var names []string
				for _, x := range b.Contestants {
					names = append(names, plain(x.Name))
				}
				out = append(out, cobra.CompletionWithDesc(b.ID, strings.Join(names, ", ")))
			}
		}
		return err
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return out, cobra.ShellCompDirectiveDefault
}
