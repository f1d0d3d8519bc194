// Package openaitest has what tests of teachers and judges share: [Suite], which every [openai.Model] passes, and [Server],
// an endpoint on this machine that streams, fails in every way that endpoints fail, and bills.
//
//	s := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{Prices: openai.Prices{In: 1, Out: 2}, Cut: 0.1, Seed: 7})
//	client, err := openai.NewClient(openai.ClientOptions{BaseURL: s.URL, Model: "echo"})
//	…
//	if s.Billed() > limit { … }
package openaitest

import (
	"strings"

	"github.com/cria-llm/cria/openai"
)

// Echo answers with the last message.
func Echo(r openai.Request) string { return r.Messages[len(r.Messages)-1].Content }

// Tokens counts a text as the server does: about four bytes to a token.
func Tokens(text string) int { return (len(text) + 3) / 4 }

// cut is what of a text fits so many tokens; 0 is no bound.
func cut(text string, tokens int) (short string, whole bool) {
	if tokens <= 0 || Tokens(text) <= tokens {
		return text, true
	}
	return strings.ToValidUTF8(text[:4*tokens], ""), false
}
