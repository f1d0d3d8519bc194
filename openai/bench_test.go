package openai_test

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/cria-llm/cria/openai"
)

// What a journal costs a request: two lines that are brought to the disk, with those of others that come meanwhile.
func BenchmarkGuard(b *testing.B) {
	m := function(func(openai.Request) (*openai.Response, error) { return used(100, 50), nil })
	j, err := openai.OpenJournal(filepath.Join(b.TempDir(), "a.journal"))
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	g := openai.Guard(m, prices, openai.Caps{}, j)
	var n atomic.Int64
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := g.Chat(b.Context(), ask(fmt.Sprint(n.Add(1)))); err != nil {
				b.Error(err)
			}
		}
	})
}
