package selfinstruct

import (
	"bytes"
	"time"

	"github.com/cria-llm/cria/internal/plainjson"
	"github.com/cria-llm/cria/openai"
)

// Task is an instruction with its input and its output: a seed, or what a teacher made.
type Task struct {
	ID                         string
	Instruction, Input, Output string
	Classification             *bool // whether the output is one of a few labels; nil where that is not known
}

// Row is a line of the file that is written. [dataset.Load] reads it as an alpaca row.
type Row struct {
	Instruction string     `json:"instruction"`
	Input       string     `json:"input"`
	Output      string     `json:"output"`
	ID          string     `json:"id"` // the same wherever the same answer came to the same request
	Provenance  Provenance `json:"provenance"`
}

// Provenance is where a row is from.
type Provenance struct {
	Method     string   `json:"method"`
	Step       string   `json:"step"` // of the method, that gave the row: "tasks", "input-first", "answer"
	Teacher    string   `json:"teacher"`
	PromptHash string   `json:"prompt_hash"` // SHA-256 of the messages, 16 hex digits
	Seed       uint64   `json:"seed"`
	Request    int      `json:"request"` // its number, from 0
	Parents    []string `json:"parents"` // ids of the seeds and rows that the teacher was shown
	Change     string   `json:"change,omitempty"`
	Source     *Source  `json:"source,omitempty"`

	// The row's share of what its requests took.
	PromptTokens     float64     `json:"prompt_tokens"`
	CompletionTokens float64     `json:"completion_tokens"`
	Cost             openai.Cost `json:"cost"`              // 0 where there is no price
	Answered         time.Time   `json:"answered,omitzero"` // when the answer was written down

	// Alpaca's two, by ROUGE-L F of the instructions, of the seeds and the rows before.
	Similar    Neighbours `json:"most_similar_instructions"`
	Similarity float64    `json:"avg_similarity_score"`
}

// Source is the passage that a row is from.
type Source struct {
	File    string `json:"file"`
	Passage int    `json:"passage"`         // in the file, from 0
	Quote   string `json:"quote,omitempty"` // the words of the passage that hold the answer, as they stand there
}

// Neighbour is an instruction and how much like another it is, 0 to 1.
type Neighbour struct {
	Instruction string
	Score       float64
}

// Neighbours are the most similar instructions, the most similar first. As JSON they are an object of instruction and score.
type Neighbours []Neighbour

// MarshalJSON implements [json.Marshaler].
func (n Neighbours) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	seen := map[string]bool{}
	for _, x := range n {
		if seen[x.Instruction] {
			continue
		}
		seen[x.Instruction] = true
		if len(seen) > 1 {
			b.WriteByte(',')
		}
		for i, v := range []any{x.Instruction, x.Score} {
			if i > 0 {
				b.WriteByte(':')
			}
			text, err := plainjson.Marshal(v)
			if err != nil {
				return nil, err
			}
			b.Write(text)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
