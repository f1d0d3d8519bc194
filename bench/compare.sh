#!/usr/bin/env bash
# cria beside its peers on this machine, by turns, as Markdown tables of medians and ratios.
#
#   bench/compare.sh train TORCH_SFT.py DATA.jsonl   fine-tuning beside PyTorch
#   bench/compare.sh infer LLAMA_BENCH               prompts and generation beside llama.cpp
#   bench/compare.sh choices LLAMA_PERPLEXITY HELLASWAG.json MODEL.gguf...   multiple choice beside llama.cpp
#
# Both programs get the same data, files and settings. They run by turns, each pair of runs in the other order than the
# pair before, so that a machine that slows down slows both.
#
# train: TORCH_SFT.py trains a model of the same shape in PyTorch, takes --shape --mode --rank --batch --steps --data
# --seed, and prints a line of JSON with tokens_per_s: real tokens, without padding. Each pair of runs has a seed of its
# own. Peak memory is the largest resident set that the kernel saw (ru_maxrss, which is what `/usr/bin/time -v` prints).
# Debian's python3-torch takes whatever BLAS is installed; the table says which. The reference BLAS is 10 times slower
# than libopenblas0-pthread: install that for a fair comparison.
#
# infer: LLAMA_BENCH is llama.cpp's program of that name. Both read the same GGUF files, which cria writes with random
# weights.
#
# choices: LLAMA_PERPLEXITY is llama.cpp's program of that name, which scores texts in HellaSwag's form. Both get the first ITEMS
# questions and endings of HELLASWAG.json, a list "dev" of {"question", "choices": {"A": ...}, "answer"}, in one text each. cria
# takes the likeliest ending for its characters, llama.cpp for its tokens.
#
# Settings, from the environment:
#   RUNS=5  SHAPE=smollm2-135m  THREADS=all
#   train: METHOD=lora|full  RANK=16  STEPS=4  PYTHON=python3 with torch
#   infer: TYPES="f16 q8_0 q4_0 q4_k"  PROMPT=512  GENERATE=64
#   choices: ITEMS=500
#   CRIA=a built binary, instead of building this checkout
set -euo pipefail

usage() {
	sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
	exit 2
}
case "${1:-}/$#" in
train/3) torch_sft=$(realpath "$2") data=$(realpath "$3") ;;
infer/2) llama_bench=$(realpath "$2") ;;
choices/[4-9]) llama_perplexity=$(realpath "$2") hellaswag=$(realpath "$3") && mapfile -t models < <(realpath "${@:4}") ;;
*) usage ;;
esac
what=$1
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runs=${RUNS:-5} shape=${SHAPE:-smollm2-135m} threads=${THREADS:-$(nproc)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cria=${CRIA:-$work/cria}
[[ -n ${CRIA:-} ]] || CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$cria" ./cmd/cria

# by_turns I A B runs A and B, the other way round where I is odd.
by_turns() {
	if (($1 % 2)); then
		$3
		$2
	else
		$2
		$3
	fi
}

# measure.py OUT NAME KEY COMMAND... runs the command and adds a line to OUT.
cat >"$work/measure.py" <<'PY'
import json, resource, subprocess, sys
out, name, key, command = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
if p.returncode:
    sys.exit(f"{name}: exit status {p.returncode}: {' '.join(command)}\n{p.stderr}")
text = p.stdout.strip()
said = json.loads(text if text.startswith("[") else text.splitlines()[-1])
if isinstance(said, list):  # llama-bench
    said = {"tokens_per_s": said[0]["avg_ts"], "version": f'{said[0].get("build_commit")} ({said[0].get("build_number")})'}
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
row = {"name": name, "key": key, "peak": peak, **said}
with open(out, "a") as f:
    f.write(json.dumps(row) + "\n")
print(f"{name} {key}: {row['tokens_per_s']:.1f} tok/s, {peak / 1e9:.2f} GB", file=sys.stderr)
PY

cat >"$work/machine.py" <<'PY'
import json, os, platform, statistics, sys
def machine():
    cpu = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    return f"{cpu}, {os.cpu_count()} cores"
def rows(path):
    return [json.loads(line) for line in open(path)]
median = statistics.median
PY

train() {
	local method=${METHOD:-lora} rank=${RANK:-16} steps=${STEPS:-4} batch=4 python='' p
	for p in ${PYTHON:-python3 /usr/bin/python3}; do
		if "$p" -c 'import torch' 2>/dev/null; then
			python=$p
			break
		fi
	done
	[[ -n $python ]] || { echo "no Python with torch found (Debian: apt-get install python3-torch; or set PYTHON)" >&2; exit 1; }
	local seed
	run_cria() {
		"$python" "$work/measure.py" "$work/runs.jsonl" cria "$seed" "$cria" bench train --shape "$shape" --data "$data" \
			--method "$method" --rank "$rank" --batch "$batch" --steps "$steps" --seed "$seed" --threads "$threads" --json
	}
	run_torch() {
		"$python" "$work/measure.py" "$work/runs.jsonl" torch "$seed" "$python" "$torch_sft" --shape "$shape" \
			--mode "$method" --rank "$rank" --batch "$batch" --steps "$steps" --data "$data" --seed "$seed"
	}
	for ((seed = 0; seed < runs; seed++)); do
		by_turns "$seed" run_cria run_torch
	done
	cat >"$work/table.py" <<'PY'
import torch
from machine import *
path, setting = sys.argv[1], sys.argv[2]
cria = {r["key"]: r for r in rows(path) if r["name"] == "cria"}
peer = {r["key"]: r for r in rows(path) if r["name"] == "torch"}
seeds = sorted(cria)
torch.mm(torch.ones(2, 2), torch.ones(2, 2))
blas = "BLAS of its own"
if os.path.exists("/proc/self/maps"):
    loaded = {os.path.realpath(line.split()[-1]) for line in open("/proc/self/maps") if "blas" in line}
    blas = ", ".join(sorted(map(os.path.basename, loaded))) or blas
print(f"{setting}; {machine()}; PyTorch {torch.__version__} with {blas}; {len(seeds)} runs by turns.\n")
print("| seed | cria tok/s | PyTorch tok/s | ratio | cria peak GB | PyTorch peak GB | ratio | cria of peak FLOP/s |")
print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
def line(label, c, p, cm, pm, f):
    print(f"| {label} | {c:.1f} | {p:.1f} | {c / p:.2f} | {cm / 1e9:.2f} | {pm / 1e9:.2f} | {cm / pm:.2f} | {f:.0%} |")
for s in seeds:
    line(s, cria[s]["tokens_per_s"], peer[s]["tokens_per_s"], cria[s]["peak"], peer[s]["peak"], cria[s]["flops_fraction"])
mid = lambda side, key: median(r[key] for r in side.values())
line("**median**", mid(cria, "tokens_per_s"), mid(peer, "tokens_per_s"), mid(cria, "peak"), mid(peer, "peak"), mid(cria, "flops_fraction"))
ratios = [cria[s]["tokens_per_s"] / peer[s]["tokens_per_s"] for s in seeds]
print(f"\nSpeed ratio by seed: {min(ratios):.2f} to {max(ratios):.2f}, median {median(ratios):.2f}.")
PY
	"$python" "$work/table.py" "$work/runs.jsonl" "$shape, $method, rank $rank, batch $batch, $steps steps"
}

infer() {
	local prompt=${PROMPT:-512} generate=${GENERATE:-64} type i file of
	for ((i = 0; i < runs; i++)); do
		for type in ${TYPES:-f16 q8_0 q4_0 q4_k}; do
			file=$work/$type.gguf
			# Q4_K has blocks of 256 values, which the rows of SmolLM2-135M do not fill.
			of=$shape
			[[ $type == q4_k && $shape == smollm2-135m ]] && of=llama-135m-256
			[[ -e $file ]] || "$cria" bench model --shape "$of" --weights "$type" --out "$file" >&2
			run() { python3 "$work/measure.py" "$work/runs.jsonl" "$@"; }
			cria_prompt() { run cria "$type prompt" "$cria" bench prompt -p "$prompt" --model "$file" --threads "$threads" --json; }
			llama_prompt() { run llama "$type prompt" "$llama_bench" -m "$file" -p "$prompt" -n 0 -t "$threads" -r 5 -o json; }
			cria_generate() { run cria "$type generate" "$cria" bench generate -n "$generate" --model "$file" --threads "$threads" --json; }
			llama_generate() { run llama "$type generate" "$llama_bench" -m "$file" -p 0 -n "$generate" -t "$threads" -r 5 -o json; }
			by_turns "$i" cria_prompt llama_prompt
			by_turns "$i" cria_generate llama_generate
		done
	done
	cat >"$work/table.py" <<'PY'
from machine import *
path, setting = sys.argv[1], sys.argv[2]
all = rows(path)
version = next(r["version"] for r in all if r["name"] == "llama")
keys = list(dict.fromkeys(r["key"] for r in all))
runs = sum(r["name"] == "cria" and r["key"] == keys[0] for r in all)
print(f"{setting}; {machine()}; llama.cpp {version}; medians of {runs} runs by turns.\n")
print("| weights | what | cria tok/s | llama.cpp tok/s | ratio | least to most | cria of read bandwidth | cria of peak FLOP/s |")
print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
for k in keys:
    c = [r for r in all if r["key"] == k and r["name"] == "cria"]
    p = [r for r in all if r["key"] == k and r["name"] == "llama"]
    ratios = [a["tokens_per_s"] / b["tokens_per_s"] for a, b in zip(c, p)]
    mid = lambda side, key: median(r[key] for r in side)
    cs, ps = mid(c, "tokens_per_s"), mid(p, "tokens_per_s")
    t, w = k.split()
    print(f"| {t.upper()} | {w} | {cs:.0f} | {ps:.0f} | {cs / ps:.2f} | {min(ratios):.2f} to {max(ratios):.2f} |"
          f" {mid(c, 'bandwidth_fraction'):.0%} | {mid(c, 'flops_fraction'):.0%} |")
PY
	python3 "$work/table.py" "$work/runs.jsonl" "$shape (Q4_K: llama-135m-256), $threads threads, prompt of $prompt, generation of $generate"
}

choices() {
	cat >"$work/items.py" <<'PY'
import json, sys
source, folder, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
line = lambda text: " ".join(text.split())
with open(folder + "/rows.jsonl", "w") as rows, open(folder + "/llama.txt", "w") as llama:
    for r in json.load(open(source))["dev"][:most]:
        names = sorted(r["choices"])
        row = {"question": line(r["question"]), "endings": [line(r["choices"][k]) for k in names], "label": names.index(r["answer"])}
        rows.write(json.dumps(row) + "\n")
        llama.write("\n".join([row["question"], str(row["label"])] + row["endings"]) + "\n")
with open(folder + "/endings.yaml", "w") as task:
    task.write("""task: endings
files: [rows.jsonl]
fields: [question, endings, label]
kind: choice
prompt: "{{ question }}"
choices: endings
right: "{{ label }}"
metrics: [acc_norm]
""")
PY
	python3 "$work/items.py" "$hellaswag" "$work" "${ITEMS:-500}"
	cat >"$work/score.py" <<'PY'
import json, re, resource, subprocess, sys
out, name, key, command = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
if p.returncode:
    sys.exit(f"{name}: exit status {p.returncode}: {' '.join(command)}\n{p.stderr}")
if name == "cria":
    said = json.loads(p.stdout.splitlines()[-1])["endings"]
    speed, right, n = said["items_per_second"], said["value"], said["n"]
else:
    n, right = [float(x.rstrip("%")) for x in re.findall(r"^(\d+)\t([\d.]+%?)", p.stdout, re.M)[-1]]
    speed, right = n / float(re.search(r"total time = *([\d.]+) ms", p.stderr).group(1)) * 1000, right / 100
used = resource.getrusage(resource.RUSAGE_CHILDREN)
row = {"name": name, "key": key, "speed": speed, "right": right, "cpu": (used.ru_utime + used.ru_stime) / n, "n": int(n)}
with open(out, "a") as f:
    f.write(json.dumps(row) + "\n")
print(f"{name} {key}: {speed:.1f} items/s, {1000 * row['cpu']:.1f} ms of a core each, {right:.3f} right", file=sys.stderr)
PY
	local i model
	for ((i = 0; i < runs; i++)); do
		for model in "${models[@]}"; do
			run() { python3 "$work/score.py" "$work/runs.jsonl" "$@"; }
			cria_eval() { run cria "$(basename "$model")" "$cria" eval "$model" --tasks "$work/endings.yaml" --data "$work" --threads "$threads" --json; }
			llama_eval() { run llama "$(basename "$model")" "$llama_perplexity" -m "$model" --hellaswag --hellaswag-tasks "${ITEMS:-500}" -f "$work/llama.txt" -t "$threads"; }
			by_turns "$i" cria_eval llama_eval
		done
	done
	cat >"$work/table.py" <<'PY'
from machine import *
all = rows(sys.argv[1])
runs = sum(r["name"] == "cria" and r["key"] == all[0]["key"] for r in all)
print(f"{all[0]['n']} items, {sys.argv[2]} threads; {machine()}; medians of {runs} runs by turns.\n")
print("| model | cria items/s | llama.cpp items/s | ratio | least to most | cria core ms/item | llama.cpp core ms/item | ratio | cria right | llama.cpp right |")
print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
for k in dict.fromkeys(r["key"] for r in all):
    c, p = ([r for r in all if r["key"] == k and r["name"] == name] for name in ("cria", "llama"))
    ratios = [a["speed"] / b["speed"] for a, b in zip(c, p)]
    mid = lambda side, key: median(r[key] for r in side)
    print(f"| {k} | {mid(c, 'speed'):.1f} | {mid(p, 'speed'):.1f} | {median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} |"
          f" {1000 * mid(c, 'cpu'):.1f} | {1000 * mid(p, 'cpu'):.1f} | {mid(p, 'cpu') / mid(c, 'cpu'):.2f} | {c[0]['right']:.3f} | {p[0]['right']:.3f} |")
PY
	python3 "$work/table.py" "$work/runs.jsonl" "$threads"
}

"$what"
