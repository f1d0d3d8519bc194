package detect

import (
	"net/netip"
	"strings"

	"github.com/cria-llm/cria/curate"
)

// secret is a shape of text that should not be there and what stands for it where it is taken out.
type secret struct {
	pattern                         // over the text as it is written; why is what it finds
	digits  int                     // that a text with it has at least
	real    func(found string) bool // whether it is what it looks like, and not an example
	mask    string
}

// cover finds the secrets of a text and gives the text with masks in their places.
func cover(t curate.Text, all []secret) []fault {
	better, confidence := t.Text, 0.0
	digits := len(onlyDigits(t.Text))
	var what []string
	for i := range all {
		s := &all[i]
		if digits < s.digits || !s.hinted(t.Text) {
			continue
		}
		var out strings.Builder
		last := 0
		for _, at := range s.re.FindAllStringIndex(better, -1) {
			found := better[at[0]:at[1]]
			if joined(better, at) || !s.real(found) {
				continue
			}
			if last == 0 {
				what = append(what, s.why+" "+quote(found[:min(len(found), 6)], 12))
			}
			out.WriteString(better[last:at[0]] + s.mask)
			last = at[1]
		}
		if last > 0 {
			better, confidence = out.String()+better[last:], max(confidence, s.confidence)
		}
	}
	if what == nil {
		return nil
	}
	return mend(t, confidence, false, better, "the text has %s", strings.Join(what, ", "))
}

// joined says that what was found is a part of something longer: the decimals of a number, a piece of a path.
func joined(text string, at []int) bool {
	before, after := strings.TrimRight(text[:at[0]], "."), text[at[1]:]
	digit := func(b byte) bool { return '0' <= b && b <= '9' }
	return len(before) < at[0] && before != "" && digit(before[len(before)-1]) ||
		at[0] > 0 && strings.IndexByte("-/_#", text[at[0]-1]) >= 0 ||
		len(after) > 1 && strings.IndexByte(".-/", after[0]) >= 0 && digit(after[1])
}

func pii() curate.Detector {
	all := []secret{
		{newPattern(0.6, "an email address", `\b[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}\b`), 0, realEmail, "name@example.com"},
		{newPattern(0.9, "an IBAN", `\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b`), 8, validIBAN, "[IBAN]"},
		{newPattern(0.9, "a credit card's number", `\b[2-6]\d{3}(?:[ -]?\d){9,15}\b`), 13, validCard, "[card number]"},
		{newPattern(0.7, "a social security number", `\b\d{3}-\d{2}-\d{4}\b`), 9, realSSN, "[social security number]"},
		{newPattern(0.6, "a telephone number", `(?:\+\d{1,3}[ .-]?)?(?:\(\d{3}\) ?|\b\d{3}[ .-])\d{3}[ .-]\d{4}\b|\+\d{1,3}(?:[ .-]?\d{2,4}){3,5}\b`), 10, realPhone, "555-0100"},
		{newPattern(0.4, "an IP address", `\b\d{1,3}(?:\.\d{1,3}){3}\b`), 4, publicAddress, "192.0.2.1"},
	}
	// A row about such numbers has them made up.
	about := newPattern(0, "", `phone numbers?|\bips?\b|ipv4|regex|regular expression|email address|\bformat|\bvalid|\bfake|fictional|hypothetical|\brandom|\bsample|\bexample|binary`)
	return detector(curate.Detector{
		Name:      "pii",
		About:     "A text has a person's email address, telephone, card, account or social security number, or a public IP address.",
		Example:   "Write a signature. → Jane Roe, jane.roe@gmail.com, (212) 736-5000",
		Precision: curate.Share{Count: 3, Of: 4},
	}, func(x curate.Exchange) []fault {
		if about.in(lower(x.Instruction.Text)) {
			return nil
		}
		return each(func(t curate.Text) []fault { return cover(t, all) })(x)
	})
}

// realEmail is false for addresses of domains that are kept for examples, or that say that they are one.
func realEmail(found string) bool {
	name, domain, _ := strings.Cut(lower(found), "@")
	if first, _, _ := strings.Cut(domain, "."); strings.Contains(first, "example") || strings.HasPrefix(first, "your") ||
		first == "domain" || first == "email" || first == "company" || first == "test" || first == "abc" || first == "xyz" {
		return false
	}
	for _, end := range []string{".example", ".test", ".invalid", ".localhost", "example.com", "example.org", "example.net"} {
		if strings.HasSuffix(domain, end) {
			return false
		}
	}
	if strings.Contains(name, "example") || strings.Contains(name, "address") || strings.Contains(name, "your") || strings.HasPrefix(name, "my_") {
		return false
	}
	for _, nobody := range []string{"user", "username", "name", "email", "info", "support", "sales", "help", "contact", "noreply", "no-reply",
		"admin", "offers", "service", "customerservice", "sender", "recipient", "someone", "me", "hr", "jobs", "orders", "office", "team", "marketing"} {
		if name == nobody {
			return false
		}
	}
	return true
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// realPhone is false for the 555 numbers of films, and for digits that only count.
func realPhone(found string) bool {
	d := onlyDigits(found)
	if len(d) < 10 || len(d) > 15 {
		return false
	}
	n := d[len(d)-10:] // an area code, an exchange and four digits
	if n[0] < '2' || n[3] < '2' && !strings.HasPrefix(found, "+") || tollFree(n[:3]) {
		return false
	}
	if n[3:6] == "555" || n[:3] == "555" || strings.Count(n, n[:1]) == 10 {
		return false
	}
	return !strings.Contains("0123456789012345678901234567890", n) && n != "9876543210" && n != "1234567890" && n[3:] != "1234567"
}

func tollFree(area string) bool {
	switch area {
	case "800", "833", "844", "855", "866", "877", "888", "900":
		return true
	}
	return false
}

// validCard checks a card's number by Luhn's sum and leaves out the numbers that processors publish for tests.
func validCard(found string) bool {
	d := onlyDigits(found)
	if len(d) < 13 || len(d) > 19 || strings.Count(d, "0") > 9 || strings.HasPrefix(d, "41111111") || strings.HasPrefix(d, "42424242") ||
		strings.HasPrefix(d, "55555555") || strings.HasPrefix(d, "123456") {
		return false
	}
	sum := 0
	for i := range len(d) {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// validIBAN checks the remainder by 97 of ISO 13616.
func validIBAN(found string) bool {
	s := strings.ReplaceAll(found, " ", "")
	if len(s) < 15 || len(s) > 34 {
		return false
	}
	rest := 0
	for _, c := range s[4:] + s[:4] {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1
}

// realSSN is false for numbers that are never given, and for the two that everybody writes.
func realSSN(found string) bool {
	area, group, serial := found[:3], found[4:6], found[7:]
	return area != "000" && area != "666" && area[0] != '9' && group != "00" && serial != "0000" &&
		found != "123-45-6789" && found != "078-05-1120" && found != "111-11-1111" && found != "555-55-5555"
}

func publicAddress(found string) bool {
	a, err := netip.ParseAddr(found)
	if err != nil || !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, kept := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "100.64.0.0/10", "0.0.0.0/5", "240.0.0.0/4"} {
		if netip.MustParsePrefix(kept).Contains(a) {
			return false
		}
	}
	return found != "8.8.8.8" && found != "8.8.4.4" && found != "255.255.255.0"
}

func secrets() curate.Detector {
	// A key has many different characters; xxxx and 1234… have not, and the makers' own examples say that they are.
	genuine := func(found string) bool {
		seen := map[rune]bool{}
		for _, r := range found {
			seen[r] = true
		}
		return len(seen) >= 12 && !strings.Contains(lower(found), "example") && !strings.Contains(found, "1234567890") && !strings.Contains(lower(found), "xxxx")
	}
	key := func(what, expr string) secret { return secret{newPattern(0.95, what, expr), 0, genuine, "[secret]"} }
	all := []secret{
		key("an AWS access key", `\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`),
		key("a GitHub token", `\b(?:ghp_|gho_|ghu_|ghs_|ghr_)[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{22,}\b`),
		key("a GitLab token", `\bglpat-[A-Za-z0-9_-]{20,}`),
		key("an API key", `\bsk-(?:proj-|ant-[a-z0-9]+-)?[A-Za-z0-9_-]{20,}`),
		key("a Stripe key", `\b[sr]k_live_[A-Za-z0-9]{16,}`),
		key("a Slack token", `\bxox[abprs]-[A-Za-z0-9-]{20,}`),
		key("a Google API key", `\bAIza[0-9A-Za-z_-]{35}`),
		key("a Hugging Face token", `\bhf_[A-Za-z0-9]{30,}\b`),
		key("a private key", `-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[A-Za-z0-9+/=\s:,-]{40,}?(?:-----END (?:[A-Z]+ )*PRIVATE KEY-----|\z)`),
		key("a JSON web token", `\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}`),
	}
	return detector(curate.Detector{
		Name:    "secrets",
		About:   "A text has a key, a token or a private key of a service.",
		Example: "Show a config file. → token = ghp_q8W3nZ7rT5yK1pL9sD4fG6hJ2cV0bN8mX3aQ",
	}, each(func(t curate.Text) []fault { return cover(t, all) }))
}
