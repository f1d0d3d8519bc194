package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"unicode/utf8"
)

// eachLine reads a gzipped file of JSON lines.
func eachLine(path string, visit func(line []byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	r := bufio.NewReaderSize(z, 1<<20)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if err := visit(line); err != nil {
				return fmt.Errorf("%s:%d: %w", path, n, err)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
}

// naturalForms says how a task's rows become running text: %i is the input, %o the output.
func naturalForms() map[string]string {
	return map[string]string{
		"task105_story_cloze-rocstories_sentence_generation": "%i %o",
		"task216_rocstories_correct_answer_generation":       "%o",
		"task219_rocstories_title_answer_generation":         "%o\n%i",
		"task299_storycloze_sentence_generation":             "%i %o",
		"task071_abductivenli_answer_generation":             "%i %o",
		"task067_abductivenli_answer_generation":             "%i %o",
		"task072_abductivenli_answer_generation":             "%i %o",
		"task820_protoqa_answer_generation":                  "%i? %o",
		"task591_sciq_answer_generation":                     "%i %o",
		"task038_qasc_combined_fact":                         "%i %o",
		"task1508_wordnet_antonyms":                          "The opposite of %i is %o.",
		"task1509_evalution_antonyms":                        "The opposite of %i is %o.",
		"task1412_web_questions_question_answering":          "%i %o",
		"task582_naturalquestion_answer_generation":          "%i? %o",
		"task1572_samsum_summary":                            "%i\n%o",
		"task1660_super_glue_question_generation":            "%i %o",
		"task596_mocha_question_generation":                  "%i %o",
		"task023_cosmosqa_question_generation":               "%i %o",
		"task455_swag_context_generation":                    "%i %o",
		"task565_circa_answer_generation":                    "%i %o",
		"task572_recipe_nlg_text_generation":                 "%i %o",
	}
}

// naturalTexts writes the tasks whose texts are plain English, without their instructions.
func naturalTexts(path string, put func(any) error) error {
	forms := naturalForms()
	return eachLine(path, func(line []byte) error {
		var x struct{ Task, Input, Output string }
		if err := json.Unmarshal(line, &x); err != nil {
			return err
		}
		form, ok := forms[x.Task]
		if !ok {
			return nil
		}
		text := strings.NewReplacer("%i", bare(x.Input), "%o", bare(x.Output)).Replace(form)
		if !utf8.ValidString(text) || len(text) > 3000 {
			return nil
		}
		return put(document{text})
	})
}

// bare takes the labels of a task's parts out of a text.
func bare(text string) string {
	labels := strings.NewReplacer("Sentence1: ", "", "Sentence2: ", "", "Sentence3: ", "", "Sentence4: ", "", "Sentence 1: ", "", "Sentence 2: ", "", "Sentence 3: ", "", "Sentence 4: ", "",
		"Sentence 5: ", "", "Beginning: ", "", "Middle: ", "", "Ending: ", "", "Title: ", "", "Context: ", "", "\\", "")
	return strings.Join(strings.Fields(labels.Replace(text)), " ")
}

// bookPage is about how much of a book is one document.
const bookPage = 3000

// bookTexts writes the first books of the file, in pages of whole paragraphs, shuffled.
func bookTexts(path string, size int, put func(any) error) error {
	var pages []string
	full := errors.New("full")
	err := eachLine(path, func(line []byte) error {
		var x struct{ Text string }
		if err := json.Unmarshal(line, &x); err != nil {
			return err
		}
		var page strings.Builder
		for _, p := range strings.Split(x.Text, "\n\n") {
			p = strings.Join(strings.Fields(p), " ")
			if p == "" || strings.HasPrefix(p, "#") {
				continue
			}
			if page.Len() > 0 {
				page.WriteString("\n\n")
			}
			page.WriteString(p)
			if page.Len() >= bookPage {
				pages, size = append(pages, page.String()), size-page.Len()
				page.Reset()
			}
		}
		if size <= 0 {
			return full
		}
		return nil
	})
	if err != nil && !errors.Is(err, full) {
		return err
	}
	rand.New(rand.NewPCG(5, 6)).Shuffle(len(pages), func(i, j int) { pages[i], pages[j] = pages[j], pages[i] })
	for _, p := range pages {
		if err := put(document{p}); err != nil {
			return err
		}
	}
	return nil
}
