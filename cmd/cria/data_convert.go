package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/dataset"
)

// convertFlags are the flags of cria data convert.
type convertFlags struct {
	to, format string
	drop, json bool
}

func newDataConvertCommand(a *app) *cobra.Command {
	var f convertFlags
	c := &cobra.Command{
		Use:   "convert IN OUT --to FORMAT",
		Short: "Write rows in another format",
		Long: `convert reads rows of any format, packed ones too, and writes them to OUT as JSONL in another. Fields that are not part of the
conversation are kept. A self-instruct row with several instances becomes several rows.

What a format has no place for is not lost in silence. An input goes below its instruction after a blank line, as it does in
a prompt; a system text is kept in a field "system" of alpaca and prompt-completion rows, which not every program reads; the
numbers of both are told. A conversation of several turns is refused in those two formats, or with --drop left out and kept
in a file beside OUT.`,
		Example: `  cria data convert alpaca.json talks.jsonl --to messages
  cria data convert talks.parquet single.jsonl --to alpaca --drop`,
		Args: usageArgs(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.to == "" {
				return usagef(c, "give --to: %s", strings.Join(dataset.Targets(), ", "))
			}
			if same(args[0], args[1]) {
				return usagef(c, "OUT is the file that is read: give another, so that the rows as they were are kept")
			}
			d := newDoing(a, a.stderr)
			defer d.close()
			done, err := f.run(c.Context(), d, args[0], args[1])
			if err != nil {
				return err
			}
			d.close()
			if f.json {
				return printJSON(a.stdout, done)
			}
			done.show(a)
			return nil
		},
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.to, "to", "", "`FORMAT` to write: "+strings.Join(dataset.Targets(), "|"))
	fs.StringVar(&f.format, "format", "", "the rows' format (default found out): "+strings.Join(dataset.Formats(), "|"))
	fs.BoolVar(&f.drop, "drop", false, "leave out rows that the format cannot say, and write them to OUT's name with .dropped.jsonl")
	fs.BoolVar(&f.json, "json", false, `print one line of JSON, {"out":…,"rows":…,"dropped":…,…}`)
	return c
}

// converted is what came of it.
type converted struct {
	Out     string `json:"out"`
	To      string `json:"to"`
	Read    int    `json:"read"` // conversations
	Rows    int    `json:"rows"` // written
	Joined  int    `json:"joined_inputs"`
	System  int    `json:"system_fields"`
	Dropped int    `json:"dropped"`
	Aside   string `json:"dropped_file,omitempty"`

	first string // why the first row was dropped
}

func (f *convertFlags) run(ctx context.Context, d *doing, in, out string) (converted, error) {
	done := converted{Out: out, To: f.to}
	next, stop := iter.Pull2(each(ctx, in, dataset.Options{Format: f.format}))
	defer stop()
	var dropped []*dataset.Record
	err := dataset.Lines(out, func() (*dataset.Record, error) {
		for {
			r, err, more := next()
			if !more || err != nil {
				return nil, err
			}
			done.Read++
			d.say("converting, %s", plural(done.Read, "row"))
			better, err := r.Convert(f.to)
			var bad *dataset.RowError
			switch {
			case errors.As(err, &bad) && f.drop:
				if dropped = append(dropped, r); len(dropped) == 1 {
					done.first = err.Error()
				}
				continue
			case errors.As(err, &bad):
				return nil, fmt.Errorf("%w (--drop leaves such rows out)", err)
			case err != nil:
				return nil, err
			}
			done.count(r, better)
			return better, nil
		}
	})
	switch {
	case ctx.Err() != nil:
		return done, ctx.Err()
	case err != nil:
		return done, err
	}
	done.Dropped = len(dropped)
	aside := strings.TrimSuffix(out, filepath.Ext(out)) + ".dropped.jsonl"
	if len(dropped) == 0 {
		// Nothing of an earlier run may pass for this one's.
		if err := os.Remove(aside); err != nil && !errors.Is(err, os.ErrNotExist) && f.drop {
			return done, err
		}
		return done, nil
	}
	done.Aside = aside
	return done, dataset.Lines(aside, func() (*dataset.Record, error) {
		if len(dropped) == 0 {
			return nil, nil
		}
		r := dropped[0]
		dropped = dropped[1:]
		return r, nil
	})
}

// each gives the conversations of a file, and at the end the error that there was, if any.
func each(ctx context.Context, path string, opt dataset.Options) iter.Seq2[*dataset.Record, error] {
	return func(yield func(*dataset.Record, error) bool) {
		enough := errors.New("enough")
		err := dataset.EachConversation(ctx, path, opt, func(r *dataset.Record) error {
			if !yield(r, nil) {
				return enough
			}
			return nil
		})
		if err != nil && !errors.Is(err, enough) {
			yield(nil, err)
		}
	}
}

// count counts a row that was written.
func (c *converted) count(before, after *dataset.Record) {
	c.Rows++
	inputs := func(r *dataset.Record) (n int) {
		for _, t := range r.Turns {
			if t.Input && t.Text != "" {
				n++
			}
		}
		return n
	}
	c.Joined += inputs(before) - inputs(after)
	if before.Field("system") == nil && after.Field("system") != nil {
		c.System++
	}
}

func (c *converted) show(a *app) {
	fmt.Fprintf(a.stdout, "%s: %s, %s\n", c.Out, plural(c.Rows, "row"), c.To)
	for _, note := range []struct {
		n    int
		what string
	}{
		{c.Joined, "had an input, which is now below the instruction"},
		{c.System, `had a system text, which is now the field "system"`},
		{c.Dropped, "left out, kept in " + c.Aside + ": " + c.first},
	} {
		if note.n > 0 {
			fmt.Fprintf(a.stdout, "  %s %s\n", plural(note.n, "row"), note.what)
		}
	}
}
