"""What ablating a group of matched features does to each GPT, by task."""

import numpy as np

from culture_core.errors import typed
from culture_core.universality.causal.reader import CausalProfile, CausalReader
from dashboard.components.feature_panels.kinds import words
from dashboard.components.feature_panels.messages import MatrixCell, MatrixRow, Panel
from dashboard.components.page.scope import Scope
from dashboard.data.universal import universality

TITLE = "Ablating it in each GPT"


def causal_panels(scope: Scope, model_k: int, feature: int) -> list[Panel]:
    """The change of accuracy and of loss, GPTs x tasks; or why there is none to show."""
    population, hook = scope.population, scope.hook
    if not universality.has_causal(population, hook):
        command = typed("causal", "--population", population.folder.root, "--hook", hook)
        return [words(TITLE, "Not measured yet. Run:", command)]
    causal = universality.causal(population, hook)
    group = universality.matches(population, hook).group_of(model_k, feature)
    profile = None if group is None else causal.of_group(group)
    if profile is None:
        reason = "this feature is in no group" if group is None else f"group {group} is not among them"
        measured = f"{len(causal.groups)} groups of the highest excess were ablated; {reason}."
        return [words(TITLE, measured)]
    help = _agreement_words(causal, profile)
    return [
        _heat_map(causal, "Change of accuracy when it is ablated", profile.accuracy, "{:+.0%}", 1.0, help),
        _heat_map(
            causal,
            "Change of last-grid loss",
            profile.loss,
            "{:+.3f}",
            -float(np.abs(profile.loss).max()) or 1.0,
            "nats per cell; dark is worse",
        ),
    ]


def _agreement_words(causal: CausalReader, profile: CausalProfile) -> str:
    random, unmatched = (np.nanmean(causal.agreements[name]) for name in ("random", "unmatched"))
    return (
        f"over tasks the GPTs agree with r {profile.agreement:.2f} (by loss); on random features of like "
        f"density they do with {random:.2f}, on unmatched ones with {unmatched:.2f}"
    )


def _signed(form: str, value: float) -> str:
    """A change in words: a plain 0 where nothing is left of it after rounding."""
    text = form.format(value)
    return text if text.strip("+-0.%") else "0"


def _heat_map(
    causal: CausalReader, title: str, values: np.ndarray, form: str, full: float, help: str
) -> Panel:
    """values: (m, t); a cell is full where it is `full` (negative: where it is worse)."""

    def cell(model_k: int, task: str, value: float) -> MatrixCell:
        text = _signed(form, value)
        return {"text": text, "share": float(value / full), "title": f"GPT {model_k}, {task}: {text}"}

    rows: list[MatrixRow] = [
        {
            "label": f"GPT {model_k}",
            "cells": [cell(model_k, task, value) for task, value in zip(causal.tasks, row, strict=True)],
        }
        for model_k, row in zip(causal.models, values, strict=True)
    ]
    return {"kind": "matrix", "title": title, "help": help, "columns": causal.tasks, "rows": rows}
