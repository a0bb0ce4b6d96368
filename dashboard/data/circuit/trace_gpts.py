"""The same answer traced in every GPT: where each takes it from, and the concepts that they share."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from culture_core.circuits.nodes import FEATURE
from culture_core.circuits.stage import traced_saes
from culture_core.errors import CultureError
from dashboard.data.circuit.trace_origins import origin_shares
from dashboard.data.circuit.traces import Trace, traced_answer
from dashboard.data.population.populations import Population


def traces_of_all(chosen: Population, tokens: np.ndarray, position: int, against: int) -> dict[int, Trace]:
    """By GPT, the answer at a position of a quiz (404,); GPTs without SAEs are left out."""
    return {
        k: traced_answer(chosen, k, tokens, position, against) for k in chosen.models if _has_saes(chosen, k)
    }


def origin_table(traces: Mapping[int, Trace]) -> pd.DataFrame:
    """One row per GPT: the margin, the share of its influence from each origin, and completeness."""
    rows = [
        {
            "GPT": k,
            "margin": traced.graph.value,
            **origin_shares(traced, largest_first=False),
            "completeness": traced.graph.scores.completeness,
        }
        for k, traced in traces.items()
    ]
    return pd.DataFrame(rows)


def concept_table(traces: Mapping[int, Trace]) -> pd.DataFrame:
    """One row per concept and block that features of several GPTs are about: its influence in each GPT, those
    with the largest mean first."""
    parts = [_concepts(traced).rename(f"GPT {k}") for k, traced in traces.items()]
    table = pd.concat(parts, axis=1)
    table = table[table.notna().sum(axis=1) >= min(2, len(parts))].fillna(0.0)
    order = table.mean(axis=1).sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index()


def _concepts(traced: Trace) -> pd.Series:
    """Influence by block and concept of the features that detect one."""
    nodes, concepts = traced.graph.nodes, np.array(traced.concepts, dtype=object)
    named = (nodes.kind == FEATURE) & (concepts != "")
    frame = pd.DataFrame(
        {
            "after block": nodes.block[named],
            "detects": concepts[named],
            "influence": nodes.influence[named].astype(np.float64),
        }
    )
    return frame.groupby(["after block", "detects"])["influence"].sum()


def _has_saes(chosen: Population, model_k: int) -> bool:
    try:
        return bool(traced_saes(chosen.folder, model_k))
    except CultureError:
        return False
