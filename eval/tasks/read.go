package tasks

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/eval/ifeval"
	"github.com/cria-llm/cria/format/jinja"
	"github.com/cria-llm/cria/format/parquet"
)

// Forms of files that are not plain rows.
const (
	formARC        = "arc"
	formMMLU       = "mmlu"
	formHellaSwag  = "hellaswag"
	formIFEval     = "ifeval"
	formTruthfulQA = "truthfulqa"
	formWinoGrande = "winogrande"
	formText       = "text"
)

const (
	maxRow  = 4 << 20   // bytes of a line
	maxFile = 512 << 20 // bytes of a file that is read whole
)

// renderLimits bound what one template may do for one row.
func renderLimits() jinja.Options {
	return jinja.Options{Limits: jinja.Limits{Steps: 200_000, Memory: 16 << 20}}
}

// Set is a task with its items.
type Set struct {
	*Task
	File  string
	Items []Item
	shots int                    // answered examples before a question
	shown map[string][]Item      // by stratum, one more than that, for a question may be among them
	made  map[string]*jinja.Dict // that items and examples were made of, by where they come from
}

// Item is one question.
type Item struct {
	Where   string // file and line, or number in the file
	Stratum string
	// Before is the description, and Prompt the question after it and after the examples, if there are any.
	Before, Prompt string
	Choices        []string
	Continuation   string         // of every choice, where it is what is measured
	Right          int            // choice
	Rights         []float64      // 1 for each choice that is right, else 0
	Target         string         // right answer, continuation, or the document
	Instructed     *ifeval.Prompt // what an answer is to follow, of form ifeval
}

// row is a row of a file, as templates see it.
type row struct {
	where string
	vars  *jinja.Dict
}

// Read reads a task's items from the first of its files that is in the folder.
func (t *Task) Read(ctx context.Context, dir string) (*Set, error) {
	path, err := first(dir, t.Files)
	if err != nil {
		return nil, fmt.Errorf("task %s: %w", t.Name, err)
	}
	s := &Set{Task: t, File: path}
	switch t.Form {
	case formText:
		err = dataset.Documents(ctx, dataset.TextSource{Path: path}, func(text string, ref dataset.Ref) error {
			s.Items = append(s.Items, Item{Where: ref.String(), Target: text})
			return nil
		})
		return s, err
	case formIFEval:
		s.Items, err = instructed(path)
		return s, err
	}
	rows, err := t.rows(path)
	if err != nil {
		return nil, err
	}
	if t.Labels != "" {
		if err := label(rows, strings.TrimSuffix(path, filepath.Ext(path))+t.Labels); err != nil {
			return nil, err
		}
	}
	if s.Items, err = s.items(ctx, rows); err != nil {
		return nil, err
	}
	if len(s.Items) == 0 {
		return nil, fmt.Errorf("%s: no row in it", path)
	}
	return s, nil
}

// Show puts n answered examples before every question, the first of the task's file of them that are not the question itself.
func (s *Set) Show(ctx context.Context, dir string, n int) error {
	if s.shots, s.shown = n, nil; n == 0 {
		return nil
	}
	if n < 0 || n > maxShots {
		return fmt.Errorf("%d examples before a question: from 0 to %d", n, maxShots)
	}
	if len(s.Shots.Files) == 0 {
		return fmt.Errorf("task %s has no file of examples to show before its questions", s.Name)
	}
	path, err := first(dir, s.Shots.Files)
	if err != nil {
		return fmt.Errorf("task %s shows %d examples before its questions: %w; --shots 0 asks without", s.Name, n, err)
	}
	rows, err := s.rows(path)
	if err != nil {
		return err
	}
	items, err := s.items(ctx, rows)
	if err != nil {
		return err
	}
	s.shown = map[string][]Item{}
	for _, it := range items {
		if key := s.shotsOf(it); len(s.shown[key]) <= n {
			s.shown[key] = append(s.shown[key], it)
		}
	}
	for _, it := range s.Items {
		if have := len(s.examples(it)); have < n {
			return fmt.Errorf("%s has %d examples for %s, of %d that are to be shown", path, have, it.Where, n)
		}
	}
	return nil
}

func (s *Set) shotsOf(it Item) string {
	if s.Shots.SameStratum {
		return it.Stratum
	}
	return ""
}

// examples are those that stand before an item.
func (s *Set) examples(it Item) []Item {
	var list []Item
	for _, shot := range s.shown[s.shotsOf(it)] {
		if shot.Where != it.Where && len(list) < s.shots {
			list = append(list, shot)
		}
	}
	return list
}

// answered is what follows an example's prompt.
func (s *Set) answered(it Item) string {
	switch s.Kind {
	case Choice:
		if it.Continuation != "" {
			return it.Choices[it.Right] + " " + it.Continuation
		}
		return " " + it.Choices[it.Right]
	case Word:
		return it.Target
	}
	return " " + it.Target
}

// Asked is all that stands before an item's answer.
func (s *Set) Asked(it Item) string {
	var b strings.Builder
	b.WriteString(it.Before)
	for _, shot := range s.examples(it) {
		b.WriteString(shot.Prompt + s.answered(shot) + "\n\n")
	}
	b.WriteString(it.Prompt)
	return b.String()
}

func first(dir string, names []string) (string, error) {
	for _, name := range names {
		if !filepath.IsLocal(name) {
			return "", fmt.Errorf("%q is not below the folder of the data", name)
		}
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("the folder of the data: %w", err)
	}
	return "", fmt.Errorf("%s has no %s", dir, strings.Join(names, " or "))
}

// rows reads a file into what templates see.
func (t *Task) rows(path string) ([]row, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []row
	visit := func(where string, raw []byte) error {
		vars, err := t.shape(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		list = append(list, row{where, vars})
		return nil
	}
	switch {
	case t.Form == formTruthfulQA:
		list, err = truthfulRows(path, io.LimitReader(f, maxFile))
	case t.Form == formHellaSwag && filepath.Ext(path) == ".json":
		err = parts(path, io.LimitReader(f, maxFile), visit)
	case filepath.Ext(path) == ".parquet":
		err = columns(path, f, visit)
	case filepath.Ext(path) == ".json":
		err = elements(path, json.NewDecoder(io.LimitReader(f, maxFile)), visit)
	default:
		err = eachLine(path, f, visit)
	}
	return list, err
}

func eachLine(path string, r io.Reader, visit func(where string, raw []byte) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(nil, maxRow)
	n := 0
	for in.Scan() {
		n++
		if len(bytes.TrimSpace(in.Bytes())) == 0 {
			continue
		}
		if err := visit(fmt.Sprintf("%s:%d", path, n), in.Bytes()); err != nil {
			return err
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("%s:%d: %w", path, n+1, err)
	}
	return nil
}

// columns visits the rows of a Parquet file.
func columns(path string, f *os.File, visit func(where string, raw []byte) error) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	in, err := parquet.Open(f, info.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for n := 1; ; n++ {
		raw, err := in.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%s: row %d: %w", path, n, err)
		}
		if err := visit(fmt.Sprintf("%s row %d", path, n), raw); err != nil {
			return err
		}
	}
}

// elements visits those of a JSON list.
func elements(path string, d *json.Decoder, visit func(where string, raw []byte) error) error {
	if tok, err := d.Token(); err != nil || tok != json.Delim('[') {
		return fmt.Errorf("%s: no list of rows in it", path)
	}
	for n := 1; d.More(); n++ {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return fmt.Errorf("%s: row %d: %w", path, n, err)
		}
		if err := visit(fmt.Sprintf("%s row %d", path, n), raw); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%s: the list does not end: %w", path, err)
	}
	return nil
}

// shape makes of a row what templates see.
func (t *Task) shape(raw []byte) (*jinja.Dict, error) {
	switch t.Form {
	case formARC:
		return arcRow(raw)
	case formMMLU:
		return mmluRow(raw)
	case formHellaSwag:
		return hellaswagRow(raw)
	case formWinoGrande:
		return winograndeRow(raw)
	}
	v, err := jinja.FromJSON(raw, false)
	if err != nil {
		return nil, err
	}
	vars, ok := v.(*jinja.Dict)
	if !ok {
		return nil, errors.New("no JSON object")
	}
	return vars, nil
}

// label sets the rows' field label to the lines of a file, which is needed where a row has none.
func label(rows []row, path string) error {
	unlabelled := slices.IndexFunc(rows, func(r row) bool { _, has := r.vars.Lookup("label"); return !has })
	if unlabelled < 0 {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%s has no label, and the file of labels is not there: %w", rows[unlabelled].where, err)
	}
	defer f.Close()
	n := 0
	err = eachLine(path, f, func(where string, raw []byte) error {
		if n == len(rows) {
			return fmt.Errorf("%s: a label for none of the %d rows", where, len(rows))
		}
		if _, has := rows[n].vars.Lookup("label"); !has {
			rows[n].vars.Set("label", strings.TrimSpace(string(raw)))
		}
		n++
		return nil
	})
	if err == nil && n < len(rows) {
		err = fmt.Errorf("%s: %d labels for %d rows", path, n, len(rows))
	}
	return err
}

func (s *Set) items(ctx context.Context, rows []row) ([]Item, error) {
	items := make([]Item, 0, len(rows))
	if s.made == nil {
		s.made = make(map[string]*jinja.Dict, len(rows))
	}
	for _, r := range rows {
		it, err := s.item(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.where, err)
		}
		items = append(items, it)
		s.made[r.where] = r.vars
	}
	return items, nil
}

// item renders a row.
func (t *Task) item(ctx context.Context, r row) (Item, error) {
	it := Item{Where: r.where}
	for _, name := range t.Fields {
		if _, ok := r.vars.Lookup(name); !ok {
			return it, fmt.Errorf("no field %q, which task %s needs", name, t.Name)
		}
	}
	render := func(p *jinja.Template) (string, error) {
		res, err := p.Render(ctx, r.vars, renderLimits())
		return res.Text, err
	}
	var err error
	if it.Before, err = render(t.about); err != nil {
		return it, fmt.Errorf("description: %w", err)
	}
	if it.Prompt, err = render(t.prompt); err != nil {
		return it, fmt.Errorf("prompt: %w", err)
	}
	if it.Continuation, err = render(t.after); err != nil {
		return it, fmt.Errorf("continuation: %w", err)
	}
	switch {
	case t.Continuation != "" && it.Continuation == "":
		return it, errors.New("nothing follows the choices, so that nothing is to be measured")
	case t.Continuation == "" && it.Before+it.Prompt == "":
		return it, errors.New("the prompt is empty")
	}
	if t.Stratum != "" {
		v, _ := r.vars.Lookup(t.Stratum)
		if it.Stratum, err = written(v); err != nil {
			return it, fmt.Errorf("field %q, which items are sampled by: %w", t.Stratum, err)
		}
	}
	right, err := render(t.right)
	if err != nil {
		return it, fmt.Errorf("right: %w", err)
	}
	if t.Kind != Choice {
		if it.Target = right; right == "" {
			return it, errors.New("the right answer is empty")
		}
		if slices.Contains(t.Metrics, matched) {
			if _, err := regexp.Compile(right); err != nil {
				return it, fmt.Errorf("right, which the metric %s takes for an expression: %w", matched, err)
			}
		}
		return it, nil
	}
	for _, c := range t.choices {
		text, err := render(c)
		if err != nil {
			return it, fmt.Errorf("choices: %w", err)
		}
		it.Choices = append(it.Choices, text)
	}
	if t.Choices.Field != "" {
		if it.Choices, err = texts(r.vars, t.Choices.Field); err != nil {
			return it, err
		}
	}
	if len(it.Choices) < 2 || len(it.Choices) > 1000 {
		return it, fmt.Errorf("%d choices: 2 or more, up to 1,000", len(it.Choices))
	}
	for i, c := range it.Choices {
		if c == "" {
			return it, fmt.Errorf("choice %d is empty", i)
		}
	}
	if t.Rights != "" {
		return it, it.rights(r.vars, t.Rights)
	}
	it.Right, err = which(it.Choices, right)
	return it, err
}

// rights reads which choices are right: a list of 0 and 1, with both among them.
func (it *Item) rights(vars *jinja.Dict, field string) error {
	v, _ := vars.Lookup(field)
	list, err := jinja.Items(v)
	if err != nil || len(list) != len(it.Choices) {
		return fmt.Errorf("field %q is not a list of 0 and 1 for each of %d choices", field, len(it.Choices))
	}
	sum := 0
	for _, x := range list {
		text, err := written(x)
		if err != nil || text != "0" && text != "1" {
			return fmt.Errorf("field %q has something else than 0 and 1", field)
		}
		n := int(text[0] - '0')
		sum += n
		it.Rights = append(it.Rights, float64(n))
	}
	if sum == 0 || sum == len(list) {
		return fmt.Errorf("field %q: %d of %d choices are right: some must be, and some not", field, sum, len(list))
	}
	return nil
}

// which finds a choice by its text, its number from 0 or its letter.
func which(choices []string, right string) (int, error) {
	bare := strings.TrimSpace(right)
	for _, text := range []string{right, bare} {
		if i := slices.Index(choices, text); i >= 0 {
			return i, nil
		}
	}
	right = bare
	if n, err := strconv.Atoi(right); err == nil && n >= 0 && n < len(choices) {
		return n, nil
	}
	if len(right) == 1 {
		if n := int(right[0]) - 'A'; n >= 0 && n < len(choices) {
			return n, nil
		}
	}
	return 0, fmt.Errorf("the right choice is %q: none of %d by text, by number from 0 or by letter", right, len(choices))
}

func texts(vars *jinja.Dict, field string) ([]string, error) {
	v, _ := vars.Lookup(field)
	list, err := jinja.Items(v)
	if err != nil {
		return nil, fmt.Errorf("field %q is no list of choices", field)
	}
	var out []string
	for _, x := range list {
		s, err := written(x)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", field, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// written is a text or a whole number as a template would print it.
func written(v any) (string, error) {
	const key = "v"
	d := jinja.NewDict()
	d.Set(key, v)
	if s, ok := jinja.Text(d, key); ok {
		return s, nil
	}
	if n, ok := v.(int64); ok {
		return strconv.FormatInt(n, 10), nil
	}
	return "", errors.New("neither text nor a whole number")
}
