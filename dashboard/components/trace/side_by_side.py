"""The same answer in every GPT as rows of grids: the cells each reads, or where features stand."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from culture_core.circuits.nodes import FEATURE, TOKEN
from culture_core.figures.rows import GridRow, quiz_row
from culture_core.figures.style import ValueScale
from culture_core.universality.matching.reader import MatchReader
from dashboard.components.grid_board.board import grid_board
from dashboard.components.page import permalink
from dashboard.data.circuit.trace_groups import node_groups
from dashboard.data.circuit.traces import Trace

PART, READ = "part", "cells"
OFFERED = 30


def show_side_by_side(
    traces: Mapping[int, Trace], readers: Mapping[int, MatchReader], groups: pd.DataFrame
) -> None:
    """Draw the choice of what is shown, and a row of grids per GPT."""
    names = part_names(traces, groups)
    part = permalink.read_choice(PART, names, READ)
    st.selectbox(
        "Show",
        list(names),
        format_func=names.__getitem__,
        help="The cells whose tokens an answer comes from, the features after a block, or one matched group",
        **permalink.bound(PART, part, encode=lambda chosen: None if chosen == READ else chosen),
    )
    rows = part_rows(traces, readers, part)
    maximum = max(float(np.nanmax(row.values)) for row in rows if row.values is not None)
    grid_board(
        rows,
        key="trace.side_by_side",
        scale=ValueScale("influence", max(maximum, 1e-6)),
        per_line=4,
        row_width=560,
        max_cell=12,
        clickable=False,
    )


def part_names(traces: Mapping[int, Trace], groups: pd.DataFrame) -> dict[str, str]:
    """What can be shown, in words, by its name in the URL: READ, a block as in "2", a group as in "2.17"."""
    names = {READ: "The cells that each GPT reads"}
    for block in sorted(next(iter(traces.values())).hooks):
        names[str(block)] = f"All features after block {block}"
    for row in groups.head(OFFERED).to_dict("records"):
        detects = f": {row['detects']}" if row["detects"] else ""
        names[f"{row['after block']}.{row['group']}"] = (
            f"After block {row['after block']}, group {row['group']}{detects}"
        )
    return names


def part_rows(traces: Mapping[int, Trace], readers: Mapping[int, MatchReader], part: str) -> list[GridRow]:
    """A row per GPT with the influence of what is shown on the cells where it stands."""
    rows = []
    for k, traced in traces.items():
        chosen = _chosen(traced, k, readers, part)
        values, tokens = traced.graph.on_tokens(chosen), traced.graph.tokens
        share = float(traced.graph.nodes.influence[chosen].sum())
        rows.append(quiz_row(tokens, values=values, caption=f"GPT {k}", detail=f"influence {share:.2f}"))
    return rows


def _chosen(traced: Trace, model_k: int, readers: Mapping[int, MatchReader], part: str) -> np.ndarray:
    """(n,) the nodes that a part is made of."""
    nodes = traced.graph.nodes
    if part == READ:
        return nodes.kind == TOKEN
    block, _, group = part.partition(".")
    here = (nodes.kind == FEATURE) & (nodes.block == int(block))
    return here & (node_groups(traced, model_k, readers) == int(group)) if group else here
