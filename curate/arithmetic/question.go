package arithmetic

import (
	"regexp"
	"slices"
	"strings"
)

// question is what is asked, in one text and in tokens.
type question struct {
	text   string // the instruction and its input, lower case
	tokens []token
}

// reading is a question that was understood and its answer.
type reading struct {
	what string  // "15% of 80"
	any  []value // right is any of these: a gallon is one thing in America and another in Britain
	list []value // or all of these
	sure float64 // that the question is read as it was meant
	// loose is for answers that are calculated with rounded factors, such as 3.14.
	loose bool
	// ordered is for a list whose order is asked for.
	ordered bool
	set     bool   // a list in which each number counts once
	limits  [2]int // numbers that may be in the list or not
	yes     *bool  // whether it is so
	text    string // a number in another form
	form    *form
	// percent says that what is asked for is a percentage: 25 and 0.25 are both given for a quarter.
	percent bool
}

func one(what string, v value, sure float64) reading {
	return reading{what: what, any: []value{v}, sure: sure}
}

func ask(instruction, input string) *question {
	text := strings.ToLower(instruction)
	if input = strings.ToLower(input); input != "" && !strings.Contains(text, strings.TrimSpace(input)) {
		text += "\n" + input
	}
	text = spaces.ReplaceAllString(text, " ")
	return &question{text, read(text)}
}

var spaces = regexp.MustCompile(`[ \t]+`)

// barred are words in whose company a sum is not simply to be done.
var barred = words(`program code script function python java javascript sql algorithm query excel formula spreadsheet regex
 write create generate story poem essay word words word-problem explain describe why steps step method rewrite transform
 matrix matrices vector vectors derivative differentiate integral integrate limit polynomial binary hexadecimal hex octal
 modulo mod bitwise logarithm log sin cos tan sine cosine graph plot factors factorize factorise factor
 probability variance deviation weighted geometric harmonic series sequence pattern estimate mistake error incorrect wrong correctly
 false true matchstick check whether difficulty harder similar decompose construct steps step-by-step two-step roots inequality intercept graph factoring tax discount interest
 january february march april may june july august september october november december clock per each every another different digits digit consecutive unless except excluding`)

// plainly are the words of a question that asks for no more than a calculation.
var plainly = words(`calculate compute evaluate solve find what is s what's whats the value result answer results sum total difference product quotient expression
 equation equations expressions following mathematical math maths problem problems numerical arithmetic arithmetical algebraic given this a an for to how much by and please give
 me tell determine predict outcome output provide number numbers addition subtraction multiplication division multiply add subtract divide
 operation operations perform simplify two three these using order with it calculation calculations i you in below carry out necessary
 decimal decimals fraction fractions as convert into express expressed percentage simplest form need do work solution question needs be would will get we if then at below above
 are from that which basic simple up your one figure complete task sentence input integer integers value values here there exact computation simplified
 identify average mean median mode list set smallest largest biggest greatest highest lowest maximum minimum max min range items array data
 state return come on between together same all following: show display type nearest provided reduce rational fractional form equivalent common divisor multiple gcd gcf hcf lcm ascending descending order sort arrange square root`)

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// strange counts the words that are none of those of a plain sum; blocked says that one of them bars it.
func (q *question) strange() (n int, blocked bool) {
	for _, t := range q.tokens {
		switch {
		case t.kind == opaque || t.kind == word && barred[t.word] || t.word == "base" && !strings.Contains(q.text, "triangle"):
			return 0, true
		case t.kind == word && !plainly[t.word] && t.word != "x":
			n++
		}
	}
	return n, false
}

// understand finds the first way in which the question can be read.
func (q *question) understand() (reading, bool) {
	if len(q.tokens) == 0 || len(q.text) > 600 ||
		!slices.ContainsFunc(q.tokens, func(t token) bool { return t.kind == number }) && !strings.Contains(q.text, "roman") {
		return reading{}, false
	}
	for _, way := range []func(*question) (reading, bool){
		(*question).figure, (*question).phrase, (*question).inForm, (*question).conversion, (*question).whole, (*question).price,
		(*question).expression, (*question).put, (*question).unknown, (*question).numbers, (*question).labelled,
	} {
		if r, ok := way(q); ok {
			return r, true
		}
	}
	return reading{}, false
}

// runs are the longest stretches of tokens that may be expressions, trimmed to what can begin and end one.
func runs(tokens []token) [][]token {
	var out [][]token
	from := -1
	flush := func(to int) {
		if from < 0 {
			return
		}
		run := tokens[from:to]
		from = -1
		for len(run) > 0 && !slices.Contains([]kind{number, open, root, minus}, run[0].kind) {
			run = run[1:]
		}
		for len(run) > 0 && !slices.Contains([]kind{number, shut, bang, percent}, run[len(run)-1].kind) && (run[len(run)-1].kind != power || run[len(run)-1].value == nil) {
			run = run[:len(run)-1]
		}
		// A bracket that is not closed or not opened belongs to the sentence around it.
		for len(run) > 0 && run[0].kind == open && unbalanced(run) > 0 {
			run = run[1:]
		}
		for len(run) > 0 && run[len(run)-1].kind == shut && unbalanced(run) < 0 {
			run = run[:len(run)-1]
		}
		if len(run) > 0 {
			out = append(out, run)
		}
	}
	for i, t := range tokens {
		in := t.kind >= number && t.kind <= shut
		switch {
		case t.kind == of:
			in = i > 0 && (tokens[i-1].kind == percent || tokens[i-1].kind == root)
		case t.kind == word && t.word == "x":
			in = cross(tokens, i)
		case t.kind == bang: // an exclamation mark, mostly
			in = i > 0 && tokens[i-1].kind == number && t.glued && (i+1 == len(tokens) && len(tokens) == 2 || i+1 < len(tokens) && tokens[i+1].kind > number && tokens[i+1].kind <= equals)
		}
		if !in {
			flush(i)
		} else if from < 0 {
			from = i
		}
	}
	flush(len(tokens))
	return out
}

// rewritten are questions about one number in another form.
var rewritten = regexp.MustCompile(`\b(?:to|into|as|equivalent|in)\b[^.]{0,25}\b(?:fraction|fractional form|percentage|percent|decimal)\b|\bequivalent (?:fraction|decimal|percentage)\b`)

func unbalanced(run []token) int {
	n := 0
	for _, t := range run {
		switch t.kind {
		case open:
			n++
		case shut:
			n--
		}
	}
	return n
}

// source is the text that tokens were read from.
func source(text string, run []token) string {
	return text[run[0].start:run[len(run)-1].end]
}

// expression reads "Calculate 3 + 4 x 2." with nothing else to calculate in it.
func (q *question) expression() (reading, bool) {
	strange, blocked := q.strange()
	if blocked || strange > 0 {
		return reading{}, false
	}
	rs := runs(q.tokens)
	if len(rs) == 0 || len(rs) > 2 || len(rs) == 2 && source(q.text, rs[0]) != source(q.text, rs[1]) {
		return reading{}, false
	}
	last := rs[len(rs)-1]
	for i, t := range q.tokens {
		alone := t.kind == equals && i+1 < len(q.tokens) && q.tokens[i+1].kind != mark
		if alone || t.kind == about || t.kind == word && t.word == "x" && (t.start < last[0].start || t.start > last[len(last)-1].end) {
			return reading{}, false
		}
	}
	v, ops, err := evaluate(last, nil)
	if err != nil || ops == 0 && !rewritten.MatchString(q.text) {
		return reading{}, false
	}
	if ops == 0 { // the same number as a fraction, a decimal or a percentage
		r := one(source(q.text, last), v, 0.93)
		r.percent = strings.Contains(q.text, "percent")
		return r, true
	}
	sure := 0.98
	if ops == 1 && len(last) == 3 && last[1].kind == minus && last[1].glued && last[2].glued && last[0].value.Cmp(last[2].value) < 0 {
		sure = 0.6 // a range, perhaps
	}
	for _, w := range []string{"sum", "difference", "product", "quotient", "average", "mean", "median", "range", "between", "smallest", "largest", "maximum", "minimum"} {
		if strings.Contains(q.text, w) && ops < 2 {
			sure = 0.7
		}
	}
	return one(source(q.text, last), v, sure), true
}
