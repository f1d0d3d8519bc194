package infer_test

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/infer"
)

// An answer, printed as it comes.
func Example() {
	ask := func(ctx context.Context, spec, question string) error {
		be, err := cpu.New(cpu.Options{})
		if err != nil {
			return err
		}
		defer be.Close()
		a, err := infer.Open(ctx, be, spec, infer.OpenOptions{})
		if err != nil {
			return err
		}
		defer a.Close()
		_, err = a.NewConversation().Ask(ctx, question, infer.Options{Sampling: infer.DefaultSampling()}, func(text string) error {
			_, err := io.WriteString(os.Stdout, text)
			return err
		})
		return err
	}
	fmt.Println(ask(context.Background(), "nowhere+my-run", "Name a prime."))
	// Output: open model nowhere: no such file or folder
}
