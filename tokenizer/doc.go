// Package tokenizer turns text into token ids and back, exactly as the model's own tokenizer does.
//
// It reads the tokenizer.json of a Hugging Face folder (BPE of bytes or with byte fallback, Unigram, WordPiece), a
// SentencePiece model (BPE, Unigram), Mistral's tekken.json, and the vocabulary that a GGUF file carries ("gpt2", "llama",
// "t5", "bert"). A part that it does not know is an error that names it: it never guesses, and it never adds a token that
// was not asked for (BOS and EOS included). [Tokenizer.GGUF] and [GGUFVocab.Files] turn one format into the other.
// It knows nothing of conversations: chat templates live in package chat.
//
//	tok, err := tokenizer.Open("models/smollm2-135m")
//	if err != nil {
//		return err
//	}
//	ids := tok.EncodeText("Hello world", true)
//	text := tok.Decode(ids)
//
// # Two ways to encode
//
// [Tokenizer.EncodeText] is for text from outside: a control token spelled out in it stays plain text.
// [Tokenizer.EncodeSpecial] is for text that a template wrote: control tokens in it become single ids.
// Both recognise added tokens that are not special (user-defined tokens), as the reference implementations do.
//
// # Pace
//
// Well-known pre-tokenizer patterns are written by hand, and a test holds each to its pattern in a regular expression
// engine. Words that have been seen are remembered, tens of megabytes a second on one core; merging is O(n log n), so that
// a hostile text costs time in proportion to its length.
//
// # Making one
//
// A [Trainer] makes a byte-level BPE tokenizer for a text, and [Trained.Save] writes it as Hugging Face's libraries do.
package tokenizer
