package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/tokenizer"
)

func newTokenizerCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "tokenizer",
		Short: "Make a tokenizer from text",
		Args:  cobra.ArbitraryArgs,
		RunE:  group,
	}
	c.AddCommand(newTokenizerTrainCommand(a))
	return c
}

// tokenizerResult is what the command says it made, and its --json line.
type tokenizerResult struct {
	Vocab         int      `json:"vocab"`
	Merges        int      `json:"merges"`
	Special       []string `json:"special"`
	Split         string   `json:"split"`
	Bytes         int64    `json:"bytes"`
	Words         int      `json:"words"`
	BytesPerToken float64  `json:"bytes_per_token"`
	HeldOut       *float64 `json:"held_out_bytes_per_token,omitempty"`
	Seconds       float64  `json:"seconds"`
	Out           string   `json:"out"`
}

func newTokenizerTrainCommand(a *app) *cobra.Command {
	var text, heldOut, special []string
	var out, separator string
	var limit int64
	var asJSON bool
	opt := tokenizer.TrainOptions{}
	c := &cobra.Command{
		Use:   "train --text FILE... --out FOLDER",
		Short: "Train a byte-level BPE tokenizer on text",
		Long: `train makes a byte-level BPE tokenizer for a text and writes tokenizer.json and tokenizer_config.json into a folder.
A FILE is a .txt, or a .jsonl, .json, .csv or .parquet whose rows have a field "text", each also with .gz or .zst.

The ids are the special tokens first, in the order given, then the 256 bytes, then what merges make. The first special
token is the one that ends a document. The same text makes the same files, on any number of cores.`,
		Example: `  cria tokenizer train --text books.jsonl.gz --vocab 4096 --out nano
  cria tokenizer train --text a.txt b.txt --special '<|endoftext|>' --special '<|im_start|>' --special '<|im_end|>' --out chatty`,
		Args: cobra.ArbitraryArgs, // further files of text
		RunE: func(c *cobra.Command, args []string) error {
			if len(text) == 0 {
				if len(args) > 0 {
					return usagef(c, "unexpected %q: files of text follow --text", args[0])
				}
				return usagef(c, "--text is missing: the files to train on")
			}
			if out == "" {
				return usagef(c, "--out is missing: the folder for the tokenizer")
			}
			if limit < 0 {
				return usagef(c, "--limit-bytes cannot be %d: 0 is no limit", limit)
			}
			if err := tokenizer.Free(out); err != nil {
				return err
			}
			w := a.stdout
			if asJSON {
				w = a.stderr
			}
			opt.Special = special
			t, err := tokenizer.NewTrainer(opt)
			if err != nil {
				return err
			}
			start := time.Now()
			p := newDoing(a, w)
			defer p.close()
			source := func(path string) dataset.TextSource {
				return dataset.TextSource{Path: path, Separator: separator}
			}
			for _, path := range append(text, args...) {
				if err := addText(c.Context(), t, source(path), limit, p); errors.Is(err, errEnough) {
					break
				} else if err != nil {
					return err
				}
			}
			made, err := t.Train(c.Context(), func(ids, of int) { p.say("merging: %s of %s ids", count(ids), count(of)) })
			if err != nil {
				return err
			}
			res := tokenizerResult{
				Vocab: len(made.Tokens), Merges: len(made.Merges), Special: made.Special, Split: made.Split,
				Bytes: made.Bytes, Words: made.Words, BytesPerToken: float64(made.Bytes) / float64(made.TextTokens), Out: out,
			}
			if len(heldOut) > 0 {
				main, config, err := made.Files()
				if err != nil {
					return err
				}
				tok, err := tokenizer.Parse(main, config)
				if err != nil {
					return err
				}
				var bytes, tokens int
				for _, path := range heldOut {
					err := dataset.Documents(c.Context(), source(path), func(text string, _ dataset.Ref) error {
						bytes += len(text)
						tokens += len(tok.EncodeText(text, true))
						p.say("measuring on %s of held-out text", megabytes(int64(bytes)))
						return nil
					})
					if err != nil {
						return err
					}
				}
				ratio := float64(bytes) / float64(tokens)
				res.HeldOut = &ratio
			}
			if err := made.Save(out); err != nil {
				return err
			}
			p.close()
			res.Seconds = time.Since(start).Seconds()
			if asJSON {
				return printJSON(a.stdout, res)
			}
			showTokenizer(w, a.paint(w), res)
			return nil
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringArrayVar(&text, "text", nil, "file of text to train on; more may follow")
	f.IntVar(&opt.Vocab, "vocab", 4096, "ids in all")
	f.StringVar(&out, "out", "", "folder for the tokenizer; must hold none")
	f.StringArrayVar(&special, "special", []string{"<|endoftext|>"}, "special token; given again, another; the first ends a document")
	f.StringVar(&opt.Split, "split", tokenizer.DefaultSplit, "how text is cut into words: "+strings.Join(tokenizer.Splits(), ", "))
	f.StringVar(&separator, "separator", "", "line at which a .txt is cut into documents")
	f.Int64Var(&limit, "limit-bytes", 0, "use only so much of the text; 0 is all")
	f.StringArrayVar(&heldOut, "held-out", nil, "file of other text, to measure bytes per token on; may be repeated")
	f.BoolVar(&asJSON, "json", false, "print the result as one line of JSON, and progress to standard error")
	return c
}

// errEnough ends the reading at --limit-bytes.
var errEnough = errors.New("enough text")

// addText adds a file's documents to the trainer, and is errEnough where limit bytes are reached.
func addText(ctx context.Context, t *tokenizer.Trainer, src dataset.TextSource, limit int64, p *doing) error {
	return dataset.Documents(ctx, src, func(text string, _ dataset.Ref) error {
		full := limit > 0 && t.Bytes()+int64(len(text)) >= limit
		if full {
			n := int(limit - t.Bytes())
			for n < len(text) && !utf8.RuneStart(text[n]) {
				n--
			}
			text = text[:n]
		}
		if err := t.Add(text); err != nil {
			return err
		}
		if full {
			return errEnough
		}
		p.say("counting words: %s of text", megabytes(t.Bytes()))
		return nil
	})
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

func showTokenizer(w io.Writer, p paint, r tokenizerResult) {
	t := table{heading: "tokenizer"}
	t.row("vocabulary", fmt.Sprintf("%s ids: %d special (%s), 256 bytes, %s merges", count(r.Vocab), len(r.Special), plain(strings.Join(r.Special, " ")), count(r.Merges)))
	t.row("text", fmt.Sprintf("%s, %s different words", megabytes(r.Bytes), count(r.Words)))
	t.row("bytes per token", fmt.Sprintf("%.3f on this text", r.BytesPerToken))
	if r.HeldOut != nil {
		t.row("", fmt.Sprintf("%.3f on held-out text", *r.HeldOut))
	}
	t.row("took", seconds(r.Seconds))
	t.row("written to", r.Out)
	t.row("next", p.accent("cria tokenize "+quote(r.Out)+" --text 'Hello world'"))
	t.print(w, p)
}
