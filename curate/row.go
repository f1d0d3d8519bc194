package curate

import (
	"context"
	"slices"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/dataset"
)

// Row is a row of the file that is looked at.
type Row struct {
	Index  int // from 0, over all files
	Record *dataset.Record
}

// Read reads the rows of what a path stands for, as [dataset.Records] does.
func Read(ctx context.Context, path string, opt dataset.Options) ([]*Row, error) {
	var rows []*Row
	err := dataset.Records(ctx, path, opt, func(r *dataset.Record) error {
		rows = append(rows, &Row{Index: len(rows), Record: r})
		return nil
	})
	return rows, err
}

// Text is a text of a row and the field it stands in. The field is "" where the row has no place for such a text.
type Text struct {
	Text  string
	Field string
}

// Exchange is an instruction and its answer; a row of a conversation has one for each answer.
type Exchange struct {
	Row                        int // index
	System                     Text
	Before                     []dataset.Turn // the conversation until then, without the system text
	Instruction, Input, Output Text
}

// Ask is the whole question: the instruction and, where there is one, its input below it.
func (x Exchange) Ask() string {
	if x.Input.Text == "" {
		return x.Instruction.Text
	}
	return x.Instruction.Text + "\n" + x.Input.Text
}

// Exchanges are the row's instructions with their answers, in order.
func (r *Row) Exchanges() []Exchange {
	var out []Exchange
	var now, blank Exchange
	now.Row, blank.Row = r.Index, r.Index
	turns := r.Record.Turns
	for i, t := range turns {
		text := Text{t.Text, t.Field}
		switch {
		case t.Role == chat.System:
			now.System, blank.System = text, text
		case t.Role == chat.User && t.Input:
			now.Input = text
		case t.Role == chat.User:
			now.Instruction = text
		case t.Role == chat.Assistant:
			now.Output = text
			out = append(out, now)
			now = blank
			now.Before = slices.DeleteFunc(slices.Clone(turns[:i+1]), func(t dataset.Turn) bool { return t.Role == chat.System })
		}
	}
	return out
}
