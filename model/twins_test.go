package model

import (
	"context"
	"testing"

	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model/modeltest"
)

func TestTwinsAreRowsThatNothingTellsApart(t *testing.T) {
	be := fast(t, 1)
	defer be.Close()
	m, err := Open(be, modeltest.Tiny(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if n := m.Twins(modeltest.EOS); n != 0 {
		t.Errorf("%d twins in a head of random rows", n)
	}
	if err := m.MakeTrainable(context.Background()); err != nil {
		t.Fatal(err)
	}
	row := make([]float32, modeltest.Hidden)
	embed := m.Params()[0].Value
	be.Read(row, embed.Slice(modeltest.EOS*modeltest.Hidden, (modeltest.EOS+1)*modeltest.Hidden))
	for _, id := range []int{0, 100, 255} {
		row[0] += 1e-4
		be.Write(embed.Slice(id*modeltest.Hidden, (id+1)*modeltest.Hidden), row)
	}
	if n := m.Twins(modeltest.EOS); n != 3 {
		t.Errorf("%d twins, want 3", n)
	}
	if n := m.Twins(-1) + m.Twins(modeltest.Vocab); n != 0 {
		t.Errorf("%d twins of tokens that are not there", n)
	}
}

// The story models were trained without their end token: 171 tokens that no text holds have its very row.
func TestTwinsOfARealBase(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	m, err := Open(be, shared.Path(t, "data", "models", "stories3M"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if n := m.Twins(2); n != 171 {
		t.Errorf("%d twins of </s>, want 171", n)
	}
}
