package infer

// TokenDifference is a token that two models spell differently.
type TokenDifference struct {
	ID int32  `json:"id"`
	A  string `json:"a"`
	B  string `json:"b"`
}

// DifferentTokens counts the tokens that are spelled differently by two models' tokenizers, and lists the first few. Where
// one has no tokenizer there is nothing to compare.
func DifferentTokens(a, b *Assistant) (n int, first []TokenDifference) {
	if a.tokErr != nil || b.tokErr != nil {
		return 0, nil
	}
	for id := range int32(max(a.tok.VocabSize(), b.tok.VocabSize())) {
		var x, y string
		if int(id) < a.tok.VocabSize() {
			x = a.tok.Token(id)
		}
		if int(id) < b.tok.VocabSize() {
			y = b.tok.Token(id)
		}
		if x == y {
			continue
		}
		if n++; len(first) < 8 {
			first = append(first, TokenDifference{id, x, y})
		}
	}
	return n, first
}
