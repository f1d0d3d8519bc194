// Package e2e holds what this program writes to other programs that read it: llama.cpp loads exported files and must
// answer as this program does. It has tests alone. They skip where CRIA_LLAMA_CPP does not name the folder of llama.cpp's
// programs; llama.sh builds them, outside the checkout, and runs the tests.
package e2e
