"""SAEs of many settings on one GPT, trained alike and measured alike: a table as in docs/experiments/saes.md.

    python benchmarks/compare_saes.py --population cache/world-1M --model 0
    python benchmarks/compare_saes.py batchtopk,k=8 batchtopk,k=32 jumprelu,sparsity=3

A row is an architecture and what differs from the common settings. It ends with the accuracy that is left of
the GPT's with the SAE spliced in, which is what rows are chosen by at a given L0. Nothing is written but the
table (and --json).
"""

import argparse
import tempfile
import time
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from culture_core import load_culture
from culture_core.artifacts import read_json
from culture_core.cli import common
from culture_core.processes import Report, Workers, run_jobs
from culture_core.saes.architectures import ARCHITECTURES
from culture_core.saes.evaluate import sae_figures
from culture_core.saes.hooks import default_hook
from culture_core.saes.settings import SAESettings
from culture_core.saes.store import load_sae, save_sae
from culture_core.saes.train import train_sae
from culture_core.world.vocabulary import QUIZ_LENGTH

# the table of docs/experiments/saes.md; the penalties are those that come near L0 16 on the shipped GPT 0
ROWS = (
    "batchtopk",
    "topk",
    "matryoshka",
    "jumprelu,sparsity=0.05",
    "jumprelu,sparsity=0.1",
    "standard,sparsity=1.7",
    "standard,sparsity=1",
    "batchtopk,width=8",
    "batchtopk,width=32",
    "batchtopk,k=8",
    "batchtopk,k=32",
)
FIXED = ("hook", "architecture", "seed")
TEST_SEED = 777


class Row(NamedTuple):
    """One SAE to train. source: a population folder. text: as it was asked for."""

    source: str
    model_k: int
    text: str
    settings: SAESettings
    quizzes: int


def main() -> None:
    options = _options()
    manifest = read_json(common.the_population(options).manifest)
    hook = options.hook or default_hook(manifest["config"]["n_blocks"])
    common_settings = {"hook": hook, "tokens": options.tokens, "seed": options.seed}
    rows = [
        Row(options.population, options.model, text, _settings(text, common_settings), options.quizzes)
        for text in options.rows or ROWS
    ]
    results = run_jobs(_measure, rows, Workers(options.workers, threads=1))
    print(common.table(results))
    common.report_json(options.json, {"hook": hook, "rows": results})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", help=f"ARCHITECTURE,SETTING=VALUE ... (default: {' '.join(ROWS)})")
    common.add_population(parser)
    parser.add_argument("--model", type=int, default=0, help="which GPT")
    parser.add_argument("--hook", default=None, help="default: residual stream at 2/3 depth")
    parser.add_argument("--tokens", type=common.positive, default=500_000, help="tokens to train on")
    parser.add_argument("--quizzes", type=common.positive, default=800, help="quizzes to measure on")
    parser.add_argument("--seed", type=int, default=5000)
    parser.add_argument("--workers", type=common.positive, default=2)
    common.add_json(parser)
    return parser.parse_args()


def _settings(text: str, common_settings: dict[str, Any]) -> SAESettings:
    architecture, *changes = text.split(",")
    kinds = {field.name: type(field.default) for field in fields(SAESettings) if field.name not in FIXED}
    usage = f"{text!r}: give one of {', '.join(ARCHITECTURES)}, then NAME=VALUE of {', '.join(kinds)}"
    if architecture not in ARCHITECTURES:
        raise SystemExit(usage)
    try:
        values = {name: kinds[name](value) for name, value in (change.split("=") for change in changes)}
    except (KeyError, ValueError):
        raise SystemExit(usage) from None
    return SAESettings(architecture=architecture, **{**common_settings, **values})


def _measure(row: Row, report: Report) -> dict[str, Any]:
    gpt = load_culture([row.model_k], source=row.source)[0]
    hook = row.settings.hook
    started = time.process_time()
    trained = train_sae(gpt, row.settings)
    seconds = time.process_time() - started
    with tempfile.TemporaryDirectory() as folder:
        save_sae(trained, Path(folder) / "sae", {})
        sae = load_sae(Path(folder) / "sae")
    tokens = row.quizzes * QUIZ_LENGTH
    figures = sae_figures(gpt, sae, hook, seed=TEST_SEED, held_out_tokens=tokens, n_quizzes=row.quizzes)
    result = {
        "SAE": row.text,
        "L0": f"{figures['l0']:.1f}",
        "explained variance": f"{figures['explained_variance']:.3f}",
        "dead": f"{figures['dead_share']:.1%}",
        "last-grid loss": f"{figures['loss']['spliced']:.4f}",
        "without": f"{figures['loss']['original']:.4f}",
        "accuracy": f"{figures['accuracy_spliced']:.1%}",
        "without SAE": f"{figures['accuracy']:.1%}",
        "CPU s": f"{seconds:.0f}",
    }
    report(" | ".join(result.values()))
    return result


if __name__ == "__main__":
    main()
