package arithmetic

import (
	"math/big"
	"regexp"
	"strings"
)

var (
	perPiece  = regexp.MustCompile(`(\d[\d,]*) (?:[a-z-]+ ){1,4}(?:(?:are|is|was|were) )?(?:(?:sold|bought|purchased|priced) )?(?:at|for|costing|that costs?|which costs?|with a price of|@|,? each costing) ?\$?(\d[\d,]*(?:\.\d+)?)(?: dollars)?(?: each| apiece| per [a-z]+| an? [a-z]+|\.|$)`)
	totalWord = regexp.MustCompile(`\b(?:total|cost|price|revenue|how much)\b`)
	notPrice  = regexp.MustCompile(`\b(?:tax|taxes|discount|%|percent|off|tip|profit|change|shipping|fee|fees|interest|plus|and|also|more|left|budget|loan|per hour|hourly|minus|if you|free)\b`)

	priceOf  = `(?:price|cost|total|bill|amount|purchase)[a-z ]*?(?:of|is|:|=|for)? ?\$?(\d[\d,]*(?:\.\d+)?)`
	taxOf    = `(?:sales )?(?:tax|vat|gst)(?: rate)?(?: \(%\))?(?: of| is|:|=)* ?(\d+(?:\.\d+)?) ?%`
	withTax  = regexp.MustCompile(priceOf + `[^0-9]{1,40}?` + taxOf)
	totalTax = regexp.MustCompile(`\b(?:including|with|after|plus) (?:the )?(?:sales )?tax(?:es)?\b|\btotal (?:price|cost|amount)\b|\bnet price\b|\bfinal (?:price|cost)\b`)
	onlyTax  = regexp.MustCompile(`\b(?:how much (?:sales )?tax|tax amount|amount of (?:sales )?tax|total tax|calculate (?:the )?(?:sales )?tax)\b`)

	discount = regexp.MustCompile(`(?:price|cost|amount)[a-z ]*?(?:of|is|:|=)* ?\$?(\d[\d,]*(?:\.\d+)?)[^0-9]{1,40}?(\d+(?:\.\d+)?) ?%(?: off| discount)?|(?:discount|off)[a-z ]*?(?:of|is|:|=)* ?(\d+(?:\.\d+)?) ?%[^0-9]{1,40}?\$?(\d[\d,]*(?:\.\d+)?)`)
	sale     = regexp.MustCompile(`\b(?:final|sale|discounted|new|reduced) (?:price|cost)\b|\b(?:price|cost) after (?:the |a )?discount|\bafter (?:the |a |applying )?(?:the )?discount\b`)

	speed    = regexp.MustCompile(`\bdistance[^0-9]{0,20}?(\d[\d,]*(?:\.\d+)?) ?(km|kilometers|kilometres|miles|mi|m|meters)\b[^0-9]{1,30}?(\d+(?:\.\d+)?) ?(hours?|hrs?|h|minutes?|min|seconds?|s)\b`)
	speedAsk = regexp.MustCompile(`\b(?:average )?speed\b`)
)

// price reads simple sums of money and motion: so many at so much each, a price with its tax or after its discount, a speed.
func (q *question) price() (reading, bool) {
	if notNumbers.MatchString(strings.ReplaceAll(q.text, "how much", "")) {
		return reading{}, false
	}
	get := func(s string) *big.Rat {
		r, ok := new(big.Rat).SetString(strings.ReplaceAll(s, ",", ""))
		if !ok {
			return nil
		}
		return r
	}
	product := func(a, b *big.Rat) value { return value{new(big.Rat).Mul(a, b), true} }
	hundredth := func(p *big.Rat) *big.Rat { return new(big.Rat).Quo(p, hundred) }
	if m := perPiece.FindStringSubmatch(q.text); m != nil && totalWord.MatchString(q.text) && !notPrice.MatchString(q.text) && q.only(strings.ReplaceAll(m[1], ",", ""), strings.ReplaceAll(m[2], ",", "")) {
		a, b := get(m[1]), get(m[2])
		if a == nil || b == nil || !a.IsInt() {
			return reading{}, false
		}
		return one(m[1]+" at "+m[2]+" each", product(a, b), 0.92), true
	}
	if m := withTax.FindStringSubmatch(q.text); m != nil && !strings.Contains(q.text, "discount") && q.only(strings.ReplaceAll(m[1], ",", ""), m[2]) {
		a, p := get(m[1]), get(m[2])
		if a == nil || p == nil || totalTax.MatchString(q.text) == onlyTax.MatchString(q.text) {
			return reading{}, false
		}
		rate := hundredth(p)
		if totalTax.MatchString(q.text) {
			rate.Add(rate, big.NewRat(1, 1))
		}
		return one("that", product(a, rate), 0.92), true
	}
	if m := discount.FindStringSubmatch(q.text); m != nil && sale.MatchString(q.text) && !strings.Contains(q.text, "tax") {
		a, p := get(m[1]+m[4]), get(m[2]+m[3])
		if a == nil || p == nil || !q.only(strings.ReplaceAll(m[1]+m[4], ",", ""), m[2]+m[3]) {
			return reading{}, false
		}
		return one("the price after the discount", product(a, new(big.Rat).Sub(big.NewRat(1, 1), hundredth(p))), 0.92), true
	}
	if m := speed.FindStringSubmatch(q.text); m != nil && speedAsk.MatchString(q.text) && q.only(strings.ReplaceAll(m[1], ",", ""), m[3]) {
		d, t := get(m[1]), get(m[3])
		if d == nil || t == nil || t.Sign() == 0 {
			return reading{}, false
		}
		r := one("the speed", value{new(big.Rat).Quo(d, t), true}, 0.9)
		for _, f := range []*big.Rat{big.NewRat(60, 1), big.NewRat(1, 60), big.NewRat(1, 3600), big.NewRat(1000, 1), big.NewRat(1000, 60), big.NewRat(1000, 3600)} { // in another unit
			r.any = append(r.any, value{new(big.Rat).Mul(r.any[0].Rat, f), true})
		}
		return r, true
	}
	return reading{}, false
}
