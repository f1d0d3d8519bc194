package selfinstruct

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/cria-llm/cria/internal/shared"
)

// Alpaca's rows came through Alpaca's own filters, so these, which are meant to be the same, drop none. Of all 27,703 rows 52
// are too like an earlier one, most of them its double: Alpaca's workers did not see what the others kept.
func TestAlpacasRowsPassItsFilters(t *testing.T) {
	f, err := os.Open(shared.Path(t, "data", "alpaca", "alpaca_28k.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	filters := Published(Alpaca, "English")
	p := newPool(nil, Options{Filters: &filters})
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	const compared = 6000 // the others take seconds
	rows, doubles := 0, 0
	for in.Scan() {
		var row struct{ Instruction string }
		if err := json.Unmarshal(in.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if why := p.rules.instruction(row.Instruction); why != "" {
			t.Errorf("%s: %q", why, row.Instruction)
		}
		if rows++; rows > compared {
			continue
		}
		if _, like := p.near.Nearest(row.Instruction); like {
			doubles++
		}
		p.know(row.Instruction)
	}
	if rows != 27703 || doubles > 10 {
		t.Errorf("of %d rows %d are like another among the first %d", rows, doubles, compared)
	}
}
