#!/bin/sh
# Builds llama.cpp's programs from its source in a folder, if they are not there yet, and runs the tests against them.
#
#   git clone https://github.com/ggml-org/llama.cpp ~/llama.cpp
#   e2e/llama.sh ~/llama.cpp
#
# The folder is outside this checkout. CRIA_LLAMA_CPP=~/llama.cpp/build/bin go test ./e2e does the same once it is built.
set -eu
if [ $# -ne 1 ] || [ ! -f "$1/CMakeLists.txt" ]; then
	echo "usage: $0 FOLDER, the source of llama.cpp" >&2
	exit 2
fi
source=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
if [ ! -x "$source/build/bin/llama-perplexity" ]; then
	cmake -S "$source" -B "$source/build" -DCMAKE_BUILD_TYPE=Release -DLLAMA_CURL=OFF -DGGML_NATIVE=ON
	cmake --build "$source/build" -j "$(getconf _NPROCESSORS_ONLN)" \
		--target llama-cli llama-quantize llama-perplexity llama-export-lora llama-tokenize
fi
cd "$here/.."
CRIA_LLAMA_CPP="$source/build/bin" go test -count=1 -v ./e2e
