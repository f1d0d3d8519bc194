// Package similarity says how alike texts are: by the words that they share in order (ROUGE-L), by the pieces that they
// share at all (MinHash), or by vectors that a model gave them; and it groups and picks by that. It never changes a text.
package similarity
