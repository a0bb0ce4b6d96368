#!/bin/sh
# Train the five GPTs of a population on one GPU in one run of at most 9 minutes. Needs Python 3.11 or newer with torch
# 2.11 or newer (which brings filelock), numpy, safetensors and tqdm; this package need not be installed. Weights, log and report go to $OUT
# (default out/gpu_population), first after some two minutes; see docs/reference/training.md, "On a GPU".
#
#   scripts/gpu_population.sh                                           a first run
#   scripts/gpu_population.sh --resume out/gpu_population --minutes 4   a second one goes on from it (OUT=out/second)
#   scripts/gpu_population.sh --help                                    all options
#
# A run that fails is taken up once more by single operations of PyTorch, from the last weights it wrote. To keep what is
# printed as well, name a file outside $OUT.
set -u
started=$(date +%s)
cd "$(dirname "$0")/.." || exit 1
python=${PYTHON:-python3}
out=${OUT:-out/gpu_population}
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
export TORCHINDUCTOR_CACHE_DIR="${TORCHINDUCTOR_CACHE_DIR:-/tmp/culture_inductor}"
export TORCHINDUCTOR_FX_GRAPH_CACHE=1 TORCHINDUCTOR_AUTOGRAD_CACHE=1

"$python" - <<'EOF' || exit 1
import importlib.util as util, sys
missing = [name for name in ("torch", "numpy", "safetensors", "tqdm", "filelock") if util.find_spec(name) is None]
if missing or sys.version_info < (3, 11):
    sys.exit(f"gpu_population.sh: {sys.executable} is too old or lacks {missing}: name another with PYTHON=...")
EOF

set -- --out "$out" --started "$started" --device cuda "$@"
"$python" -m culture_core train-stacked "$@"
status=$?
case $status in 0 | 2 | 129 | 130 | 141 | 143) exit $status ;; esac
if [ -n "$(find "$out/report.json" -newermt "@$started" 2>/dev/null)" ] && grep -q '"finished": true' "$out/report.json"; then
    echo "gpu_population.sh: ended with status $status after its results were written" >&2
    exit 0
fi
echo "gpu_population.sh: failed with status $status; once more, carefully" >&2
set -- "$@" --careful
[ -f "$out/report.json" ] && set -- "$@" --resume "$out"
exec "$python" -m culture_core train-stacked "$@"
