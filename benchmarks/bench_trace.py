"""Seconds of an attribution graph, beside the products it cannot do without.

The floor is the GPT's forward pass on one quiz, the encoders' products at every token read, and for every
feature whose input is asked for the products of its row, by head, with all nodes it can see.

    python benchmarks/bench_trace.py
    python benchmarks/bench_trace.py --population cache/world-1M --gpt 0 --quizzes 8 --json out.json
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from culture_core.artifacts import PopulationFolder
from culture_core.circuits.graph import Parts, TraceSettings, parts_of, pruned_graph
from culture_core.circuits.influence import influence
from culture_core.circuits.stage import open_plain_sae, position_of_cell, right_margin, traced_saes
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.features.attribution import Margin
from culture_core.memory import keep_freed_memory
from culture_core.models.api import load_culture
from culture_core.models.mygpt import PRESETS, MyGPT, preset
from culture_core.saes.plain import PlainSAE
from timing import fastest


def main() -> None:
    options = _options()
    keep_freed_memory()
    torch.set_num_threads(options.threads)
    gpt, saes = _subject(options)
    reports = []
    for tokens in evaluation_quizzes(options.quizzes, seed=11).tokens:
        margin = right_margin(gpt, tokens, position_of_cell("", tokens))
        reports.append(_report(gpt, saes, tokens, margin, options.repeats))
    worst = max(reports, key=lambda report: report["whole graph"])
    for name in reports[0]:
        values = [report[name] for report in reports]
        print(f"{name:32s} median {np.median(values):9.3f}   slowest graph {worst[name]:9.3f}")
    if options.json:
        Path(options.json).write_text(json.dumps(reports, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--population", default=None, help="real GPTs and SAEs; random ones without")
    parser.add_argument("--gpt", type=int, default=0)
    parser.add_argument("--preset", default="1M", choices=tuple(PRESETS))
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--k", type=int, default=24)
    parser.add_argument("--quizzes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", default=None)
    return parser.parse_args()


def _subject(options: argparse.Namespace) -> tuple[MyGPT, dict[str, PlainSAE]]:
    """A GPT and an SAE after every block: of a population, or random ones."""
    if options.population is None:
        gpt = MyGPT(preset(options.preset)).eval()
        hooks = [f"blocks.{block}.hook_resid_post" for block in range(gpt.config.n_blocks)]
        return gpt, {hook: _random_sae(gpt.config.d_model, options.width, options.k) for hook in hooks}
    population = PopulationFolder(Path(options.population))
    hooks = list(traced_saes(population, options.gpt))
    saes = {hook: open_plain_sae(population, hook, options.gpt) for hook in hooks}
    return load_culture([options.gpt], source=population.root)[0], saes


def _random_sae(d: int, width: int, k: int) -> PlainSAE:
    directions = torch.nn.functional.normalize(torch.randn(width, d), dim=1)
    zero = torch.zeros(d)
    return PlainSAE(
        "topk", directions.T.contiguous(), torch.zeros(width), directions, zero, zero, None, None, k
    )


def _report(
    gpt: MyGPT, saes: dict[str, PlainSAE], tokens: Tensor, margin: Margin, repeats: int
) -> dict[str, Any]:
    """CPU seconds of the parts of one graph, and its size."""
    parts = parts_of(gpt, saes, tokens, margin)
    settings = TraceSettings()

    def seconds(work: Callable[[], object]) -> float:
        return fastest(work, repeats)

    floor = {
        "floor: forward pass": seconds(lambda: gpt(tokens[None, : margin.position + 1])),
        "floor: encoder products": seconds(lambda: _encoder_products(parts, saes)),
        "floor: edge products": seconds(_edge_products(parts)),
    }
    whole = seconds(lambda: pruned_graph(parts_of(gpt, saes, tokens, margin), tokens, margin, settings))
    graph = pruned_graph(parts, tokens, margin, settings)
    return {
        **floor,
        "freezing and nodes": seconds(lambda: parts_of(gpt, saes, tokens, margin)),
        "influence": seconds(lambda: _influence(parts)),
        "whole graph": whole,
        "times the floor": whole / sum(floor.values()),
        "nodes before pruning": sum(map(len, parts.layers)),
        "features looked into": sum(len(rows) for rows, _ in _looked_into(parts)),
        "nodes": len(graph.nodes),
        "edges": len(graph.edges),
        "replacement": graph.scores.replacement,
        "completeness": graph.scores.completeness,
    }


def _influence(parts: Parts) -> Any:
    return influence(parts.layers, parts.between, parts.target)


@torch.no_grad()
def _encoder_products(parts: Parts, saes: dict[str, PlainSAE]) -> None:
    for sae in saes.values():
        parts.frozen.states[-1] @ sae.W_enc


def _looked_into(parts: Parts) -> list[tuple[Tensor, int]]:
    """For every layer with features: how many nodes below each feature that was looked into sees, and the
    heads between."""
    found = _influence(parts)
    counts = []
    for number in range(1, len(parts.layers)):
        layer, below = parts.layers[number], parts.layers[number - 1]
        token = layer.token[~found.error_input[number].isnan()]
        seen = torch.bincount(below.token, minlength=len(parts.frozen)).cumsum(0)[token]
        counts.append((seen, sum(block.n_heads for block in parts.between[number - 1])))
    return counts


def _edge_products(parts: Parts) -> Callable[[], None]:
    d = parts.frozen.states.shape[-1]
    sizes = [(len(seen), int(seen.float().mean() * heads)) for seen, heads in _looked_into(parts)]
    operands = [(torch.randn(rows, d), torch.randn(d, columns)) for rows, columns in sizes]

    def run() -> None:
        for left, right in operands:
            left @ right

    return run


if __name__ == "__main__":
    main()
