package robust

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

const sum = "Janet’s ducks lay 16 eggs per day for $2.50 (see www.ducks.org): f(x) = x_1 + 3y, isn't it well-known? A I"

// edits is the least number of letters left out, put in, changed, or changed with the next one, that make one text of another
// (optimal string alignment).
func edits(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range b {
		d[0][j+1] = j + 1
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// Of 7,000 letters about as many are mistyped as the rate says, and a text is as many edits away as are counted, or a little less
// where one undoes another.
func TestTyposComeAtTheirRate(t *testing.T) {
	const words = "the quick brown fox jumped over lazy dogs"
	for _, rate := range []float64{0, 0.02, 0.1, 0.4} {
		r := rng(3)
		letters, errors, away := 0, 0, 0
		for range 200 {
			got, n := mistyped(words, rate, r)
			letters, errors, away = letters+34, errors+n, away+edits([]rune(words), []rune(got))
		}
		want, noise := rate*float64(letters), 4*math.Sqrt(rate*float64(letters))
		// A letter that changes places takes the next one along, which then has no chance of its own.
		if x := float64(errors); x > want+noise || x < want*(1-rate/4)-noise {
			t.Errorf("at rate %g %d of %d letters are mistyped", rate, errors, letters)
		}
		if away > errors || float64(away) < 0.8*float64(errors) {
			t.Errorf("at rate %g texts are %d edits away with %d errors", rate, away, errors)
		}
	}
}

// What is no word stays: numbers, prices, addresses, formulas, words of one letter.
func TestTyposSpareWhatIsNoWord(t *testing.T) {
	kept := []string{"16", "$2.50", "(see", "www.ducks.org):", "f(x)", "=", "x_1", "+", "3y,", "A", "I"}
	for seed := range uint64(50) {
		got, _ := mistyped(sum, 1, rng(seed))
		fields := strings.Fields(got)
		if len(fields) != len(strings.Fields(sum)) {
			continue // a whole word was left out
		}
		for i, was := range strings.Fields(sum) {
			for _, k := range kept[:2] {
				if was == k && fields[i] != k {
					t.Errorf("%q becomes %q", was, fields[i])
				}
			}
		}
		for _, k := range kept {
			if k != "(see" && !strings.Contains(got, k) {
				t.Errorf("%q is gone from %q", k, got)
			}
		}
	}
	if got, n := mistyped(sum, 0, rng(1)); got != sum || n != 0 {
		t.Errorf("at rate 0 it becomes %q", got)
	}
}

func TestNeighboursAreBesideTheKey(t *testing.T) {
	for c, want := range map[rune]string{'g': "fhtyvb", 'q': "wa", 'P': "OL", 'ä': "", 'm': "njk"} {
		got := neighbours(c)
		if len(got) != len(want) {
			t.Errorf("beside %c are %q, want %q", c, got, want)
		}
		for _, k := range want {
			if !strings.ContainsRune(got, k) {
				t.Errorf("beside %c are %q, want %q", c, got, want)
			}
		}
	}
}

// Only letters' case changes, in so large a part of them.
func TestCaseAtItsRate(t *testing.T) {
	for _, c := range []struct {
		how  string
		rate float64
		want string
	}{{lower, 1, "ab, 3 äß"}, {upper, 1, "AB, 3 Äß"}, {random, 1, "aB, 3 Äß"}, {upper, 0, "Ab, 3 äß"}} {
		if got := recased("Ab, 3 äß", c.how, c.rate, rng(1)); got != c.want {
			t.Errorf("%s at %g makes %q, want %q", c.how, c.rate, got, c.want)
		}
	}
	if got := recased("a\xff\xfeb", random, 0, rng(1)); got != "a\xff\xfeb" {
		t.Errorf("what is no UTF-8 becomes %q", got)
	}
	if got := recased("a\xff\xfeb", upper, 1, rng(1)); got != "A\xff\xfeB" {
		t.Errorf("in capitals what is no UTF-8 becomes %q", got)
	}
	many := strings.Repeat("a", 4000)
	if n := strings.Count(recased(many, random, 0.3, rng(2)), "A"); n < 1080 || n > 1320 {
		t.Errorf("%d of 4,000 letters changed at rate 0.3", n)
	}
}

func TestDistractorsStandBesideTheQuestion(t *testing.T) {
	for seed := range uint64(40) {
		for _, q := range []string{"Why?", "to open a jar"} {
			if got := distracted(q, false, rng(seed)); !strings.HasSuffix(got, ". "+q) {
				t.Errorf("before %q: %q", q, got)
			}
			if got := distracted(q+" ", true, rng(seed)); !strings.HasPrefix(got, q+" ") || !strings.HasSuffix(got, ".") {
				t.Errorf("after %q: %q", q, got)
			}
		}
	}
	for text, want := range map[string]bool{"Why?": true, "So. ": true, "to open a jar": false, "": false, "\n": false} {
		if ends(text) != want {
			t.Errorf("%q ends: %t", text, !want)
		}
	}
	if got := distracted("", true, rng(1)); got == "" {
		t.Error("no sentence beside an empty question")
	}
	for _, d := range distractors() {
		if !strings.HasSuffix(d, ".") || strings.ContainsFunc(d, unicode.IsDigit) {
			t.Errorf("%q is no sentence without numbers", d)
		}
	}
}

func FuzzTypos(f *testing.F) {
	f.Add(sum, 0.5, uint64(1))
	f.Add("Größe, naïve — 数学 \xff\xfe ab", 1.0, uint64(2))
	f.Fuzz(func(t *testing.T, text string, rate float64, seed uint64) {
		got, n := mistyped(text, rate, rng(seed))
		if again, _ := mistyped(text, rate, rng(seed)); got != again {
			t.Errorf("%q becomes %q and %q", text, got, again)
		}
		digits := func(s string) string {
			return strings.Map(func(c rune) rune {
				if unicode.IsLetter(c) {
					return -1
				}
				return c
			}, s)
		}
		if utf8.ValidString(text) && digits(got) != digits(text) {
			t.Errorf("of %q more than letters changes: %q", text, got)
		}
		if d := len([]rune(got)) - len([]rune(text)); d > n || d < -n {
			t.Errorf("%d errors change the length by %d", n, d)
		}
		if !(rate > 0) && got != text {
			t.Errorf("at rate %g %q becomes %q", rate, text, got)
		}
	})
}
