package store

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cria-llm/cria/internal/machine"
)

// TestMain is also a program that writes to a ledger, for tests of several: see writer.
func TestMain(m *testing.M) {
	if path := os.Getenv("STORE_TEST_LEDGER"); path != "" {
		writer(path, os.Getenv("STORE_TEST_RUNS"))
		return
	}
	os.Exit(m.Run())
}

// writer begins and updates runs, or, asked for none, begins one and hangs until it is killed.
func writer(path, runs string) {
	n, err := strconv.Atoi(runs)
	check := func(err error) {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	check(err)
	ctx := context.Background()
	s, err := Open(ctx, path)
	check(err)
	for range max(1, n) {
		r := Run{Kind: "train", Out: "run"}
		check(s.Begin(ctx, &r))
		if n == 0 {
			fmt.Println(r.ID)
			time.Sleep(time.Hour) // until it is killed
		}
		for step := range 5 {
			r.Steps = step + 1
			check(s.Update(ctx, r))
		}
		r.Status = Done
		check(s.Update(ctx, r))
	}
	check(s.Close())
}

func openNew(t *testing.T) (*Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made", "by it", "ledger?.db")
	return openAt(t, path), path
}

func openAt(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func begin(t *testing.T, s *Store, r Run) Run {
	t.Helper()
	if err := s.Begin(t.Context(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func runsOf(t *testing.T, s *Store) []Run {
	t.Helper()
	runs, err := s.Runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	s, path := openNew(t)
	x := func(v float64) *float64 { return &v }
	out := filepath.Join(t.TempDir(), "run")
	r := begin(t, s, Run{Kind: "train", Out: out, Recipe: "base: b\n", Base: "b", BaseHash: "01", DataHash: "02", PlannedSteps: 9,
		Machine: "this one", Parents: []Parent{{"a", "03"}, {"b", "04"}}})
	r.Status, r.Stopped, r.Steps, r.Tokens, r.Seconds, r.TokensPerSec = Done, "max_seconds", 8, 1<<40, 1.5, 2e9
	r.Joules, r.Energy, r.Cost = x(7200), "measured", x(0.25)
	r.LossBefore, r.LossAfter, r.LossBest, r.BestStep, r.ForgetBefore, r.ForgetAfter = x(3), x(2), x(1.5), 6, x(4), x(4.25)
	r.ProbeAsked, r.ProbeStopped, r.Adapter, r.AdapterHash = 20, 19, out, "05"
	r.Parents = append(r.Parents, Parent{"c", "06"})
	if err := s.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	other := openAt(t, path)
	runs := runsOf(t, other)
	if len(runs) != 1 || runs[0].Ended == nil {
		t.Fatalf("read %+v", runs)
	}
	got := runs[0]
	if took := got.Ended.Sub(got.Started); took < 0 || took > time.Minute {
		t.Errorf("from %v to %v", got.Started, got.Ended)
	}
	got.Ended = nil
	if diff := cmp.Diff(r, got, cmpopts.EquateEmpty(), cmp.AllowUnexported(Run{})); diff != "" {
		t.Errorf("written (-) is not read (+):\n%s", diff)
	}
	if wh := got.WattHours(); wh == nil || *wh != 2 {
		t.Errorf("7,200 J are %v Wh", wh)
	}
	one, err := other.Run(t.Context(), r.ID)
	if err != nil || one.ID != r.ID || len(one.Parents) != 3 {
		t.Errorf("run by its id: %+v, %v", one, err)
	}
}

func TestIdsSortAsRunsBegan(t *testing.T) {
	s, _ := openNew(t)
	var ids []string
	for _, at := range []int64{1_700_000_000, 1_700_000_000, 1_700_000_000, 1_600_000_000, 1_800_000_000} { // the fourth, after the clock was set back
		ids = append(ids, begin(t, s, Run{Out: "x", Started: time.Unix(at, 0)}).ID)
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("ids are %v, want ascending ones", ids)
	}
	runs := runsOf(t, s)
	for i, r := range runs {
		if want := ids[len(ids)-1-i]; r.ID != want {
			t.Errorf("run %d of the list is %s, want %s: the newest is first", i, r.ID, want)
		}
	}
}

func TestIdsMayBeAbbreviated(t *testing.T) {
	s, _ := openNew(t)
	a := begin(t, s, Run{Out: "x", Started: time.Unix(1_700_000_000, 0)}).ID
	b := begin(t, s, Run{Out: "x", Started: time.Unix(1_700_000_001, 0)}).ID
	for _, c := range []struct{ id, want, problem string }{
		{a, a, ""},
		{strings.ToUpper(b), b, ""},
		{a[len(a)-2:], a, ""},
		{b[len(b)-2:], b, ""},
		{a[:3], "", "2 runs have that: " + a + ", " + b},
		{"zzz", "", "there is none"},
		{"*", "", "no id"},
		{"", "", "no id"},
		{a + "0", "", "no id"},
	} {
		r, err := s.Run(t.Context(), c.id)
		if r.ID != c.want || (err != nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%q finds %q, %v; want %q %s", c.id, r.ID, err, c.want, c.problem)
		}
	}
}

func TestARemovedRunIsGone(t *testing.T) {
	s, _ := openNew(t)
	r := begin(t, s, Run{Out: "x", Parents: []Parent{{"a", "01"}}})
	if err := s.Remove(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if runs := runsOf(t, s); len(runs) != 0 {
		t.Errorf("the ledger has %+v", runs)
	}
	var n int
	if err := s.db.QueryRow("SELECT count(*) FROM parents").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d parents of it are left, %v", n, err)
	}
	if err := s.Remove(t.Context(), r.ID); err == nil || !strings.Contains(err.Error(), "not in the ledger") {
		t.Errorf("removed twice: %v", err)
	}
	if err := s.Update(t.Context(), r); err == nil || !strings.Contains(err.Error(), "not in the ledger any more") {
		t.Errorf("updated after it was removed: %v", err)
	}
}

// A run that goes on is the same line; one that is done is not taken up again.
func TestAResumedRunKeepsItsLine(t *testing.T) {
	s, _ := openNew(t)
	dir := t.TempDir()
	first := begin(t, s, Run{Kind: "train", Out: dir, Parents: []Parent{{"a", "01"}}})
	first.Status, first.Error, first.Steps = Interrupted, "interrupted after step 3", 3
	if err := s.Update(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, found, err := s.Resume(t.Context(), "pretrain", dir); found || err != nil {
		t.Errorf("a run of another kind: %t, %v", found, err)
	}
	r, found, err := s.Resume(t.Context(), "train", dir)
	if err != nil || !found || r.ID != first.ID || r.Status != Running || r.Error != "" || r.Ended != nil || r.Steps != 3 || len(r.Parents) != 1 {
		t.Fatalf("resumed %+v, %t, %v", r, found, err)
	}
	r.Status = Done
	if err := s.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if _, found, err := s.Resume(t.Context(), "train", dir); found || err != nil {
		t.Errorf("a run that is done: %t, %v", found, err)
	}
	r.Stopped = "max_seconds" // may be given more
	if err := s.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if _, found, err := s.Resume(t.Context(), "train", dir); !found || err != nil {
		t.Errorf("a run that a guard ended: %t, %v", found, err)
	}
}

// Two handles in one process, as two programs have them: every run is there, each with an id of its own.
func TestTwoHandlesWriteAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	const handles, each = 2, 25
	var wg sync.WaitGroup
	for range handles {
		wg.Go(func() {
			s, err := Open(t.Context(), path) // they also make the ledger at once
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			for i := range each {
				r := Run{Kind: "train", Out: "x"}
				if err := s.Begin(t.Context(), &r); err != nil {
					t.Error(err)
					return
				}
				r.Steps = i + 1
				if err := s.Update(t.Context(), r); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	runs := runsOf(t, openAt(t, path))
	sum := 0
	for _, r := range runs {
		sum += r.Steps
	}
	if len(runs) != handles*each || sum != handles*each*(each+1)/2 {
		t.Errorf("%d runs of %d steps together, want %d of %d", len(runs), sum, handles*each, handles*each*(each+1)/2)
	}
}

// start runs the test's program as another process that writes.
func start(t *testing.T, path string, runs int) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), exe)
	c.Env = append(os.Environ(), "STORE_TEST_LEDGER="+path, "STORE_TEST_RUNS="+strconv.Itoa(runs))
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, &out
}

func TestSeveralProcessesWriteAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "ledger.db")
	const processes, each = 4, 10
	var all []*exec.Cmd
	var said []*strings.Builder
	for range processes {
		c, out := start(t, path, each)
		all, said = append(all, c), append(said, out)
	}
	for i, c := range all {
		if err := c.Wait(); err != nil {
			t.Errorf("process %d: %v: %s", i, err, said[i])
		}
	}
	runs := runsOf(t, openAt(t, path))
	ids := map[string]bool{}
	for _, r := range runs {
		ids[r.ID] = true
		if r.Status != Done || r.Steps != 5 {
			t.Errorf("run %s is %s after %d steps", r.ID, r.Status, r.Steps)
		}
	}
	if len(ids) != processes*each {
		t.Errorf("%d runs, want %d", len(ids), processes*each)
	}
}

// A process that is killed cannot say so; the ledger finds out.
func TestAKilledProcessesRunIsInterrupted(t *testing.T) {
	if machine.ProcessMark(os.Getpid()) == "" {
		t.Skip("processes cannot be told apart here")
	}
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := openAt(t, path)
	c, out := start(t, path, 0)
	var runs []Run
	for range 500 {
		if runs = runsOf(t, s); len(runs) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if len(runs) != 1 || runs[0].Status != Running {
		t.Fatalf("while it runs: %+v; it said %q", runs, out)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
	r, err := s.Run(t.Context(), runs[0].ID)
	if err != nil || r.Status != Interrupted || !strings.Contains(r.Error, "killed") || r.Ended != nil {
		t.Errorf("after it was killed: %+v, %v", r, err)
	}
	// Nor is a process that happens to have its number the same.
	r.Status, r.pid = Running, os.Getpid()
	if err := s.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Run(t.Context(), r.ID); err != nil || r.Status != Interrupted {
		t.Errorf("with the number of another process: %s, %v", r.Status, err)
	}
	// Of another machine's processes nothing is known.
	r.host = "elsewhere"
	if err := s.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Run(t.Context(), r.ID); err != nil || r.Status != Running {
		t.Errorf("of another machine: %s, %v", r.Status, err)
	}
}

func TestANewerLedgerIsLeftAlone(t *testing.T) {
	s, path := openNew(t)
	if _, err := s.db.Exec(fmt.Sprintf("PRAGMA user_version = %d", len(migrations)+1)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "newer cria") {
		t.Errorf("error is %v", err)
	}
}

func TestWhatIsNoLedgerIsNamed(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database at all\n", 100)), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, dir, filepath.Join(text, "below", "a file")} {
		if s, err := Open(t.Context(), path); err == nil || !strings.HasPrefix(err.Error(), "open ledger "+path) {
			t.Errorf("%s: %v, %v", path, s, err)
		}
	}
}
