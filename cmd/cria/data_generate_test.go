package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

// writeTasks answers a request for tasks with some: a few like others, a few without an output, and now and then an answer that
// is none. What it writes follows from the request alone.
func writeTasks(r openai.Request) string {
	h := fnv.New64a()
	fmt.Fprint(h, r.Messages)
	if r.Seed != nil {
		fmt.Fprint(h, *r.Seed)
	}
	random := rand.New(rand.NewPCG(h.Sum64(), 1))
	if random.IntN(20) == 0 {
		return "I would rather not."
	}
	type task struct {
		Instruction string `json:"instruction"`
		Input       string `json:"input"`
		Output      string `json:"output"`
	}
	var out struct {
		Tasks []task `json:"tasks"`
	}
	words := func(n, of int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("w%d", random.IntN(of))
		}
		return strings.Join(list, " ")
	}
	for range 5 {
		t := task{"Say " + words(7, 4000), "", words(9, 100)}
		switch random.IntN(12) {
		case 0:
			t.Instruction = "Name a bird that lives at sea."
		case 1:
			t.Output = ""
		case 2:
			t.Input = words(3, 100)
		}
		out.Tasks = append(out.Tasks, t)
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

const someSeeds = `{"instruction": "Name a bird.", "output": "The wren."}
{"instruction": "Add the numbers.", "input": "2 and 3", "output": "5"}
{"instruction": "Say hello in French.", "output": "Bonjour."}
{"instruction": "Which of these is a colour?", "input": "red, dog", "output": "red"}
`

// The program is killed five times while it generates a thousand rows at an endpoint that limits, fails, breaks off, writes
// junk and bills. No cap is passed, no row is there twice, nothing that was answered is asked again, and the file is the one
// of a generation that was left in peace.
func TestAThousandRowsThroughFiveKills(t *testing.T) {
	prices := openai.Prices{In: 3, Out: 9}
	dir := t.TempDir()
	seeds := filepath.Join(dir, "seeds.jsonl")
	if err := os.WriteFile(seeds, []byte(someSeeds), 0o666); err != nil {
		t.Fatal(err)
	}
	command := func(s *openaitest.Server, out string, more ...string) *exec.Cmd {
		args := append([]string{"data", "generate", "--teacher", s.URL, "--teacher-model", "author", "--seeds", seeds, "--n", "1000", "--out", out,
			"--per-request", "5", "--answer-tokens", "400", "--concurrency", "16", "--price-in", "3", "--price-out", "9", "--json"}, more...)
		c := exec.CommandContext(context.WithoutCancel(t.Context()), "cria", args...)
		c.Env = append(os.Environ(), "CRIA_HOME="+filepath.Join(dir, "home"))
		return c
	}
	calm := openaitest.NewServer(t, writeTasks, openaitest.Options{Prices: prices})
	if text, err := command(calm, filepath.Join(dir, "calm.jsonl")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	want, err := os.ReadFile(filepath.Join(dir, "calm.jsonl"))
	if err != nil || bytes.Count(want, []byte("\n")) != 1000 {
		t.Fatalf("%v, %d rows", err, bytes.Count(want, []byte("\n")))
	}

	s := openaitest.NewServer(t, writeTasks, openaitest.Options{Prices: prices, Seed: 1, TooMany: 0.002, Fail: 0.02, Drop: 0.01, Cut: 0.01, Junk: 0.01, Delay: 5 * time.Millisecond})
	out := filepath.Join(dir, "rows.jsonl")
	limit := calm.Billed() / 1000 * 800
	capped := []string{"--max-cost", fmt.Sprint(limit.Dollars())}
	for kill := range 5 {
		c := command(s, out, capped...)
		var text bytes.Buffer
		c.Stderr = &text
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for before := s.Bills(); s.Bills() < before+20; time.Sleep(time.Millisecond) {
			if c.ProcessState != nil {
				t.Fatal("it ended by itself")
			}
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(); err == nil {
			t.Fatalf("kill %d came too late\n%s", kill, text.String())
		}
		if kill == 0 {
			capped = append(capped, "--resume")
		}
	}
	var report struct {
		Kept    int
		Stopped string
		Spent   struct {
			Cost, Uncertain float64
			FromJournal     int `json:"from_journal"`
		}
	}
	finish := func(more ...string) (code int) {
		t.Helper()
		c := command(s, out, more...)
		var said bytes.Buffer
		c.Stderr = &said
		text, err := c.Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			code = exit.ExitCode()
		}
		report.Stopped = ""
		if err := json.Unmarshal(text, &report); err != nil {
			t.Fatalf("%v: %s\n%s", err, text, said.String())
		}
		return code
	}
	if code := finish(capped...); code != exitError || report.Stopped != "cap" || report.Kept == 0 {
		t.Errorf("at the cap it ended with %d: %+v", code, report)
	}
	if billed := s.Billed(); billed > limit || billed < limit-openai.CostOf(0.02) {
		t.Errorf("%s was billed at a cap of %s", billed, limit)
	}
	if code := finish("--resume"); code != exitOK || report.Kept != 1000 || report.Spent.FromJournal == 0 {
		t.Errorf("it ended with %d: %+v", code, report)
	}
	timeless := regexp.MustCompile(`"answered":"[^"]*",`)
	got, err := os.ReadFile(out)
	if err != nil || !bytes.Equal(timeless.ReplaceAll(got, nil), timeless.ReplaceAll(want, nil)) {
		t.Errorf("the rows are others than those of a generation in peace (%v)", err)
	}
	set, err := dataset.Load(t.Context(), []string{out}, dataset.Options{})
	if err != nil || len(set.Examples) != 1000 {
		t.Errorf("%v, %v", set, err)
	}
	seen := map[string]bool{}
	for line := range bytes.Lines(got) {
		var row struct{ Instruction, ID string }
		if err := json.Unmarshal(line, &row); err != nil || seen[row.Instruction] || seen[row.ID] {
			t.Fatalf("%v, or there twice: %s", err, line)
		}
		seen[row.Instruction], seen[row.ID] = true, true
	}
	if billed := s.Billed().Dollars(); billed < report.Spent.Cost || billed > report.Spent.Cost+report.Spent.Uncertain {
		t.Errorf("$%v was billed, and %+v is known of", billed, report.Spent)
	}
	t.Logf("billed %s in %d answers and %d tries; %+v", s.Billed(), s.Bills(), s.Tries(), report)
}
