package arithmetic

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/shared"
)

// One in six of Alpaca's calculations that are recognised is wrong, and all rows are read in seconds.
func TestAlpacasCalculations(t *testing.T) {
	rows, err := curate.Read(t.Context(), shared.Path(t, "data", "alpaca", "alpaca_28k.jsonl"), dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	count := map[verdict]int{}
	equations, certain := 0, 0
	for _, r := range rows {
		for _, x := range r.Exchanges() {
			reading, v, at := look(x)
			if reading.what != "" {
				count[v]++
			}
			if v == wrong && finding(x, reading, at).Certain {
				certain++
			}
			if v != wrong {
				equations += len(lookEquations(x))
			}
		}
	}
	t.Logf("%d right, %d wrong (%d certainly put right), %d unclear, and %d wrong equations in other answers; %.0f rows/s",
		count[right], count[wrong], certain, count[unclear], equations, float64(len(rows))/time.Since(start).Seconds())
	if n := count[right] + count[wrong]; n < 640 || count[wrong] < 100 || count[wrong] > 115 || equations < 10 {
		t.Errorf("%d of %d calculations are wrong, and %d equations", count[wrong], n, equations)
	}
	if d := time.Since(start); d > time.Minute {
		t.Errorf("reading the rows takes %v", d)
	}
}

// People wrote the solutions of GSM8K, and its calculations were checked. Two equations that do not hold are slips of theirs:
// "364 / 4 = 273" and "32 - $20 = $300".
func TestEquationsThatPeopleWroteHold(t *testing.T) {
	f, err := os.Open(shared.Path(t, "data", "bench", "gsm8k_test.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	calculated := regexp.MustCompile(`<<[^>]*>>`)
	in := bufio.NewReader(f)
	checked, wrong := 0, []string{}
	for {
		line, err := in.ReadBytes('\n')
		if len(line) == 0 {
			break
		}
		var row struct{ Question, Answer string }
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		answer := calculated.ReplaceAllString(row.Answer, "")
		checked += len(equations(answer, read(answer)))
		x := curate.Exchange{Instruction: curate.Text{Text: row.Question}, Output: curate.Text{Text: answer}}
		for _, f := range lookEquations(x) {
			wrong = append(wrong, f.Why)
		}
		if err != nil {
			break
		}
	}
	t.Logf("%d equations", checked)
	if checked < 2000 || len(wrong) != 2 {
		t.Errorf("of %d equations these are said to be wrong: %s", checked, strings.Join(wrong, "; "))
	}
}
