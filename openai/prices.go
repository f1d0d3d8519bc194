package openai

import "regexp"

// PricesDate is when the built-in prices were last looked at. Prices change: those that are given come first.
const PricesDate = "August 2025"

// PriceOf is OpenAI's list price of one of its models, also with a date behind its name, as of [PricesDate]: of requests that
// are neither cached nor in a batch.
func PriceOf(model string) (p Prices, ok bool) {
	switch regexp.MustCompile(`-\d{4}-\d{2}-\d{2}$`).ReplaceAllString(model, "") {
	case "gpt-3.5-turbo":
		return Prices{0.50, 1.50}, true
	case "gpt-4-turbo":
		return Prices{10, 30}, true
	case "gpt-4o":
		return Prices{2.50, 10}, true
	case "gpt-4o-mini":
		return Prices{0.15, 0.60}, true
	case "gpt-4.1":
		return Prices{2, 8}, true
	case "gpt-4.1-mini":
		return Prices{0.40, 1.60}, true
	case "gpt-4.1-nano":
		return Prices{0.10, 0.40}, true
	case "gpt-5":
		return Prices{1.25, 10}, true
	case "gpt-5-mini":
		return Prices{0.25, 2}, true
	case "gpt-5-nano":
		return Prices{0.05, 0.40}, true
	}
	return Prices{}, false
}
