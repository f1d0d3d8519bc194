package arithmetic

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxList is how many numbers a list in an answer is compared with.
const maxList = 200

var (
	betweenTwo   = regexp.MustCompile(`\b(prime|even|odd)s?(?: numbers?| integers?)? (?:(?:that are|which are|found|in the range|ranging|located) )?(?:between|from|in the range(?: of)?) (?:the numbers )?(\d{1,4})(?: and | to | through |-| - )(\d{1,4})\b`)
	firstFew     = regexp.MustCompile(`\bfirst (\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twenty) (prime|even|odd)(?: numbers|s)\b`)
	factorsOf    = regexp.MustCompile(`\b(?:(prime) )?(?:factors|factorization|factorisation|decomposition|divisors) (?:of|for) (?:the |this |given |following |number |integer )*[:.\s]*(\d{1,9})\b`)
	isPrime      = regexp.MustCompile(`\b(?:is|whether|if|check) (?:the number |the integer )?(\d{1,9}) (?:is |are )?(?:a |an )?(prime|even|odd)\b`)
	divisible    = regexp.MustCompile(`\b(?:is|whether|if|check) (?:the number |the integer )?(\d{1,12}) (?:is )?divisible by (\d{1,6})\b`)
	sumFrom      = regexp.MustCompile(`\bsum (?:of )?(?:all )?(?:the )?(?:(odd|even) )?(?:natural |whole |positive )*(?:numbers|integers)? ?(?:from|between) (\d{1,6})(?: to | and | through |-| - )(\d{1,6})\b`)
	sumFirst     = regexp.MustCompile(`\bsum of (?:all )?(?:the )?first (\d{1,6}) (?:(odd|even) )?(?:natural |positive |whole |consecutive )*(?:numbers|integers)\b`)
	oneOperation = regexp.MustCompile(`\b(add|divide|multiply) (?:(\d+(?:\.\d+)?) to )?(?:the |this |given |following |number |it |value )+(?:by (\d+(?:\.\d+)?))?[.:]?\s*(-?\d+(?:\.\d+)?)$`)
	notWhole     = regexp.MustCompile(`\b(?:sum|product|average|mean|how many|count|number of|code|except|random|two|three|pair|list of \w+ examples|series|square|next|greater|nth)\b`)
)

// whole reads questions about whole numbers: primes, factors, what is even and what is odd.
func (q *question) whole() (reading, bool) {
	if notNumbers.MatchString(q.text) {
		return reading{}, false
	}
	if m := isPrime.FindStringSubmatch(q.text); m != nil && q.only(m[1]) {
		n, _ := strconv.Atoi(m[1])
		is := map[string]bool{"prime": prime(n), "even": n%2 == 0, "odd": n%2 == 1}[m[2]]
		if strings.Contains(q.text, " or ") {
			return reading{}, false
		}
		return reading{what: "that " + m[1] + " is " + m[2], yes: &is, sure: 0.95}, true
	}
	if m := divisible.FindStringSubmatch(q.text); m != nil && q.only(m[1], m[2]) {
		n, _ := strconv.Atoi(m[1])
		d, _ := strconv.Atoi(m[2])
		if d == 0 {
			return reading{}, false
		}
		is := n%d == 0
		return reading{what: "that " + m[1] + " is divisible by " + m[2], yes: &is, sure: 0.95}, true
	}
	if m := sumFrom.FindStringSubmatch(q.text); m != nil && q.only(m[2], m[3]) {
		a, _ := strconv.ParseInt(m[2], 10, 64)
		b, _ := strconv.ParseInt(m[3], 10, 64)
		return sumOf(m[1], a, b, "the sum from "+m[2]+" to "+m[3])
	}
	if m := sumFirst.FindStringSubmatch(q.text); m != nil && q.only(m[1]) {
		n, _ := strconv.ParseInt(m[1], 10, 64)
		what := "the sum of the first " + m[1]
		switch m[2] {
		case "odd":
			return sumOf("odd", 1, 2*n-1, what+" odd numbers")
		case "even":
			return reading{}, false // from 0 or from 2
		}
		return sumOf("", 1, n, what)
	}
	if m := oneOperation.FindStringSubmatch(strings.TrimSpace(q.text)); m != nil {
		b, ok := new(big.Rat).SetString(m[2] + m[3])
		a, ok2 := new(big.Rat).SetString(m[4])
		if !ok || !ok2 || (m[1] == "add") != (m[2] != "") || m[1] == "divide" && b.Sign() == 0 || !q.only(m[2]+m[3], strings.TrimPrefix(m[4], "-")) {
			return reading{}, false
		}
		r := map[string]func(x, y *big.Rat) *big.Rat{"add": a.Add, "multiply": a.Mul}[m[1]]
		if m[1] == "divide" {
			r = a.Quo
		}
		return one(strings.TrimSpace(m[0]), value{r(a, b), true}, 0.95), true
	}
	return q.wholeList()
}

func sumOf(parity string, a, b int64, what string) (reading, bool) {
	if a > b {
		return reading{}, false
	}
	sum := big.NewInt(0)
	for i := a; i <= b && b-a <= 1e6; i++ {
		if parity == "" || (i%2 == 1) == (parity == "odd") {
			sum.Add(sum, big.NewInt(i))
		}
	}
	return one(what, value{new(big.Rat).SetInt(sum), true}, 0.95), b-a <= 1e6
}

// wholeList reads questions whose answer is a list.
func (q *question) wholeList() (reading, bool) {
	var want []int
	what := ""
	limits := [2]int{-1, -1} // which may be in the list or not
	switch {
	case notWhole.MatchString(q.text):
	case betweenTwo.MatchString(q.text):
		m := betweenTwo.FindStringSubmatch(q.text)
		a, _ := strconv.Atoi(m[2])
		b, _ := strconv.Atoi(m[3])
		if !q.only(m[2], m[3]) || a >= b {
			return reading{}, false
		}
		for i := a; i <= b && len(want) <= maxList; i++ {
			if m[1] == "prime" && prime(i) || m[1] == "even" && i%2 == 0 || m[1] == "odd" && i%2 == 1 {
				want = append(want, i)
			}
		}
		what, limits = m[1]+" numbers from "+m[2]+" to "+m[3], [2]int{a, b}
	case firstFew.MatchString(q.text):
		m := firstFew.FindStringSubmatch(q.text)
		n, err := strconv.Atoi(m[1])
		if err != nil {
			n = max(slices.Index(numerals, m[1]), 0)
		} else if !q.only(m[1]) {
			return reading{}, false
		}
		for i := 1; len(want) < n; i++ {
			if m[2] == "prime" && prime(i) || m[2] == "even" && i%2 == 0 || m[2] == "odd" && i%2 == 1 {
				want = append(want, i)
			}
		}
		what = "the first " + m[1] + " " + m[2] + " numbers"
		if m[2] == "even" {
			return reading{}, false // from 0 or from 2
		}
	case factorsOf.MatchString(q.text) && !strings.Contains(q.text, "common"):
		m := factorsOf.FindStringSubmatch(q.text)
		n, _ := strconv.Atoi(m[2])
		if !q.only(m[2]) || n < 2 || m[1] == "" && n > 10000 {
			return reading{}, false
		}
		what = strings.TrimSpace(m[1]+" factors of ") + " " + m[2]
		r := reading{what: what, sure: 0.93, set: true}
		if m[1] == "prime" {
			return r.with(primeFactors(n)), true
		}
		if strings.Contains(q.text, "factorization") || strings.Contains(q.text, "factorisation") || strings.Contains(q.text, "decomposition") {
			return reading{}, false
		}
		for i := 1; i <= n; i++ {
			if n%i == 0 {
				want = append(want, i)
			}
		}
		return r.with(want), true
	}
	if len(want) == 0 || len(want) > maxList {
		return reading{}, false
	}
	r := reading{what: what, sure: 0.95, set: true, limits: limits}
	return r.with(want), true
}

// with adds numbers to the list of a reading.
func (r reading) with(list []int) reading {
	for _, n := range list {
		r.list = append(r.list, whole(int64(n)))
	}
	return r
}

// notNumbers are words of questions that ask for more than a number or a list of them.
var notNumbers = regexp.MustCompile(`\b(?:program|code|script|function|python|java\w*|algorithm|write|create|explain|describe|why|how|equation|quiz|problem|sql|query|array|generate|design|construct|build|probability|prove|proof|steps?)\b`)

// only says whether the question has no numbers but these.
func (q *question) only(given ...string) bool {
	for _, t := range q.tokens {
		if t.kind == number && !slices.ContainsFunc(given, func(s string) bool {
			v, ok := new(big.Rat).SetString(s)
			return ok && v.Cmp(t.value) == 0
		}) {
			return false
		}
	}
	return true
}

func prime(n int) bool {
	for i := 2; i*i <= n; i++ {
		if n%i == 0 {
			return false
		}
	}
	return n > 1
}

func primeFactors(n int) []int {
	var out []int
	for i := 2; i*i <= n; i++ {
		for n%i == 0 {
			out = append(out, i)
			n /= i
		}
	}
	if n > 1 {
		out = append(out, n)
	}
	return out
}
