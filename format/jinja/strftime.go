package jinja

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

func strftimeNow(e *evaluator, args arguments) (value, error) {
	format, err := textArg("format", args)
	if err != nil {
		return nil, err
	}
	if e.opt.Now.IsZero() {
		return nil, errors.New("the template asks for the time and none is given")
	}
	s, err := strftime(e.opt.Now, format.s)
	if err != nil {
		return nil, err
	}
	return str(s), e.spend(len(s))
}

// strftime writes a time as C's does in the C locale. A minus after % leaves out leading zeros.
func strftime(t time.Time, format string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		bare := format[i] == '-' && i+1 < len(format)
		if bare {
			i++
		}
		s, err := directive(t, format[i])
		if err != nil {
			return "", err
		}
		if bare {
			if rest := strings.TrimLeft(s, "0 "); rest != "" {
				s = rest
			} else {
				s = "0"
			}
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

func directive(t time.Time, c byte) (string, error) {
	two := func(n int) string { return fmt.Sprintf("%02d", n) }
	year, week := t.ISOWeek()
	twelve := (t.Hour()+11)%12 + 1
	sunday := int(t.Weekday())
	monday := (sunday + 6) % 7
	switch c {
	case '%':
		return "%", nil
	case 'n':
		return "\n", nil
	case 't':
		return "\t", nil
	case 'Y':
		return strconv.Itoa(t.Year()), nil
	case 'C':
		return two(t.Year() / 100), nil
	case 'y':
		return two(t.Year() % 100), nil
	case 'G':
		return strconv.Itoa(year), nil
	case 'V':
		return two(week), nil
	case 'U':
		return two((t.YearDay() + 6 - sunday) / 7), nil
	case 'W':
		return two((t.YearDay() + 6 - monday) / 7), nil
	case 'm':
		return two(int(t.Month())), nil
	case 'B':
		return t.Month().String(), nil
	case 'b', 'h':
		return t.Format("Jan"), nil
	case 'd':
		return two(t.Day()), nil
	case 'e':
		return fmt.Sprintf("%2d", t.Day()), nil
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay()), nil
	case 'A':
		return t.Weekday().String(), nil
	case 'a':
		return t.Format("Mon"), nil
	case 'w':
		return strconv.Itoa(sunday), nil
	case 'u':
		return strconv.Itoa(monday + 1), nil
	case 'H':
		return two(t.Hour()), nil
	case 'k':
		return fmt.Sprintf("%2d", t.Hour()), nil
	case 'I':
		return two(twelve), nil
	case 'l':
		return fmt.Sprintf("%2d", twelve), nil
	case 'M':
		return two(t.Minute()), nil
	case 'S':
		return two(t.Second()), nil
	case 'f':
		return fmt.Sprintf("%06d", t.Nanosecond()/1000), nil
	case 'p':
		return t.Format("PM"), nil
	case 'P':
		return t.Format("pm"), nil
	case 's':
		return strconv.FormatInt(t.Unix(), 10), nil
	case 'z', 'Z':
		// The clock of templates is Python's datetime.now(), which knows of no zone.
		return "", nil
	case 'F':
		return t.Format("2006-01-02"), nil
	case 'T', 'X':
		return t.Format("15:04:05"), nil
	case 'R':
		return t.Format("15:04"), nil
	case 'r':
		return t.Format("03:04:05 PM"), nil
	case 'D', 'x':
		return t.Format("01/02/06"), nil
	case 'c':
		return t.Format("Mon Jan _2 15:04:05 2006"), nil
	}
	return "", fmt.Errorf("strftime_now does not know %%%c", c)
}
