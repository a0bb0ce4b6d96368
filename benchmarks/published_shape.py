"""Seconds and memory of each command on a population of the published shape: five GPTs of 37M with random
weights in the published files, and an SAE of 16,384 features in the layout of SAELens 3.14.

    python benchmarks/published_shape.py out/shape   # convert, import, estimate the whole build
    python benchmarks/published_shape.py out/shape --small --n 64 --tokens 20000   # the main stages, small

The commands are `culture convert` and `import-sae`, then `build --plan` or, with --small, those stages of a
build that the pages of the dashboard read, each on a few quizzes. What is there already is not made again.
Memory is that of the largest process.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import save_file

from culture_core.models.checkpoints import checkpoint_name, write_checkpoint
from culture_core.models.mygpt import PRESETS, MyGPT

HOOK = "blocks.8.hook_mlp_out"
HOOKS = f"{HOOK},blocks.8.hook_resid_post"
WIDTH = 32


def main() -> None:
    args = _arguments()
    folder, population = args.folder, args.folder / "cache" / "published"
    _make_files(folder / "files", args.models)
    if not population.is_dir():
        _run("convert", str(folder / "files"), str(population))
    if not (population / "saes" / HOOK).is_dir():
        _run("import-sae", "--population", str(population), "--source", str(folder / "files" / "sae"))
    if args.small:
        for command in _small_stages(args.n, args.tokens):
            where = "--source" if command[0] == "evaluate" else "--population"
            _run(command[0], where, str(population), *command[1:], "--if-stale")
    else:
        _run("build", "--population", str(population), "--hooks", HOOKS, "--width", str(WIDTH), "--plan")


def _small_stages(n: int, tokens: int) -> list[tuple[str, ...]]:
    """What the pages read, but for the catalogue of heads, whose smallest size takes an hour per GPT: from n
    quizzes and SAEs trained on so many tokens."""
    sae = ("--tokens", str(tokens), "--width", str(WIDTH), "--k", "32", "--finetune-quizzes", "8")
    at_each_hook = [
        ("evaluate-sae", "--n", "8", "--held-out-tokens", "8000"),
        ("index", "--n", str(n)),
        ("grade",),
        ("match",),
    ]
    return [
        ("evaluate", "--save", "--num-test-samples", "16"),
        ("answers", "--n", "16", "--unseen", "8"),
        ("train-sae", "--hook", HOOKS, *sae),
        *((*command, "--hook", hook) for command in at_each_hook for hook in HOOKS.split(",")),
        ("layers",),
        ("circuits", "--n", "4", "--n-attention", "4", "--models", "0"),
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where files and population go")
    parser.add_argument("--models", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="make what the pages read, in place of the plan")
    parser.add_argument("--n", type=int, default=64, help="quizzes of the index (default: 64)")
    parser.add_argument("--tokens", type=int, default=20_000, help="tokens to train SAEs on")
    return parser.parse_args()


def _make_files(folder: Path, n_models: int) -> None:
    """The published files, with random weights."""
    (folder / "sae").mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    config = PRESETS["37M"]
    for k in range(n_models):
        path = folder / checkpoint_name(k)
        if not path.is_file():
            write_checkpoint(path, MyGPT(config), 0.95)
    d_in, d_sae = config.d_model, WIDTH * config.d_model
    if (folder / "sae" / "cfg.json").is_file():
        return
    W_dec = torch.nn.functional.normalize(torch.randn(d_sae, d_in), dim=-1)
    # at a bias of -2.4 some 1% of the features fire on states of variance 1
    weights = {"W_enc": W_dec.T.contiguous(), "W_dec": W_dec, "b_enc": torch.full((d_sae,), -2.4)}
    save_file({**weights, "b_dec": torch.zeros(d_in)}, folder / "sae" / "sae_weights.safetensors")
    (folder / "sae" / "cfg.json").write_text(json.dumps(_sae_config(d_in, d_sae)))


def _sae_config(d_in: int, d_sae: int) -> dict[str, object]:
    return {
        "architecture": "standard",
        "d_in": d_in,
        "d_sae": d_sae,
        "dtype": "torch.float32",
        "device": "cpu",
        "model_name": "culture-gpt-0",
        "hook_name": HOOK,
        "hook_layer": 8,
        "hook_head_index": None,
        "activation_fn_str": "relu",
        "activation_fn_kwargs": {},
        "apply_b_dec_to_input": False,
        "finetuning_scaling_factor": False,
        "sae_lens_training_version": "3.14.0",
        "prepend_bos": False,
        "dataset_path": "random",
        "dataset_trust_remote_code": True,
        "context_size": 405,
        "normalize_activations": "none",
    }


def _run(*words: str) -> None:
    """Run one command and print its seconds and memory; exits where it fails."""
    print(f"\nculture {' '.join(words)}", flush=True)
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "culture_core", *words])
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    print(
        f"culture {words[0]}: {seconds:.0f} s by the clock, {used.ru_utime + used.ru_stime:.0f} s of CPU, "
        f"{used.ru_maxrss / 2**20:.2f} GiB at most in one process"
    )
    if status:
        sys.exit(f"culture {words[0]} failed")


if __name__ == "__main__":
    main()
