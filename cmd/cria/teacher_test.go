package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

func parsed(t *testing.T, args ...string) teacherFlags {
	t.Helper()
	var f teacherFlags
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	f.add(fs, "teacher")
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTeachersThatAreNone(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-secret")
	const url = "http://127.0.0.1:1/v1"
	for args, want := range map[string]string{
		"":                 "--teacher is missing",
		"--teacher " + url: "--teacher-model is missing",
		"--teacher " + url + "#m --teacher-model m":                                    "both name a model",
		"--teacher " + url + "#":                                                       "--teacher-model is missing",
		"--teacher my-model --teacher-model m":                                         "for a model at an address",
		"--teacher " + url + " --teacher-model m --max-cost 1":                         "give --price-in and --price-out",
		"--teacher https://other.example --teacher-model gpt-4o --max-cost 1":          "give --price-in and --price-out",
		"--teacher " + url + " --teacher-model m --max-cost 0":                         "a cap of 0",
		"--teacher " + url + " --teacher-model m --max-cost -1 --price-in 1":           "want more than 0",
		"--teacher " + url + " --teacher-model m --price-in -1":                        "0 to 10000",
		"--teacher " + url + " --teacher-model m --concurrency 0":                      "want 1 or more",
		"--teacher " + url + " --teacher-model m --key-env CRIA_TEST_NO_SUCH_VARIABLE": "is not set",
		"--teacher http://example.com --teacher-model m":                               "--plain-http",
		"--teacher no-such-model":                                                      "no-such-model",
	} {
		a := &app{}
		tc, err := a.openTeacher(t.Context(), parsed(t, strings.Fields(args)...), filepath.Join(t.TempDir(), "a.journal"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sk-secret") {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
		if err == nil {
			_ = tc.Close()
		}
	}
}

func TestPricesOfTeachers(t *testing.T) {
	for args, want := range map[string]openai.Prices{
		"--teacher https://api.openai.com/v1 --teacher-model gpt-4o-mini":                            {In: 0.15, Out: 0.6},
		"--teacher https://api.openai.com/v1 --teacher-model gpt-4o-mini --price-in 1 --price-out 2": {In: 1, Out: 2},
		"--teacher https://api.openai.com/v1 --teacher-model gpt-4o-mini --price-in 0 --price-out 0": {},
		"--teacher https://other.example/v1 --teacher-model gpt-4o-mini":                             {},
		"--teacher gpt-4o-mini": {},
	} {
		f := parsed(t, strings.Fields(args)...)
		if got := f.prices(); got != want {
			t.Errorf("%s: %+v, want %+v", args, got, want)
		}
	}
}

// The model's name at an address may stand behind it.
func TestTheNameOfAModelAtAnAddress(t *testing.T) {
	const url = "https://other.example/v1"
	for args, want := range map[string][2]string{
		"--teacher " + url + "#gpt-4o":       {url, "gpt-4o"},
		"--teacher " + url + "#org/name#2":   {url, "org/name#2"},
		"--teacher-model m --teacher " + url: {url, "m"},
		"--teacher models/a#b":               {"models/a#b", ""},
	} {
		if f := parsed(t, strings.Fields(args)...); f.spec != want[0] || f.model != want[1] {
			t.Errorf("%s: %q at %q, want %q", args, f.model, f.spec, want)
		}
	}
}

// A key goes to the endpoint, and the answer comes from the journal the second time.
func TestATeacherAtAnAddress(t *testing.T) {
	t.Setenv("CRIA_TEST_KEY", "sk-secret")
	s := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{Key: "sk-secret", Prices: openai.Prices{In: 100, Out: 200}})
	f := parsed(t, "--teacher", s.URL, "--teacher-model", "m", "--key-env", "CRIA_TEST_KEY", "--price-in", "100", "--price-out", "200", "--max-cost", "1")
	journal := filepath.Join(t.TempDir(), "a.journal")
	for range 2 {
		tc, err := (&app{}).openTeacher(t.Context(), f, journal)
		if err != nil {
			t.Fatal(err)
		}
		res, err := tc.Model().Chat(t.Context(), openai.Request{Messages: []openai.Message{{Role: "user", Content: "hello"}}, MaxTokens: 9})
		if err != nil || res.Text != "hello" || tc.Spent().Cost != s.Billed() {
			t.Errorf("%+v, %v, spent %+v", res, err, tc.Spent())
		}
		if parts := strings.Join(tc.parts(1, 3), "  "); !strings.Contains(parts, "$0.001300 spent") || !strings.Contains(parts, "about $0.003900 in all") {
			t.Errorf("the live line says %q", parts)
		}
		var rows table
		if tc.tell(&rows); len(rows.rows) != 2 {
			t.Errorf("told %v", rows.rows)
		}
		if err := tc.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if s.Bills() != 1 {
		t.Errorf("%d bills", s.Bills())
	}
}
