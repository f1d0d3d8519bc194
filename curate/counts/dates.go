package counts

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cria-llm/cria/curate"
)

const months = `(january|february|march|april|may|june|july|august|september|october|november|december)`

var (
	weekdayOf = regexp.MustCompile(`\b(?:day of the week|what day|which day|weekday)\b`)
	dayDate   = regexp.MustCompile(months + `\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b|\b(\d{1,2})(?:st|nd|rd|th)? (?:of )?` + months + `,? (\d{4})\b|\b(\d{4})-(\d{2})-(\d{2})\b`)
	weekday   = regexp.MustCompile(`(?i)\b(monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b`)
	leap      = regexp.MustCompile(`\b(?:is|was|if|whether|will)\b[^.?]{0,30}?\b(\d{4})\b[^.?]{0,20}\bleap year\b|\bleap year\b[^.?\d]{0,40}(?:year:? |\n|: |be in )(\d{4})\b`)
	daysIn    = regexp.MustCompile(`(?:number of days|how many days)[^.?]{0,20}?between `)
	daysSaid  = regexp.MustCompile(`\b(\d{1,3}(?:,\d{3})*|\d+)\s+days\b`)
	bornIn    = regexp.MustCompile(`\bborn (?:in|on) (?:[a-z]+ \d{1,2},? )?(\d{4})\b`)
	oldIn     = regexp.MustCompile(`\b(?:in|by) (\d{4})\b`)
	bounded   = regexp.MustCompile(`\b(?:released|published|written|founded|invented|made|created|built|produced|born|launched|from|came out|established)\b[^.?]{0,20}?\b(after|before|since) (\d{4})\b`)
	yearSaid  = regexp.MustCompile(`\((\d{4})\)`)
)

// datesWrong calculates what a request asks about dates, in the Gregorian calendar.
func datesWrong(x curate.Exchange) (fault, bool) {
	ask, answer := strings.ToLower(x.Ask()), x.Output.Text
	if len(ask) > 400 {
		return fault{}, false
	}
	dates := datesIn(ask)
	switch {
	case strings.Contains(ask, "program") || strings.Contains(ask, "function") || strings.Contains(ask, "code"):
		return fault{}, false
	case weekdayOf.MatchString(ask) && len(dates) == 1 && !strings.Contains(ask, "after") && !strings.Contains(ask, "before") && !strings.Contains(ask, "holiday"):
		return weekdayWrong(answer, dates[0])
	case daysIn.MatchString(ask) && len(dates) == 2:
		return spanWrong(answer, dates[0], dates[1])
	}
	if m := leap.FindStringSubmatch(ask); m != nil && strings.Count(ask, m[1]+m[2]) == len(fourDigits.FindAllString(ask, -1)) {
		year, _ := strconv.Atoi(m[1] + m[2])
		return leapWrong(answer, year)
	}
	if m := bounded.FindStringSubmatch(ask); m != nil && len(fourDigits.FindAllString(ask, -1)) == 1 {
		return outside(answer, m[1], m[2])
	}
	if m := bornIn.FindStringSubmatch(ask); m != nil && strings.Contains(ask, "how old") {
		if n := oldIn.FindAllStringSubmatch(ask, -1); len(n) > 0 {
			return ageWrong(answer, m[1], n[len(n)-1][1])
		}
	}
	return fault{}, false
}

var fourDigits = regexp.MustCompile(`\b\d{4}\b`)

// datesIn are the days that a text names, each once.
func datesIn(text string) []time.Time {
	var out []time.Time
	for _, m := range dayDate.FindAllStringSubmatch(text, 8) {
		year, month, day := m[3]+m[6]+m[7], m[1]+m[5], m[2]+m[4]+m[9]
		y, _ := strconv.Atoi(year)
		d, _ := strconv.Atoi(day)
		mo, err := time.Parse("january", month)
		if n, e := strconv.Atoi(m[8]); e == nil {
			mo, err = time.Date(2000, time.Month(n), 1, 0, 0, 0, 0, time.UTC), nil
		} else if month != "" {
			mo, err = time.Parse("January", strings.ToUpper(month[:1])+month[1:])
		}
		t := time.Date(y, mo.Month(), d, 0, 0, 0, 0, time.UTC)
		if err != nil || t.Day() != d || y < 1600 {
			return nil
		}
		if len(out) == 0 || !out[len(out)-1].Equal(t) {
			out = append(out, t)
		}
	}
	return out
}

func weekdayWrong(answer string, day time.Time) (fault, bool) {
	said := weekday.FindAllStringIndex(answer, -1)
	want := day.Weekday().String()
	for _, s := range said {
		if strings.EqualFold(answer[s[0]:s[1]], want) {
			return fault{}, false
		}
	}
	if len(said) != 1 {
		return fault{}, false
	}
	s := said[0]
	return fault{0.95, fmt.Sprintf("%s was a %s, not a %s", day.Format("January 2, 2006"), want, answer[s[0]:s[1]]),
		answer[:s[0]] + want + answer[s[1]:], len(answer) < 120}, true
}

func spanWrong(answer string, a, b time.Time) (fault, bool) {
	m := daysSaid.FindAllStringSubmatch(answer, 2)
	if len(m) != 1 {
		return fault{}, false
	}
	days := int(b.Sub(a).Hours() / 24)
	if days < 0 {
		days = -days
	}
	n, err := strconv.Atoi(strings.ReplaceAll(m[0][1], ",", ""))
	if err != nil || n >= days-1 && n <= days+1 { // with the first day, the last, both or none
		return fault{}, false
	}
	return fault{sure: 0.95, why: fmt.Sprintf("it is %d days, not %d", days, n)}, true
}

func leapWrong(answer string, year int) (fault, bool) {
	is := year%4 == 0 && (year%100 != 0 || year%400 == 0)
	t := strings.ToLower(strings.TrimSpace(answer))
	no := strings.HasPrefix(t, "no") || strings.HasPrefix(t, "false") || strings.Contains(t, "not a leap") || strings.Contains(t, "n't a leap")
	yes := strings.HasPrefix(t, "yes") || strings.HasPrefix(t, "true") || strings.Contains(t, "is a leap year") || strings.Contains(t, "was a leap year") || strings.Contains(t, "will be a leap year")
	if yes == no || yes == is {
		return fault{}, false
	}
	return fault{sure: 0.95, why: fmt.Sprintf("that %d is a leap year is %t", year, is)}, true
}

// outside looks for a year in brackets, as of a film or a book, on the wrong side of the one that is asked for.
func outside(answer, side, year string) (fault, bool) {
	limit, _ := strconv.Atoi(year)
	for _, m := range yearSaid.FindAllStringSubmatch(answer, -1) {
		y, _ := strconv.Atoi(m[1])
		if side == "after" && y < limit || side == "since" && y < limit || side == "before" && y > limit {
			return fault{sure: 0.9, why: fmt.Sprintf("%d is not %s %d", y, side, limit)}, true
		}
	}
	return fault{}, false
}

var ageSaid = regexp.MustCompile(`\b(\d{1,3})(?: |-)years?(?: |-)old\b|^\D*(\d{1,3})\D*$`)

func ageWrong(answer, born, in string) (fault, bool) {
	b, _ := strconv.Atoi(born)
	i, _ := strconv.Atoi(in)
	m := ageSaid.FindAllStringSubmatch(answer, 2)
	if len(m) != 1 || i <= b {
		return fault{}, false
	}
	n, _ := strconv.Atoi(m[0][1] + m[0][2])
	if n == i-b || n == i-b-1 {
		return fault{}, false
	}
	return fault{sure: 0.93, why: fmt.Sprintf("born in %d one is %d in %d, not %d", b, i-b, i, n)}, true
}
