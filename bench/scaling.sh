#!/usr/bin/env bash
# How training and generation scale on this machine: lines of JSON, and a picture of each in docs/pictures.
#
#   bench/scaling.sh >rows.jsonl
#
# Every point is a process of its own, so that its peak memory is its own; the points of a curve are measured in turn,
# RUNS times over, and their medians drawn.
#
# Settings, from the environment:
#   RUNS=3  SHAPE=smollm2-135m  TOKENS=4096 (of a step)
#   THREADS="1 2"  LENGTHS="128 256 512 1024 2048 4096"  RANKS="4 8 16 32 64 128 256"  BATCHES="1 2 4 8 16 32"
#   CRIA=a built binary, instead of building this checkout
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runs=${RUNS:-3} shape=${SHAPE:-smollm2-135m} tokens=${TOKENS:-4096}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cria=${CRIA:-$work/cria}
[[ -n ${CRIA:-} ]] || CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$cria" ./cmd/cria

# point CURVE X COMMAND... runs the command and prints its JSON with the curve's name and the place on it.
point() {
	local curve=$1 x=$2
	shift 2
	"$@" | sed "s/^{/{\"curve\":\"$curve\",\"x\":$x,/" | tee -a "$work/rows.jsonl"
}

for ((i = 0; i < runs; i++)); do
	for n in ${THREADS:-1 2}; do
		point train-threads "$n" "$cria" bench train --shape "$shape" --length 512 --batch 4 --steps 2 --threads "$n" --json
		point prompt-threads "$n" "$cria" bench prompt --shape "$shape" --weights f16 -p 512 --threads "$n" --json
		point generate-threads "$n" "$cria" bench generate --shape "$shape" --weights q4_0 -n 64 --threads "$n" --json
	done
	for n in ${LENGTHS:-128 256 512 1024 2048 4096}; do
		point length "$n" "$cria" bench train --shape "$shape" --length "$n" --batch $((tokens / n)) --steps 1 --json
	done
	for n in ${RANKS:-4 8 16 32 64 128 256}; do
		point rank "$n" "$cria" bench train --shape "$shape" --length 512 --batch 4 --rank "$n" --steps 2 --json
	done
	for n in ${BATCHES:-1 2 4 8 16 32}; do
		point batch "$n" "$cria" bench generate --shape "$shape" --weights f16 -n 32 --batch "$n" --json
	done
done
go run ./bench/plot "$work/rows.jsonl" docs/pictures
