package exactwriter_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/cria-llm/cria/internal/exactwriter"
)

func TestAStreamIsHeldToItsSize(t *testing.T) {
	for _, c := range []struct {
		pieces    []string
		want, got string
	}{
		{[]string{"12", "", "34"}, "", "1234"},
		{[]string{"123"}, "its stream wrote 3 bytes, but four takes 4", "123"},
		{nil, "its stream wrote 0 bytes, but four takes 4", ""},
		{[]string{"123", "456"}, "its stream wrote at least 2 bytes too many", "123"},
	} {
		var out bytes.Buffer
		err := exactwriter.Write(&out, 4, "four", func(w io.Writer) error {
			for _, p := range c.pieces {
				if _, err := io.WriteString(w, p); err != nil {
					return err
				}
			}
			return nil
		})
		if message(err) != c.want || out.String() != c.got {
			t.Errorf("%q: wrote %q, error %v; want %q, %q", c.pieces, out.String(), err, c.got, c.want)
		}
	}
}

func TestTheStreamsErrorComesBack(t *testing.T) {
	full := errors.New("full")
	if err := exactwriter.Write(io.Discard, 4, "four", func(io.Writer) error { return full }); !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
	r, w := io.Pipe()
	r.CloseWithError(full)
	err := exactwriter.Write(w, 4, "four", func(w io.Writer) error { _, err := w.Write([]byte("1234")); return err })
	if !errors.Is(err, full) {
		t.Errorf("error %v of the writer below, want %v", err, full)
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
