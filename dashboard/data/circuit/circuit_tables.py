"""Circuits as tables: all heads, every ablation."""

from collections.abc import Mapping

import pandas as pd

from culture_core.evaluation.ablation import KINDS
from culture_core.evaluation.circuits import MEASURES, Circuits


def head_table(circuits: Mapping[int, Circuits]) -> pd.DataFrame:
    """All heads of all GPTs, those that copy the previous grid first."""
    tables = [one.head_table().assign(GPT=k) for k, one in circuits.items()]
    table = pd.concat(tables, ignore_index=True)
    copies = table["copy score"] * table["1 back"]
    order = ["GPT", *table.columns.drop("GPT")]
    return table.loc[copies.sort_values(ascending=False, kind="stable").index, order].reset_index(drop=True)


def best_copier(table: pd.DataFrame, model_k: int) -> str:
    """The head of a GPT that attends most to the cell one grid back, as in "1.0"; table: of `head_table`."""
    return str(table[model_k == table.GPT].sort_values("1 back").iloc[-1]["head"])


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
