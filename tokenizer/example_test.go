package tokenizer_test

import (
	"fmt"

	"github.com/cria-llm/cria/tokenizer"
)

const tiny = `{
  "added_tokens": [{"id": 6, "content": "<|end|>", "special": true}],
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
  "decoder": {"type": "ByteLevel"},
  "model": {
    "type": "BPE",
    "vocab": {"a": 0, "b": 1, "c": 2, "Ġ": 3, "ab": 4, "Ġab": 5},
    "merges": ["a b", "Ġ ab"]
  }
}`

func Example() {
	tok, err := tokenizer.Parse([]byte(tiny), []byte(`{"eos_token": "<|end|>"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	ids := tok.EncodeSpecial("abc ab<|end|>", true)
	fmt.Println(ids)
	fmt.Println(tok.Decode(ids))

	stream := tok.NewDecoder()
	for _, id := range ids {
		fmt.Printf("%q ", stream.Next(id))
	}
	fmt.Println(stream.Flush())
	// Output:
	// [4 2 5 6]
	// abc ab<|end|>
	// "ab" "c" " ab" ""
}
