// Command spoil makes rows worse in known ways, so that what finds and repairs faults can be held to the truth, and what it is
// worth can be measured: see command trial.
//
//	go run ./bench/spoil -share 0.3 -seed 1 -truth truth.jsonl rows.jsonl > spoiled.jsonl
//
// The faults are those that generated rows are known for: a wrong answer (that of another row), an answer that loops, breaks off,
// is a refusal or a placeholder, or has the next record in it, and the row again with another answer. The truth has a line for
// each row of the output that is spoiled: {"row": 0-based, "fault"}.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/atomicfile"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "spoil:", err)
		os.Exit(1)
	}
}

// fault makes an answer worse. other is the answer of another row.
type fault struct {
	name  string
	spoil func(answer, other string) string
}

func faults() []fault {
	return []fault{
		{"wrong", func(_, other string) string { return other }},
		{"loop", func(answer, _ string) string { return strings.TrimSpace(strings.Repeat(answer+" ", 8)) }},
		{"cut", func(answer, _ string) string {
			return strings.ToValidUTF8(answer[:max(1, len(answer)/2)], "") + " and the"
		}},
		{"refusal", func(string, string) string { return "I'm sorry, but as an AI language model I cannot do that." }},
		{"placeholder", func(string, string) string { return "N/A" }},
		{"merged", func(answer, other string) string {
			return answer + "\n###\n17. Instruction: Say it.\n17. Input:\n<noinput>\n17. Output:\n" + other
		}},
		{"contradiction", func(_, other string) string { return other }},
	}
}

type truth struct {
	Row   int    `json:"row"`
	Fault string `json:"fault"`
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	set := flag.NewFlagSet("spoil", flag.ContinueOnError)
	share := set.Float64("share", 0.3, "share of the rows that is spoiled")
	seed := set.Uint64("seed", 0, "which rows, and how")
	known := set.String("truth", "", "file that the faults are written to")
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() != 1 || *known == "" || *share < 0 || *share > 1 {
		return errors.New("usage: spoil [-share 0..1] [-seed N] -truth FILE ROWS.jsonl")
	}
	rows, err := curate.Read(ctx, set.Arg(0), dataset.Options{})
	if err != nil {
		return err
	}
	out, list, err := spoil(rows, *share, rand.New(rand.NewPCG(*seed, 0)))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(stdout)
	for _, r := range out {
		text, err := r.MarshalJSON()
		if err != nil {
			return err
		}
		if _, err := w.Write(append(text, '\n')); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return atomicfile.Write(*known, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		for _, t := range list {
			if err := enc.Encode(t); err != nil {
				return err
			}
		}
		return nil
	})
}

// spoil gives the rows in another order, a share of them with a fault.
func spoil(rows []*curate.Row, share float64, random *rand.Rand) ([]*dataset.Record, []truth, error) {
	type made struct {
		rec   *dataset.Record
		fault string
	}
	var all []made
	kinds := faults()
	for _, r := range rows {
		if random.Float64() >= share {
			all = append(all, made{rec: r.Record})
			continue
		}
		f := kinds[random.IntN(len(kinds))]
		if f.name == "wrong" || random.IntN(2) == 0 { // half of what is spoiled is just wrong
			f = kinds[0]
		}
		answer, field := answerOf(r)
		other := answer
		for range 100 {
			if other, _ = answerOf(rows[random.IntN(len(rows))]); other != answer {
				break
			}
		}
		bad := r.Record.Clone()
		if err := bad.SetText(field, f.spoil(answer, other)); err != nil {
			return nil, nil, err
		}
		if f.name == "contradiction" { // the right one is there, too
			all = append(all, made{rec: r.Record})
		}
		all = append(all, made{bad, f.name})
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var out []*dataset.Record
	var list []truth
	for i, m := range all {
		out = append(out, m.rec)
		if m.fault != "" {
			list = append(list, truth{i, m.fault})
		}
	}
	return out, list, nil
}

// answerOf is a row's last answer and the field it stands in.
func answerOf(r *curate.Row) (text, field string) {
	x := r.Exchanges()
	if len(x) == 0 {
		return "", ""
	}
	o := x[len(x)-1].Output
	return o.Text, o.Field
}
