"""The time SAEDashboard 0.8.0 takes for the records of all features: same GPT, SAE and quizzes as
`bench_index.py rivals`, one thread, CPU seconds, its own default blocks and batches.

It needs an environment of its own, beside this repository:

    python -m venv peer && peer/bin/pip install torch==2.13.0
    peer/bin/pip install torch==2.13.0 sae-dashboard==0.8.0 "transformer-lens<3" "datasets<4" "pyarrow<20"
    peer/bin/pip uninstall -y torchvision torchaudio   # where they do not fit this torch
    PYTHONPATH=. peer/bin/python benchmarks/sae_dashboard_peer.py --sizes 2048x128,4096x256
"""

import argparse
import time
from pathlib import Path

import torch
from sae_dashboard.sae_vis_data import SaeVisConfig
from sae_dashboard.sae_vis_runner import SaeVisRunner

from bench_index import scratch, widen
from culture_core.artifacts import PopulationFolder
from culture_core.features.index.quiz_set import QuizSet
from culture_core.memory import keep_freed_memory
from culture_core.models.api import load_hooked
from culture_core.models.mygpt import shift_right
from culture_core.saes.store import load_sae


def seconds(population: PopulationFolder, hook: str, n_features: int, n: int) -> float:
    sae = load_sae(population.sae(hook, 0))
    model = load_hooked([0], source=population.root, sae=True)[0]
    tokens = shift_right(QuizSet(n=n).quizzes().tokens.long())
    config = SaeVisConfig(
        hook_point=hook, features=list(range(n_features)), device="cpu", dtype="float32", verbose=False
    )
    started = time.process_time()
    found = SaeVisRunner(config).run(encoder=sae, model=model, tokens=tokens)
    assert len(found.feature_data_dict) == n_features
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--population", default="cache/world-1M")
    parser.add_argument("--sizes", default="2048x128,4096x256", help="features x quizzes")
    args = parser.parse_args()
    keep_freed_memory()
    torch.set_num_threads(1)
    source = PopulationFolder(Path(args.population))
    hook = source.hooks()[0]
    for size in args.sizes.split(","):
        n_features, n = map(int, size.split("x"))
        with scratch(source) as population:
            widen(population, hook, n_features)
            taken = seconds(population, hook, n_features, n)
        print(f"{n_features} features x {n} quizzes: SAEDashboard {taken:.1f} s", flush=True)


if __name__ == "__main__":
    main()
