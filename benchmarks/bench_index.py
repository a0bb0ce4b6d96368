"""How fast `culture index` is: its share of the floor (bare forward to the hook + encoder product), how many
times as fast as the way dashboards of SAE features are usually made, and how its memory grows.

    python benchmarks/bench_index.py                        # all three
    python benchmarks/bench_index.py floor --n 512
    python benchmarks/bench_index.py rivals --sizes 2048x128,4096x256
    python benchmarks/bench_index.py memory --n 160
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from by_blocks import index_by_blocks
from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.features.index.job import IndexJob
from culture_core.features.index.making import make_parts
from culture_core.features.index.parts import TOKENS_READ
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.write import write_index
from culture_core.memory import keep_freed_memory
from culture_core.processes import Workers
from culture_core.saes.hooks import activations_at
from timing import fastest


@contextmanager
def scratch(population: PopulationFolder) -> Iterator[PopulationFolder]:
    """The same population without its indexes, in a temporary folder that may be written to."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / population.name
        root.mkdir()
        for name in (artifacts.MANIFEST, "models", "saes"):
            (root / name).symlink_to((population.root / name).resolve())
        yield PopulationFolder(root)


def widen(population: PopulationFolder, hook: str, n_features: int) -> None:
    """Give GPT 0 an SAE of n_features, made of copies of its own features with a little noise: as fast and as
    sparse as a trained one of that size."""
    from culture_core.saes.store import load_sae, save_sae

    sae = load_sae(population.sae(hook, 0))
    if sae.cfg.d_sae == n_features:
        return
    source = population.root / "saes"
    target = source.resolve()
    source.unlink()
    shutil.copytree(target, source)
    picked = torch.arange(n_features) % sae.cfg.d_sae
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, weight in sae.state_dict().items():
        wide = (
            weight.index_select(weight.shape.index(sae.cfg.d_sae), picked)
            if sae.cfg.d_sae in weight.shape
            else weight
        )
        state[name] = wide * (1 + 0.05 * torch.randn(wide.shape, generator=generator))
    sae.cfg.d_sae = n_features
    wide_sae = type(sae)(sae.cfg)
    wide_sae.load_state_dict(state)
    manifest = artifacts.read_json(population.sae(hook, 0) / artifacts.MANIFEST)
    save_sae(wide_sae, population.sae(hook, 0), {**manifest, "d_sae": n_features})


def index_once(job: IndexJob) -> None:
    make_parts([job], workers=Workers(1))
    write_index(job, "benchmark")


def share_of_floor(population: PopulationFolder, hook: str, n: int, repeats: int) -> None:
    """Both in one process, on one thread, CPU seconds of the fastest of `repeats`."""
    job = IndexJob(population, hook, 0, "", QuizSet(n=n))
    model, sae = job.load()
    tokens = job.quiz_set.quizzes().tokens

    @torch.inference_mode()
    def floor() -> None:
        for batch in tokens.split(job.batch_size):
            activations_at(model, hook, batch)[:, 1:] @ sae.W_enc

    floor_seconds = fastest(floor, repeats)
    index_seconds = fastest(lambda: index_once(job), repeats)
    n_tokens = n * TOKENS_READ
    print(f"index: {n_tokens / index_seconds:,.0f} tokens/s and core, {len(sae.W_dec)} features")
    print(f"floor: {n_tokens / floor_seconds:,.0f} tokens/s and core (forward to the hook + encoder product)")
    print(f"share of the floor: {floor_seconds / index_seconds:.2f}")


def against_blocks(population: PopulationFolder, hook: str, n_features: int, n: int) -> None:
    """The same statistics, model, SAE and quizzes; CPU seconds on one thread."""
    widen(population, hook, n_features)
    job = IndexJob(population, hook, 0, "", QuizSet(n=n))
    model, sae = job.load()
    ours = fastest(lambda: index_once(job), 1)
    theirs = fastest(lambda: index_by_blocks(model, sae, hook, job.quiz_set), 1, warm_up=False)
    print(
        f"{n_features} features x {n} quizzes: index {ours:.1f} s, block by block {theirs:.1f} s, "
        f"{theirs / ours:.1f} times as fast",
        flush=True,
    )


def memory(population: PopulationFolder, hook: str, n: int) -> None:
    """Peak memory of the command over n and 10 n quizzes, each in a process of its own.

    Counted is memory of the process's own: pages of mapped files can be dropped at any time.
    """
    for quizzes in (n, 10 * n):
        options = f"--hook {hook} --models 0 --n {quizzes} --part-size 32 --threads 1".split()
        command = [sys.executable, "-m", "culture_core", "index", "--population", str(population.root)]
        started = time.time()
        with subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL) as process:
            own = peak_own_memory(process)
        assert process.returncode == 0
        folder = population.index(hook, 0)
        activations = sum(path.stat().st_size for path in folder.rglob("*.npy")) / 2**20
        ships = (folder / "index.npz").stat().st_size / 2**20
        print(
            f"{quizzes} quizzes: {own / 2**20:,.0f} MiB of memory at most, "
            f"{activations:,.0f} MiB of activations, {ships:.1f} MiB of index, {time.time() - started:.0f} s",
            flush=True,
        )


def peak_own_memory(process: subprocess.Popen[bytes]) -> int:
    """Bytes of anonymous memory the process held at most, looked at a hundred times a second to its end."""
    peak = 0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        own = [int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon")]
        peak = max(peak, *own, 0)
        time.sleep(0.01)
    return peak


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", default=["floor", "rivals", "memory"])
    parser.add_argument("--population", default="cache/world-1M")
    parser.add_argument("--n", type=int, default=256, help="quizzes")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--sizes", default="2048x128,4096x256", help="features x quizzes")
    args = parser.parse_args()
    keep_freed_memory()
    torch.set_num_threads(1)
    source = PopulationFolder(Path(args.population))
    hook = source.hooks()[0]
    if "floor" in args.what:
        with scratch(source) as population:
            share_of_floor(population, hook, args.n, args.repeats)
    if "rivals" in args.what:
        for size in args.sizes.split(","):
            with scratch(source) as population:
                against_blocks(population, hook, *map(int, size.split("x")))
    if "memory" in args.what:
        with scratch(source) as population:
            memory(population, hook, args.n)


if __name__ == "__main__":
    main()
