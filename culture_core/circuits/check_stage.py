"""The stage behind `culture trace --check`: what graphs predict against what ablations do, GPT by GPT."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor

from culture_core.answers.browse import open_browse
from culture_core.artifact import Artifact
from culture_core.artifacts import PopulationFolder, provenance
from culture_core.circuits.check import Agreement, CheckSettings, Interventions, agreement, check_graphs
from culture_core.circuits.graph import TraceSettings
from culture_core.circuits.stage import load_traced, position_of_cell, right_margin
from culture_core.circuits.traced import traced_artifact, traced_inputs
from culture_core.features.attribution import Margin
from culture_core.models.choice import chosen_models, stale_models
from culture_core.models.mygpt import MyGPT
from culture_core.processes import Report, Workers, run_jobs

# the cells whose answers are checked, as manifests tell them
CELLS = "first that the rule changes, before noise"


@dataclass(frozen=True)
class TraceCheck:
    """The ablations in one GPT. blocks: after which its SAEs are."""

    model_k: int
    blocks: tuple[int, ...]
    interventions: Interventions

    def along_graph(self, block: int | None = None) -> Agreement:
        """The strongest features, of one block or of all: the effect along the kept edges against the
        measured one."""
        chosen = ~self.interventions.random
        if block is not None:
            chosen &= self.interventions.block == block
        return agreement(self.interventions.predicted[chosen], self.interventions.measured[chosen])

    def in_frozen_gpt(self, *, random: bool) -> Agreement:
        """The effect in the frozen GPT against the measured one, of the strongest features or random ones."""
        chosen = self.interventions.random == random
        return agreement(self.interventions.frozen[chosen], self.interventions.measured[chosen])

    @property
    def rows(self) -> dict[str, Agreement]:
        """Everything that is compared, by its name in tables."""
        by_block = {f"along the graph, after block {block}": self.along_graph(block) for block in self.blocks}
        return {
            "along the graph": self.along_graph(),
            **by_block,
            "frozen GPT": self.in_frozen_gpt(random=False),
            "frozen GPT, random features": self.in_frozen_gpt(random=True),
        }


def check_population(
    population: PopulationFolder,
    settings: CheckSettings | None = None,
    kept: TraceSettings | None = None,
    *,
    models: Sequence[int] | None = None,
    if_stale: bool = False,
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> list[TraceCheck]:
    """Check the graphs of GPTs by ablation and keep what was found; returns the checks of all of them.

    models: ids (default: all). if_stale: leave alone checks of the present GPTs and SAEs with these settings.
    Errors: CultureError when quizzes were not answered yet, or a GPT has no SAEs.
    """
    settings, kept = settings or CheckSettings(), kept or TraceSettings()
    chosen = chosen_models(population, models)
    stale = stale_models(
        chosen,
        partial(check_artifact, population),
        lambda k: _made_from(population, k, settings, kept),
        if_stale=if_stale,
        say=say,
    )
    run_jobs(partial(_check, population, settings, kept, command), stale, workers or Workers(), show=say)
    return [open_check(population, k) for k in chosen]


def check_artifact(population: PopulationFolder, model_k: int) -> Artifact:
    """The trace check of one GPT, as an artifact."""
    folder = population.trace_check(model_k)
    return traced_artifact(population, model_k, "trace check", folder, "--check", "ablations.npz")


def open_check(population: PopulationFolder, model_k: int) -> TraceCheck:
    """The trace check of one GPT.

    Errors: CultureError that says what to run when it is missing, damaged, or of another GPT or other SAEs.
    """
    manifest, arrays = check_artifact(population, model_k).open()
    columns = {field.name: arrays[field.name] for field in fields(Interventions)}
    return TraceCheck(model_k, tuple(manifest["blocks"]), Interventions(**columns))


def _made_from(
    population: PopulationFolder, model_k: int, settings: CheckSettings, kept: TraceSettings
) -> dict[str, Any]:
    return traced_inputs(population, model_k, {**asdict(settings), **asdict(kept), "cells": CELLS})


def _check(
    population: PopulationFolder,
    settings: CheckSettings,
    kept: TraceSettings,
    command: str,
    model_k: int,
    report: Report,
) -> None:
    started = time.time()
    report(f"checking graphs of GPT {model_k}")
    made_from = _made_from(population, model_k, settings, kept)
    model, saes = load_traced(population, model_k)
    quizzes = _quizzes(population, model, settings.quizzes)
    done = check_graphs(model, saes, quizzes, settings, kept, progress=f"trace check of GPT {model_k}")
    manifest = {
        **made_from,
        "blocks": sorted(set(done.block.tolist())),
        "margins": [asdict(margin) for _, margin in quizzes],
        "made_by": provenance(command, started),
    }
    arrays = {field.name: np.asarray(getattr(done, field.name)) for field in fields(Interventions)}
    check_artifact(population, model_k).write(manifest, arrays)


def _quizzes(population: PopulationFolder, model: MyGPT, n: int) -> list[tuple[Tensor, Margin]]:
    """The first answered quizzes, each with the margin at the first cell that the rule changes."""
    quizzes = open_browse(population).quizzes[:n]
    return [
        (tokens, right_margin(model, tokens, position_of_cell("", clean)))
        for tokens, clean in zip(quizzes.tokens, quizzes.clean, strict=True)
    ]
