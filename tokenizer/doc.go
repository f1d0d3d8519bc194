// Package tokenizer turns text into token ids and back, exactly as the model's own tokenizer does.
//
// It reads the tokenizer.json of a Hugging Face folder (byte-level BPE, and BPE with byte fallback) and the vocabulary
// that a GGUF file carries ("gpt2", byte-level BPE; "llama", SentencePiece BPE by scores). A part that it does not know
// is an error that names it: it never guesses, and it never adds a token that was not asked for (BOS and EOS included).
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
// # Making one
//
// A [Trainer] makes a byte-level BPE tokenizer for a text, and [Trained.Save] writes it as Hugging Face's libraries do.
package tokenizer
