package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"

	"github.com/cria-llm/cria/internal/wholefile"
)

// maxConfigFile bounds the JSON files of a model folder; real ones take a few kilobytes, tokenizer_config.json with many
// added tokens a few megabytes.
const maxConfigFile = 64 << 20

// jsonConfig reads fields of a config.json and keeps the first error, which names the field. A null is as absent.
type jsonConfig struct {
	fields map[string]json.RawMessage
	err    error

	originalMaxPos int // of longrope, where the family has a key of its own for it
}

// readJSON reads an object from a file of the folder. A missing file is a nil map.
func readJSON(dir, name string) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := wholefile.JSON(filepath.Join(dir, name), maxConfigFile, &fields); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if fields == nil {
		return nil, fmt.Errorf("%s: not a JSON object", name)
	}
	return fields, nil
}

func (j *jsonConfig) fail(format string, args ...any) {
	if j.err == nil {
		j.err = fmt.Errorf(format, args...)
	}
}

func (j *jsonConfig) has(key string) bool {
	raw, ok := j.fields[key]
	return ok && string(raw) != "null"
}

// read decodes a field that is there; want says what it should be.
func (j *jsonConfig) read(key string, to any, want string) bool {
	if !j.has(key) {
		return false
	}
	if err := json.Unmarshal(j.fields[key], to); err != nil {
		j.fail("%s is %s, not %s", key, clip(j.fields[key]), want)
		return false
	}
	return true
}

func (j *jsonConfig) needInt(key string) int {
	if !j.has(key) {
		j.fail("%s is missing", key)
	}
	return j.int(key, 0)
}

func (j *jsonConfig) int(key string, absent int) int {
	var x float64
	if !j.read(key, &x, "a whole number") {
		return absent
	}
	if x != math.Trunc(x) || math.Abs(x) > math.MaxInt32 {
		j.fail("%s is %g, not a whole number that a model could have", key, x)
		return absent
	}
	return int(x)
}

func (j *jsonConfig) float(key string, absent float64) float64 {
	j.read(key, &absent, "a number")
	return absent
}

func (j *jsonConfig) bool(key string, absent bool) bool {
	j.read(key, &absent, "true or false")
	return absent
}

func (j *jsonConfig) string(key, absent string) string {
	j.read(key, &absent, "a string")
	return absent
}

// ids reads a field that is one id or a list of them.
func (j *jsonConfig) ids(key string) []int32 {
	if !j.has(key) {
		return nil
	}
	var many []int32
	if json.Unmarshal(j.fields[key], &many) == nil {
		return many
	}
	var one int32
	if j.read(key, &one, "a token id or a list of them") {
		return []int32{one}
	}
	return nil
}

// clip shortens what a file holds for an error message.
func clip(raw []byte) string {
	if len(raw) > 60 {
		return string(raw[:60]) + "…"
	}
	return string(raw)
}
