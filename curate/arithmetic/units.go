package arithmetic

import (
	"math/big"
	"regexp"
	"strings"
)

// unit is a measure of a dimension. Where a name means several units (a gallon, a ton, a cup), each factor is one of them.
type unit struct {
	dimension string
	factors   []string // in the dimension's own unit; a fraction or a decimal
}

// units by their names, in the singular and as they are abbreviated. Factors are exact by definition.
var units = unitTable(`
length  m=1 metre meter; km=1000 kilometre kilometer; cm=0.01 centimetre centimeter; mm=0.001 millimetre millimeter; inch=0.0254 in; foot=0.3048 feet ft; yard=0.9144 yd; mile=1609.344 mi; nautical-mile=1852; micrometer=0.000001 micron; nanometer=0.000000001 nm
mass    kg=1 kilogram kilo; g=0.001 gram; mg=0.000001 milligram; pound=0.45359237 lb; ounce=0.028349523125 oz; ton=1000,907.18474,1016.0469088 tonne mt; stone=6.35029318; metric-ton=1000
volume  l=1 liter litre; ml=0.001 milliliter millilitre cc; gallon=3.785411784,4.54609 gal; quart=0.946352946,1.1365225 qt; pint=0.473176473,0.56826125 pt; cup=0.2365882365,0.25,0.24,0.284130625; tablespoon=0.01478676478125,0.015,0.0177581640625 tbsp; teaspoon=0.00492892159375,0.005,0.00591938802083 tsp; fluid-ounce=0.0295735295625,0.0284130625,0.03 fl-oz; cubic-meter=1000; cubic-centimeter=0.001; cubic-foot=28.316846592; cl=0.01 centiliter centilitre
time    second=1 sec s; minute=60 min; hour=3600 hr h; day=86400; week=604800; millisecond=0.001 ms
data    bit=0.125; byte=1 b; kb=1000,1024 kilobyte; mb=1000000,1048576 megabyte; gb=1000000000,1073741824 gigabyte; tb=1000000000000,1099511627776 terabyte
speed   m/s=1; km/h=5/18 kph kmh kmph; mph=0.44704; knot=463/900; ft/s=0.3048
area    square-meter=1 m² sqm; square-foot=0.09290304 square-feet ft² sqft; square-kilometer=1000000 km²; hectare=10000; acre=4046.8564224; square-mile=2589988.110336; square-inch=0.00064516; square-yard=0.83612736; square-centimeter=0.0001
energy  joule=1 j; kilojoule=1000 kj; kilowatt-hour=3600000 kwh; watt-hour=3600
angle   degree=1
years   year=12; month=1; decade=120; century=1200
`)

func unitTable(text string) map[string]unit {
	table := map[string]unit{}
	for line := range strings.Lines(strings.TrimSpace(text)) {
		dimension, rest, _ := strings.Cut(line, " ")
		for entry := range strings.SplitSeq(rest, ";") {
			names := strings.Fields(entry)
			name, factors, _ := strings.Cut(names[0], "=")
			u := unit{dimension, strings.Split(factors, ",")}
			for _, n := range append(names[1:], name) {
				table[strings.ReplaceAll(n, "-", " ")] = u
			}
		}
	}
	return table
}

// unitOf finds a unit by its name, in the plural too.
func unitOf(name string) (unit, bool) {
	name = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(name), "degrees "), "the "))
	name = strings.NewReplacer("kilometers per hour", "km/h", "kilometres per hour", "km/h", "miles per hour", "mph", "meters per second", "m/s", "metres per second", "m/s", "feet per second", "ft/s").Replace(name)
	for _, n := range []string{name, strings.TrimSuffix(name, "s"), strings.TrimSuffix(name, "es")} {
		if u, ok := units[n]; ok {
			return u, true
		}
	}
	return unit{}, false
}

const unitWords = `((?:square |cubic |fluid |nautical |metric |degrees? )?[a-z°µ²]+(?:/[a-z]+)?(?: per (?:hour|second))?)`

var (
	convert = regexp.MustCompile(`^(?:[^0-9]{0,60}?(?:convert|change|express|how (?:much|many)|what is|calculate|conversion|find|:|\n)[^0-9]{0,60}?|)([-−]?\d[\d,]*(?:\.\d+)?(?:/\d+)?) ?` + unitWords + `(?: of [a-z ]+?)? (?:to|into|in|as)(?: the)?(?: unit| units)?(?: of)? ` + unitWords + `[.?!]*(?:\s|$)`)
	howMany = regexp.MustCompile(`how many ` + unitWords + ` (?:are |is )?(?:there )?(?:in|equals?|make(?: up)?|is|are) (?:a |an |one )?(\d[\d,]*(?:\.\d+)?(?:/\d+)? ?)?` + unitWords + `[.?]*$`)
	scaleOf = map[string]string{"f": "f", "fahrenheit": "f", "°f": "f", "c": "c", "celsius": "c", "celcius": "c", "centigrade": "c", "°c": "c", "k": "k", "kelvin": "k"}
)

// conversion reads "Convert 5 km to miles" and "How many feet are in 3 yards?".
func (q *question) conversion() (reading, bool) {
	if _, blocked := q.strange(); blocked {
		return reading{}, false
	}
	text := strings.TrimSpace(spaces.ReplaceAllString(strings.NewReplacer("degrees", "", "degree ", "", "°", "").Replace(q.text), " "))
	var v value
	var amount, from, to string
	if m := convert.FindStringSubmatch(text); m != nil && known(m[2]) && known(m[3]) {
		amount, from, to = m[1], m[2], m[3]
	} else if m := howMany.FindStringSubmatch(text); m != nil && known(m[1]) && known(m[3]) {
		amount, from, to = m[2], m[3], m[1]
		if amount == "" {
			amount = "1"
		}
	} else {
		return q.loosely(text)
	}
	parts := read(amount)
	v, _, err := evaluate(parts, nil)
	used := []value{v}
	for _, t := range parts {
		if t.kind == number { // 3/4
			used = append(used, value{t.value, true})
		}
	}
	if err != nil || !q.covers(parts) && !q.uses(used, 0, len(q.text)) {
		return reading{}, false
	}
	return converted(v, amount, from, to)
}

// known says whether a unit is one, or a scale of temperature.
func known(name string) bool {
	_, ok := unitOf(name)
	return ok || scaleOf[name] != ""
}

var (
	converting = regexp.MustCompile(`\b(?:convert|conversion|express|transform|equivalent|change)\b`)
	target     = regexp.MustCompile(`\b(?:to|into|in|as)(?: the| its| equivalent(?: in)?| a| an| value| amount| number| of| units?)* ` + unitWords)
	quantity   = regexp.MustCompile(`(?:^|[^\d.,/])([-−]?\d[\d,]*(?:\.\d+)?(?:/\d+)?) ?` + unitWords)
	fromTo     = regexp.MustCompile(`\b(?:from |convert |following |given |in |number |temperature )` + unitWords + `(?: temperature| measurement| value| units?)? (?:to|into) ` + unitWords)
)

// loosely reads a conversion whose amount stands apart from the unit it is to have: "Convert to miles. | 21335 km".
func (q *question) loosely(text string) (reading, bool) {
	if !converting.MatchString(text) || len(text) > 140 || strings.Contains(text, "per ") {
		return reading{}, false
	}
	var v value
	from, amount := "", ""
	numbers := 0
	for _, t := range q.tokens {
		if t.kind == number {
			numbers++
		}
	}
	end := 0
	for _, m := range quantity.FindAllStringSubmatch(text, 3) {
		if !known(m[2]) {
			continue
		}
		w, _, err := evaluate(read(m[1]), nil)
		if err != nil {
			return reading{}, false
		}
		end++
		if from == "" {
			v, from, amount = w, m[2], m[1]
			continue
		}
		a, ok1 := unitOf(from)
		b, ok2 := unitOf(m[2])
		if m[1] == amount && m[2] == from { // said twice
			continue
		}
		if !ok1 || !ok2 || a.dimension != "time" || b.dimension != "time" {
			return reading{}, false
		}
		x, _ := new(big.Rat).SetString(a.factors[0])
		y, _ := new(big.Rat).SetString(b.factors[0])
		v = value{new(big.Rat).Add(v.Rat, y.Mul(y.Quo(y, x), w.Rat)), true}
		amount += " " + from + " " + m[1] + " " + m[2]
	}
	to := ""
	if from == "" && numbers == 1 {
		if m := fromTo.FindStringSubmatch(text); m != nil && known(m[1]) && known(m[2]) {
			from, to = m[1], m[2]
			for _, t := range q.tokens {
				if t.kind == number {
					v, amount = value{t.value, true}, source(q.text, []token{t})
				}
			}
			if strings.Contains(q.text, "-"+amount) {
				v, amount = value{new(big.Rat).Neg(v.Rat), true}, "-"+amount
			}
			return converted(v, amount, from, to)
		}
		return reading{}, false
	}
	if from == "" || strings.Contains(amount, "/") || end != numbers {
		return reading{}, false
	}
	for _, m := range target.FindAllStringSubmatch(text, -1) {
		if !known(m[1]) || m[1] == from {
			continue
		}
		if to != "" && to != m[1] {
			return reading{}, false
		}
		to = m[1]
	}
	if to == "" {
		return reading{}, false
	}
	return converted(v, amount, from, to)
}

// converted is an amount in another unit.
func converted(v value, amount, from, to string) (reading, bool) {
	what := strings.TrimSpace(amount) + " " + from + " in " + to
	if a, b := scaleOf[from], scaleOf[to]; a != "" && b != "" && a != b {
		r := one(what, value{temperature(v.Rat, a, b), true}, 0.97)
		r.loose = a == "k" || b == "k" // 273 or 273.15
		return r, true
	}
	a, ok1 := unitOf(from)
	b, ok2 := unitOf(to)
	if !ok1 || !ok2 || a.dimension != b.dimension || from == to {
		return reading{}, false
	}
	r := reading{what: what, sure: 0.96, loose: true}
	for _, f := range a.factors {
		for _, g := range b.factors {
			x, _ := new(big.Rat).SetString(f)
			y, _ := new(big.Rat).SetString(g)
			r.any = append(r.any, value{x.Mul(x.Quo(x, y), v.Rat), true})
		}
	}
	if len(r.any) == 1 && (r.any[0].IsInt() || new(big.Rat).Inv(r.any[0].Rat).IsInt()) {
		r.loose = false
	}
	return r, true
}

func temperature(v *big.Rat, from, to string) *big.Rat {
	c := new(big.Rat).Set(v)
	switch from {
	case "f":
		c.Mul(c.Sub(c, big.NewRat(32, 1)), big.NewRat(5, 9))
	case "k":
		c.Sub(c, big.NewRat(27315, 100))
	}
	switch to {
	case "f":
		c.Add(c.Mul(c, big.NewRat(9, 5)), big.NewRat(32, 1))
	case "k":
		c.Add(c, big.NewRat(27315, 100))
	}
	return c
}
