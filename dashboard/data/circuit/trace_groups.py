"""The same answer traced in several GPTs: the matched features that their graphs share, and how alike they
are."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import sparse

from culture_core.circuits.nodes import FEATURE, TOKEN
from culture_core.circuits.sharing import CELLS, matched_shares, of_block, overlap, partners
from culture_core.universality.matching.groups import ABSENT
from culture_core.universality.matching.reader import NO_GROUP, MatchReader
from dashboard.data.circuit.traces import Trace
from dashboard.data.population.populations import Population
from dashboard.data.universal.universality import has_matches, matches


def matches_by_block(chosen: Population, traces: Mapping[int, Trace]) -> dict[int, MatchReader]:
    """The matches at the hook points of traces, where features are matched."""
    hooks = next(iter(traces.values())).hooks
    return {block: matches(chosen, hook) for block, hook in hooks.items() if has_matches(chosen, hook)}


def node_groups(traced: Trace, model_k: int, readers: Mapping[int, MatchReader]) -> np.ndarray:
    """(n,) the group of mutual best matches that each node's feature is in, after its block; -1 for none."""
    nodes, found = traced.graph.nodes, np.full(len(traced.graph.nodes), NO_GROUP)
    for block, reader in readers.items():
        here = (nodes.kind == FEATURE) & (nodes.block == block)
        found[here] = _group_of(reader, model_k)[nodes.feature[here]]
    return found


def group_table(traces: Mapping[int, Trace], readers: Mapping[int, MatchReader]) -> pd.DataFrame:
    """One row per matched group that at least two graphs go through: after block, group, what its features
    detect, and its influence in each GPT (GPT K); those with the largest mean first."""
    parts = [_influence(traced, k, readers) for k, traced in traces.items()]
    table = pd.concat(
        [part.influence.rename(f"GPT {k}") for k, part in zip(traces, parts, strict=True)], axis=1
    )
    table = table[table.notna().sum(axis=1) >= min(2, len(parts))].fillna(0.0)
    words = pd.concat([part.detects for part in parts])
    words = words[words != ""]
    named = words[~words.index.duplicated()].reindex(table.index).fillna("")
    table.insert(0, "detects", named)
    influence = table.drop(columns="detects").mean(axis=1)
    return table.loc[influence.sort_values(ascending=False, kind="stable").index].reset_index()


def alike(traces: Mapping[int, Trace], readers: Mapping[int, MatchReader]) -> dict[str, float]:
    """How alike the graphs are, mean over pairs of GPTs, by what is compared: the overlap of influence over
    cells, and over matched features after each block."""
    pairs = list(combinations(traces, 2))
    if not pairs:
        return {}
    tokens = {k: _of_tokens(traced) for k, traced in traces.items()}
    found = {CELLS: [_overlap(tokens[a], tokens[b], None) for a, b in pairs]}
    for block, reader in readers.items():
        features = {k: _of_features(traced, block, reader.n_features) for k, traced in traces.items()}
        found[of_block(block)] = [
            _overlap(features[a], features[b], partners(reader, a, b)) for a, b in pairs
        ]
    return {name: float(np.mean(values)) for name, values in found.items()}


def _influence(traced: Trace, model_k: int, readers: Mapping[int, MatchReader]) -> pd.DataFrame:
    groups, nodes = node_groups(traced, model_k, readers), traced.graph.nodes
    there = groups != NO_GROUP
    frame = pd.DataFrame(
        {
            "after block": nodes.block[there],
            "group": groups[there],
            "influence": nodes.influence[there].astype(np.float64),
            "detects": np.array(traced.words, dtype=object)[there],
        }
    )
    return frame.groupby(["after block", "group"]).agg({"influence": "sum", "detects": "first"})


def _group_of(reader: MatchReader, model_k: int) -> np.ndarray:
    """(f,) the group or smaller group of each feature of a GPT; -1 for none."""
    found = np.full(reader.n_features, NO_GROUP)
    for table in (reader.smaller_groups, reader.groups):
        members = table[f"gpt_{model_k}"].to_numpy()
        found[members[members != ABSENT]] = table.group.to_numpy()[members != ABSENT]
    return found


def _of_tokens(traced: Trace) -> sparse.csr_array:
    graph = traced.graph
    return sparse.csr_array(graph.on_tokens(graph.nodes.kind == TOKEN)[None])


def _of_features(traced: Trace, block: int, n_features: int) -> sparse.csr_array:
    nodes = traced.graph.nodes
    own = (nodes.kind == FEATURE) & (nodes.block == block)
    return sparse.csr_array(np.bincount(nodes.feature[own], nodes.influence[own], minlength=n_features)[None])


def _overlap(p: sparse.csr_array, q: sparse.csr_array, partner: np.ndarray | None) -> float:
    return float(overlap(*matched_shares(p, q, partner))[0])
