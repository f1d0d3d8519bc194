// Command cria raises a pretrained language model to follow instructions, on the machine at hand.
//
//	cria train --base MODEL --data rows.jsonl --out my-run
//	cria chat MODEL+my-run
//
// The commands hold no logic: each parses its flags, calls the package that does the work, and shows what came of it.
// Results go to standard output, progress and notes to standard error where the output is for machines (--json).
// The exit code is 0, 1 for an error, 2 for a command line that makes no sense, and 130 after an interrupt.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
)

// The exit codes.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	// Most memory is arenas that are planned and never freed; a collector that waited for the heap to double would let
	// garbage grow to their size, past what the plan told.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(20)
	}
	ctx, stop := interruptible()
	code := run(ctx, newApp(os.Stdin, os.Stdout, os.Stderr), os.Args[1:])
	stop()
	os.Exit(code)
}

// interruptible is a context that the first interrupt cancels, so that work ends in good order; the second ends the
// process.
func interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(exitInterrupted)
	}()
	return ctx, func() { signal.Stop(signals); cancel() }
}

// run carries out one command line and says the exit code.
func run(ctx context.Context, a *app, args []string) int {
	root := newRoot(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	report(a.stderr, err)
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitError
}

// report prints an error as the one line that it should be.
func report(w io.Writer, err error) {
	text := plain(strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; "))
	if errors.Is(err, context.Canceled) && text == context.Canceled.Error() {
		text = "interrupted"
	}
	fmt.Fprintln(w, "cria: "+text)
}
