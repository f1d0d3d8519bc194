// Package dataset turns files of instruction records into the token batches of a training.
//
// The way of a row, one function each:
//
//	set, err := dataset.Load(ctx, []string{"rows.jsonl"}, dataset.Options{})          // rows → conversations
//	train, held := set.Split(0.05, seed)                                              // some are kept for evaluation
//	tokens, report, err := dataset.Encode(ctx, train, tmpl, tok, 1024, dataset.DropLong) // conversations → tokens and labels
//	plan, err := dataset.Plan(tokens, dataset.PlanOptions{BatchTokens: 8192, Epochs: 3, Seed: seed})
//	for i := range plan.Steps() {
//		batches := dataset.Pack(tokens, plan.Step(i), 2048)                       // one optimiser step, cut to fit memory
//		total := dataset.LossWeight(batches)                                      // what its loss is divided by
//	}
//
// # Files
//
// A file is a JSON array of objects or one object a line (JSONL), plain or compressed with gzip or Zstandard, or Parquet; the content decides, not
// the name. CSV, which has the fields' names in its first line, is known by its name. A folder, or the id of a dataset that was
// pulled from a hub, stands for its files: see [Files]. Its format is recognised by the fields of its rows and shown in [FileInfo.Mapping]:
//
//	alpaca             {"instruction", "output"} and optionally "input"
//	dolly              {"instruction", "response"} and optionally "context"
//	self-instruct      {"instruction", "instances": [{"output"} and optionally "input"]}
//	prompt+completion  {"prompt", "completion"}; prompt+response and question+answer likewise
//	messages           {"messages": [{"role": system|user|assistant, "content"}]}
//	sharegpt           {"conversations": [{"from": human|gpt|system|user|assistant, "value"}]}
//
// Rows of preferences are asked for by [Options.Kind]. A prompt is a text or a list of messages, and so is an answer; one
// that is a list may be the whole conversation:
//
//	preference         {"prompt", "chosen", "rejected"}; without "prompt" where chosen and rejected are conversations
//	judged             {"prompt", "completion", "label": true|false}
//
// Every row may also have "system" (a text that goes before the conversation), "weight" (a factor on the loss of the
// row's labels; 1 where absent) and "repeat" (how often it is seen in an epoch, 0 to 1000; 1 where absent). Other
// fields are ignored and listed in [FileInfo.Ignored].
//
// Raw text, for tokenizers and for pretraining, is read by [Documents].
//
// # What it never does
//
// It never guesses: a row that lacks a field, is of another format than its file, or has an empty response is an error
// that names file, line and field. It never truncates: what is too long is dropped whole or cut into windows, as asked,
// and listed in the [Report]. It never finds labels by searching text or by token id; they come from package chat.
package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
	"strconv"

	"github.com/cria-llm/cria/chat"
)

// Example is one conversation to learn from.
type Example struct {
	Messages []chat.Message
	// Of a row with a preference, Prompt counts the messages that are the prompt: what follows is the answer that is
	// rated, and alone has labels. Of other rows it is 0: every answer of the assistant is learned.
	Prompt   int
	Rejected []chat.Message // of a pair, the prompt with the rejected answer; Messages has the chosen one
	Verdict  Verdict        // of a judged row
	// Weight is a factor on the loss of the example's labels; 1 is usual. Examples with 0 are never trained on.
	Weight float64
	// Repeat is how often an epoch has the example; 1 is usual. Examples with 0 are never trained on.
	Repeat int

	File string // as given to Load
	Line int    // where the row begins, from 1
	Row  int    // which row of its file, from 1, blank lines not counted
}

// Ref is where the example came from.
func (e Example) Ref() Ref { return Ref{File: e.File, Line: e.Line, Row: e.Row} }

// Ref says where an example came from.
type Ref struct {
	File string
	Line int
	Row  int
}

// String is FILE:LINE, or FILE row ROW in an array with several rows on a line, where the line names none of them.
func (r Ref) String() string {
	if r.Row > r.Line {
		return r.File + " " + r.place()
	}
	return r.File + ":" + r.place()
}

// place is where in its file.
func (r Ref) place() string {
	if r.Row > r.Line {
		return "row " + strconv.Itoa(r.Row)
	}
	return strconv.Itoa(r.Line)
}

// FileInfo tells how a file was read.
type FileInfo struct {
	Path     string
	Format   string   // alpaca, sharegpt, …
	Mapping  string   // which field became what, for people: "instruction+input → user, output → assistant"
	Ignored  []string // fields of its rows that were not used, in order of appearance; at most 20
	Rows     int      // rows read, bad ones included
	Bad      int      // rows left out because they are bad; 0 without Options.SkipBad
	Examples int      // examples that came of the rows
	SHA256   string   // of the file's bytes as they are on disk, hex
}

// Set is what was loaded: the examples of all files, in order.
type Set struct {
	Files    []FileInfo
	Examples []Example
	Skipped  []*RowError // the rows left out, in order; empty without Options.SkipBad
}

// Hash is the hex SHA-256 of the examples' contents: messages, weights and repeats, in order. It does not depend on
// file names, formats or compression, so the same data has the same hash however it is stored.
func (s *Set) Hash() string {
	h := sha256.New()
	put(h, "cria examples")
	for _, e := range s.Examples {
		putMessages(h, e.Messages)
		b := binary.LittleEndian.AppendUint64(nil, math.Float64bits(e.Weight))
		h.Write(binary.LittleEndian.AppendUint64(b, uint64(e.Repeat)))
		if e.Prompt > 0 {
			put(h, "preference")
			h.Write(binary.LittleEndian.AppendUint64(nil, uint64(e.Prompt)))
			h.Write(binary.LittleEndian.AppendUint64(nil, uint64(e.Verdict)))
			putMessages(h, e.Rejected)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// putMessages writes a conversation so that no two have the same bytes.
func putMessages(h hash.Hash, conv []chat.Message) {
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(conv))))
	for _, m := range conv {
		put(h, string(m.Role))
		put(h, m.Content)
		put(h, m.Input)
	}
}

func put(h hash.Hash, s string) {
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(s))))
	h.Write([]byte(s))
}
