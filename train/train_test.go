package train

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/cria-llm/cria/internal/shared"
)

type logger struct {
	Silent
	t *testing.T
}

func (l logger) Data(d DataInfo)     { l.t.Log(d.Set, d.Report) }
func (l logger) Planned(p Plan)      { l.t.Logf("%+v", p) }
func (l logger) Stepped(s Step)      { l.t.Logf("%+v", s) }
func (l logger) Evaluated(e Eval)    { l.t.Logf("%+v", e) }
func (l logger) Noted(text string)   { l.t.Log(text) }

func TestRun(t *testing.T) {
	r := Recipe{Base: shared.Path(t, "data", "models", "stories3M"), Data: []string{shared.Path(t, "data", "alpaca", "alpaca_28k.jsonl")},
		Out: filepath.Join(t.TempDir(), "run"), Limit: 400, LR: 2e-3}
	res, err := Run(context.Background(), r, Options{}, logger{t: t})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", res)
}
