package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/repair"
)

// review walks a person through repairs, one after another. It is shown on stderr, so that what a command reports stays
// alone on stdout; keys are read one by one from a terminal and elsewhere as the first letters of lines.
type review struct {
	app   *app
	w     io.Writer
	paint paint
	in    *bufio.Reader // lines, where nobody types
	typed string        // keys that were not looked at yet
	rows  []*curate.Row
	kept  *repair.Decisions
}

func newReview(a *app, rows []*curate.Row, kept *repair.Decisions) *review {
	return &review{app: a, w: a.stderr, paint: a.paint(a.stderr), in: bufio.NewReader(a.stdin), rows: rows, kept: kept}
}

// decided is a step that can be undone: which repair, and what it was.
type decided struct {
	at  int // in the queue
	was repair.Repair
}

// walk asks about each repair of the queue. It ends with the queue, with the key for it, at the end of the input, or with
// Ctrl-C; every decision until then is kept.
func (v *review) walk(ctx context.Context, queue []*repair.Repair) error {
	var done []decided
	looked := make([]bool, len(queue))
	decide := func(i int, status repair.Status, text string) error {
		done, looked[i] = append(done, decided{i, *queue[i]}), true
		return v.kept.Decide(queue[i], status, text)
	}
	for i := 0; i < len(queue); {
		if looked[i] {
			i++
			continue
		}
		r := queue[i]
		v.show(r, i, len(queue))
		key, err := v.key(ctx)
		if errors.Is(err, io.EOF) || key == 'q' {
			fmt.Fprintf(v.w, "  left at %s of %s: the same command goes on from here\n", count(i+1), plural(len(queue), "repair"))
			return nil
		}
		if err != nil {
			return err
		}
		switch key {
		case 'a':
			err = decide(i, repair.Accepted, "")
		case 'r':
			err = decide(i, repair.Rejected, "")
		case 'A', 'R':
			status, n := repair.Accepted, 0
			if key == 'R' {
				status = repair.Rejected
			}
			like := r.Detectors()
			for j := i; j < len(queue) && err == nil; j++ {
				if !looked[j] && slices.Equal(queue[j].Detectors(), like) {
					n++
					err = decide(j, status, "")
				}
			}
			fmt.Fprintf(v.w, "  %s %s\n", plural(n, "repair"), status)
		case 'e':
			text, bad := v.edit(ctx, r.After)
			if bad != nil {
				fmt.Fprintf(v.w, "  not edited: %v\n", bad)
				continue
			}
			err = decide(i, repair.Edited, text)
		case 's':
			i++
		case 'u':
			if len(done) == 0 {
				fmt.Fprintln(v.w, "  there is nothing to undo")
				continue
			}
			last := done[len(done)-1]
			done, looked[last.at] = done[:len(done)-1], false
			err = v.kept.Decide(queue[last.at], repair.Proposed, "")
			*queue[last.at] = last.was
			i = last.at
		default:
			fmt.Fprintln(v.w, "  keys: a accept, e edit, r reject, A or R this and all that follow for the same reason, s skip, u undo, q quit")
		}
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(v.w, "  %s looked at\n", plural(len(queue), "repair"))
	return nil
}

// show shows a repair: where it is, what it is for, what was asked, and the difference.
func (v *review) show(r *repair.Repair, i, n int) {
	p := v.paint
	fmt.Fprintf(v.w, "\n%s  row %d, %s, by %s, confidence %.2f\n", p.bold(fmt.Sprintf("%s of %s", count(i+1), count(n))), r.Row, plain(r.Field), r.By, r.Confidence)
	for _, f := range r.Findings {
		fmt.Fprintf(v.w, "  %s %s\n", p.accent(f.Detector), plain(spaced(f.Why)))
	}
	if r.Note != "" {
		fmt.Fprintf(v.w, "  %s%s\n", p.warn("note: "), plain(spaced(r.Note)))
	}
	for _, x := range v.rows[r.Row].Exchanges() {
		if x.Output.Field != r.Field && x.Instruction.Field != r.Field && x.Input.Field != r.Field && x.System.Field != r.Field {
			continue
		}
		for _, t := range []curate.Text{x.Instruction, x.Input, x.Output} {
			if t.Field != r.Field && t.Text != "" {
				fmt.Fprintln(v.w, indent(eachLine(plain(shorten(t.Text, 300, 100)), p.dim)))
			}
		}
		break
	}
	fmt.Fprintln(v.w, indent(v.difference(repair.Diff(r.Before, r.After))))
	fmt.Fprint(v.w, p.dim("accept, edit, reject, skip, undo, quit? (a/e/r/s/u/q, A and R for all like it) "))
}

// difference is a difference for a person to read: [-what goes-]{+what comes+}, in colours without the marks.
func (v *review) difference(edits []repair.Edit) string {
	var b strings.Builder
	for i, e := range edits {
		text := plain(e.Text)
		switch {
		case e.Kind == repair.Delete && v.paint.on:
			b.WriteString(eachLine(visible(text), v.paint.gone))
		case e.Kind == repair.Delete:
			b.WriteString("[-" + visible(text) + "-]")
		case e.Kind == repair.Insert && v.paint.on:
			b.WriteString(eachLine(visible(text), v.paint.good))
		case e.Kind == repair.Insert:
			b.WriteString("{+" + visible(text) + "+}")
		default:
			head, tail := 150, 150
			if i == 0 {
				head = 0
			}
			if i == len(edits)-1 {
				tail = 0
			}
			b.WriteString(shorten(text, head, tail))
		}
	}
	if b.Len() == 0 {
		return v.paint.dim("(empty)")
	}
	return b.String()
}

// eachLine sets each line of a text on its own: a style that spans lines would pad them to one width.
func eachLine(text string, set func(string) string) string {
	list := strings.Split(text, "\n")
	for i, s := range list {
		if s != "" {
			list[i] = set(s)
		}
	}
	return strings.Join(list, "\n")
}

// visible shows a change that is nothing but white space.
func visible(s string) string {
	if strings.TrimSpace(s) != "" {
		return s
	}
	return strings.NewReplacer(" ", "·", "\t", "→", "\n", "↵\n").Replace(s)
}

// shorten leaves of a long text its first and last characters, about as many as are given.
func shorten(s string, head, tail int) string {
	if len(s) <= head+tail+40 {
		return s
	}
	to, from := head, len(s)-tail
	for to > 0 && !utf8.RuneStart(s[to]) {
		to--
	}
	for from < len(s) && !utf8.RuneStart(s[from]) {
		from++
	}
	return s[:to] + "…" + s[from:]
}

// spaced is a text on one line.
func spaced(s string) string { return strings.Join(strings.Fields(s), " ") }

// key is the next key, as [keyOf] has it, which is shown.
func (v *review) key(ctx context.Context) (rune, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	f, ok := v.app.stdin.(*os.File)
	if !ok || !v.app.inTerminal {
		line, err := v.line()
		fmt.Fprintln(v.w, plain(line))
		if err != nil || line == "" {
			return 0, err
		}
		if len(line) > 1 { // a word
			line = strings.ToLower(line)
		}
		return keyOf(line), nil
	}
	k, err := v.typedKey(f)
	if err == nil {
		fmt.Fprintln(v.w, plain(string(k)))
	}
	return k, err
}

// typedKey is the next key of a terminal.
func (v *review) typedKey(f *os.File) (rune, error) {
	for v.typed == "" {
		text, err := pressed(f)
		if err != nil {
			return 0, err
		}
		const escape = "\x1b"
		if !strings.HasPrefix(text, escape) { // arrows and the like, which end in letters
			v.typed = text
		}
	}
	k := keyOf(v.typed)
	_, n := utf8.DecodeRuneInString(v.typed)
	v.typed = v.typed[n:]
	const ctrlC, ctrlD = 3, 4
	if k == ctrlC || k == ctrlD {
		k = 'q'
	}
	return k, nil
}

// pressed waits for keys of a terminal, which may have been pressed faster than they were read.
func pressed(f *os.File) (string, error) {
	before, err := term.MakeRaw(int(f.Fd()))
	if err != nil {
		return "", err
	}
	buf := make([]byte, 64)
	n, err := f.Read(buf)
	if e := term.Restore(int(f.Fd()), before); err == nil {
		err = e
	}
	return string(buf[:n]), err
}

// keyOf is the key that a text begins with, in lower case but for those that mean something else in upper case.
func keyOf(text string) rune {
	r, _ := utf8.DecodeRuneInString(text)
	if r == 'A' || r == 'R' {
		return r
	}
	return unicode.ToLower(r)
}

// line is the next line of the input, without its end. An error comes with the line after the last.
func (v *review) line() (string, error) {
	line, err := v.in.ReadString('\n')
	if line != "" {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

// edit has a person write a text: in an editor where VISUAL or EDITOR name one and a person types, otherwise on lines up to
// one that is a dot; a line that begins with a dot is written with one more.
func (v *review) edit(ctx context.Context, text string) (string, error) {
	editor := os.Getenv("VISUAL")
	if editor == "" {
		editor = os.Getenv("EDITOR")
	}
	if v.app.inTerminal && editor != "" {
		return v.editor(ctx, editor, text)
	}
	fmt.Fprintln(v.w, "  the whole text, and then a line that is a dot:")
	var list []string
	for {
		line, err := v.line()
		if err != nil {
			return "", errors.New("the text has no end: a line that is a dot")
		}
		if line == "." {
			return strings.Join(list, "\n"), nil
		}
		if strings.HasPrefix(line, "..") {
			line = line[1:]
		}
		list = append(list, line)
	}
}

// editor opens a text in an editor. The line end that editors add at the end of a file is not the text's.
func (v *review) editor(ctx context.Context, editor, text string) (string, error) {
	f, err := os.CreateTemp("", "cria-*.txt")
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return "", err
	}
	words := strings.Fields(editor)
	c := exec.CommandContext(ctx, words[0], append(words[1:], f.Name())...)
	c.Stdin, c.Stdout, c.Stderr = v.app.stdin, v.app.stderr, v.app.stderr
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s: %w", editor, err)
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		return "", err
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("%s left no UTF-8", editor)
	}
	if !strings.HasSuffix(text, "\n") {
		b = []byte(strings.TrimSuffix(string(b), "\n"))
	}
	return string(b), nil
}
