#!/usr/bin/env bash
# Fine-tuning speed and peak memory of cria beside PyTorch's, on this machine, as a Markdown table.
#
#   bench/compare.sh TORCH_SFT.py DATA.jsonl >table.md
#
# TORCH_SFT.py trains a model of the same shape in PyTorch, takes --shape --mode --rank --batch --steps --data
# --seed, and prints a line of JSON with tokens_per_s: real tokens, without padding. Both programs get the same
# data and settings. They run by turns, each pair of runs with a seed of its own and in the other order than the
# pair before, so that a machine that slows down slows both. Peak memory is the largest resident set that the
# kernel saw (ru_maxrss, which is what `/usr/bin/time -v` prints).
#
# Debian's python3-torch takes whatever BLAS is installed; the table says which. The reference BLAS is 10 times slower
# than libopenblas0-pthread: install that for a fair comparison.
#
# Settings, from the environment:
#   RUNS=5  SHAPE=smollm2-135m  METHOD=lora|full  RANK=16  STEPS=4
#   PYTHON=python3 with torch     CRIA=a built binary, instead of building this checkout
set -euo pipefail

if (($# != 2)); then
	sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
	exit 2
fi
torch_sft=$(realpath "$1")
data=$(realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runs=${RUNS:-5} shape=${SHAPE:-smollm2-135m} method=${METHOD:-lora} rank=${RANK:-16} steps=${STEPS:-4}
batch=4

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python=
for p in ${PYTHON:-python3 /usr/bin/python3}; do
	if "$p" -c 'import torch' 2>/dev/null; then
		python=$p
		break
	fi
done
[[ -n $python ]] || { echo "no Python with torch found (Debian: apt-get install python3-torch; or set PYTHON)" >&2; exit 1; }

cria=${CRIA:-$work/cria}
[[ -n ${CRIA:-} ]] || CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$cria" ./cmd/cria

# measure NAME SEED COMMAND... runs the command and adds a line to runs.jsonl.
cat >"$work/measure.py" <<'PY'
import json, os, resource, subprocess, sys
out, name, seed, command = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
p = subprocess.run(command, stdout=subprocess.PIPE, text=True)
if p.returncode:
    sys.exit(f"{name}: exit status {p.returncode}: {' '.join(command)}")
said = json.loads(p.stdout.strip().splitlines()[-1])
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
row = {"name": name, "seed": seed, "tokens_per_s": said["tokens_per_s"], "peak": peak,
       "peak_said": said.get("peak_rss_bytes"), "flops_fraction": said.get("flops_fraction")}
with open(out, "a") as f:
    f.write(json.dumps(row) + "\n")
print(f"{name} seed {seed}: {row['tokens_per_s']} tok/s, {peak / 1e9:.2f} GB", file=sys.stderr)
PY
measure() { "$python" "$work/measure.py" "$work/runs.jsonl" "$@"; }

run_cria() {
	measure cria "$1" "$cria" bench train --shape "$shape" --data "$data" --method "$method" --rank "$rank" --batch "$batch" \
		--steps "$steps" --seed "$1" --json
}
run_torch() {
	measure torch "$1" "$python" "$torch_sft" --shape "$shape" --mode "$method" --rank "$rank" --batch "$batch" \
		--steps "$steps" --data "$data" --seed "$1"
}

for ((i = 0; i < runs; i++)); do
	if ((i % 2)); then
		run_torch "$i"
		run_cria "$i"
	else
		run_cria "$i"
		run_torch "$i"
	fi
done

cat >"$work/table.py" <<'PY'
import json, os, platform, statistics, sys, torch
path, setting = sys.argv[1], sys.argv[2]
runs = [json.loads(line) for line in open(path)]
cria = {r["seed"]: r for r in runs if r["name"] == "cria"}
peer = {r["seed"]: r for r in runs if r["name"] == "torch"}
seeds = sorted(cria)
cpu = platform.processor() or platform.machine()
if os.path.exists("/proc/cpuinfo"):
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
torch.mm(torch.ones(2, 2), torch.ones(2, 2))
blas = "BLAS of its own"
if os.path.exists("/proc/self/maps"):
    loaded = {os.path.realpath(line.split()[-1]) for line in open("/proc/self/maps") if "blas" in line}
    blas = ", ".join(sorted(map(os.path.basename, loaded))) or blas
print(f"{setting}; {cpu}, {os.cpu_count()} cores; PyTorch {torch.__version__} with {blas}; {len(seeds)} runs by turns.\n")
print("| seed | cria tok/s | PyTorch tok/s | ratio | cria peak GB | PyTorch peak GB | ratio |")
print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
def line(label, c, p, cm, pm):
    print(f"| {label} | {c:.1f} | {p:.1f} | {c / p:.2f} | {cm / 1e9:.2f} | {pm / 1e9:.2f} | {cm / pm:.2f} |")
for s in seeds:
    line(s, cria[s]["tokens_per_s"], peer[s]["tokens_per_s"], cria[s]["peak"], peer[s]["peak"])
mid = lambda side, key: statistics.median(r[key] for r in side.values())
line("**median**", mid(cria, "tokens_per_s"), mid(peer, "tokens_per_s"), mid(cria, "peak"), mid(peer, "peak"))
ratios = [cria[s]["tokens_per_s"] / peer[s]["tokens_per_s"] for s in seeds]
print(f"\nSpeed ratio by seed: {min(ratios):.2f} to {max(ratios):.2f}, median {statistics.median(ratios):.2f}.")
flops = [r["flops_fraction"] for r in cria.values() if r["flops_fraction"] is not None]
if flops:
    print(f"cria's arithmetic ran at {statistics.median(flops):.0%} of the machine's measured peak (median).")
PY
"$python" "$work/table.py" "$work/runs.jsonl" "$shape, $method, rank $rank, batch $batch, $steps steps"
