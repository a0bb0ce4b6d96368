"""Circuits as tables: every ablation."""

from collections.abc import Mapping

import pandas as pd

from culture_core.evaluation.ablation import KINDS
from culture_core.evaluation.circuits import MEASURES, Circuits


def most_needed(one: Circuits, measure: str, kind: str) -> tuple[str, float]:
    """The part whose ablation hurts a GPT most, and by how much."""
    overall = one.changes(measure, kind)[one.columns[0]]
    part = overall.idxmin() if measure == "accuracy" else overall.idxmax()
    return str(part), float(overall[part])


def ablation_table(circuits: Mapping[int, Circuits]) -> pd.DataFrame:
    """Every change: one row per GPT, part, kind of ablation and task."""
    tables = [
        _changes(one, kind).assign(gpt=k, ablation=kind) for k, one in circuits.items() for kind in KINDS
    ]
    return pd.concat(tables, ignore_index=True)


def _changes(one: Circuits, kind: str) -> pd.DataFrame:
    columns = {
        f"{measure}_change": one.changes(measure, kind).stack().rename(f"{measure}_change")
        for measure in MEASURES
    }
    return pd.DataFrame(columns).rename_axis(["part", "task"]).reset_index()
