// Package house holds the rules of this repository as ordinary tests: which package may import which, what a
// package must say of itself, how large a file may grow. It has no code of its own and nothing imports it.
//
// The table of floors in floors_test.go is the one home of the import rules. The depguard rules in .golangci.yml
// are written from it:
//
//	go test ./internal/house -update
package house
