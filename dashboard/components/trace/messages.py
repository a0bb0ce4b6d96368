"""What Python and a trace tell each other; the same shapes stand in messages.js."""

from collections.abc import Mapping
from typing import TypedDict

import numpy as np

from culture_core.circuits.graph import TARGET
from culture_core.circuits.nodes import EMBEDDINGS, KINDS
from culture_core.circuits.words import IN_FRONT
from culture_core.figures.rows import position_name, quiz_row
from culture_core.figures.style import GridStyle
from culture_core.world.vocabulary import BLOCK_LENGTH
from dashboard.components.grid_board.messages import TOKEN_LETTERS
from dashboard.components.web.messages import GridStyleMessage, style_message
from dashboard.data.circuit.trace_changes import FACTORS
from dashboard.data.circuit.traces import Trace

MOST_EDGES = 12_000
STAYS, MLP, SEVERAL = "#8a8a99", "#d97706", "#8b5cf6"
HEADS = ("#2563eb", "#0d9488", "#db2777", "#65a30d", "#7c3aed", "#0891b2", "#be123c", "#4d7c0f")
HEADS_THEN_MLP = ("#93b4f5", "#6fc7be", "#ee9cc4", "#b3d17c", "#c3a8f5", "#7fcbdc", "#e58b9f", "#a9c187")


class TraceColumnMessage(TypedDict):
    """A column of grids: the tokens, or what there is after a block."""

    title: str
    block: int


class TraceNodeMessage(TypedDict):
    """A node.

    position: in the quiz, -1 for the 0 in front. concept: that its feature detects, behind the reader's own
    name for it, "" for neither; words: the same as it is told elsewhere, or the task in which it fires most.
    """

    column: int
    position: int
    place: str
    group: int
    kind: str
    feature: int
    name: str
    concept: str
    words: str
    aspect: str
    influence: float
    activation: float


class PathMessage(TypedDict):
    """A way that an edge takes: its name, what it does with what it carries, its colour."""

    name: str
    verb: str
    colour: str


class TargetMessage(TypedDict):
    """What is explained."""

    position: int
    token: int
    words: str
    value: float


class ChainMessage(TypedDict):
    """Steps from tokens to the answer: source, target (-1 for the answer), both supernodes, path, weight."""

    steps: list[list[float]]
    influence: float


class TraceMessage(TypedDict):
    """A whole graph. edges: source, target (-1 for the answer), path, weight, influence that passes along."""

    cells: str
    labels: list[str]
    columns: list[TraceColumnMessage]
    nodes: list[TraceNodeMessage]
    edges: list[list[float]]
    paths: list[PathMessage]
    chains: list[ChainMessage]
    target: TargetMessage
    address: dict[str, str]
    hooks: dict[str, str]
    style: GridStyleMessage


def trace_message(
    traced: Trace,
    style: GridStyle,
    address: dict[str, str],
    words: str,
    names: Mapping[tuple[int, int], str] | None = None,
) -> TraceMessage:
    """A traced answer as a message.

    address: query parameters of the GPT's Feature page, without hook point and feature. words: the answer, as
    in "red over blue". names: the reader's own, by block and feature.
    """
    graph = traced.graph
    row = quiz_row(graph.tokens)
    blocks = [EMBEDDINGS, *sorted(traced.hooks)]
    strongest = np.argsort(-traced.strength, kind="stable")[:MOST_EDGES]
    return {
        "cells": "".join(TOKEN_LETTERS[token] for token in graph.tokens),
        "labels": list(row.labels),
        "columns": [{"title": _title(block), "block": block} for block in blocks],
        "nodes": [
            _node(traced, node, blocks, list(row.labels), names or {}) for node in range(len(graph.nodes))
        ],
        "edges": [_edge(traced, edge) for edge in strongest.tolist()],
        "paths": [path_message(name) for name in graph.paths],
        "chains": [
            {
                "steps": [[step.source, step.target, step.path, step.weight] for step in chain.steps],
                "influence": chain.influence,
            }
            for chain in traced.chains
        ],
        "target": {
            "position": graph.margin.position,
            "token": graph.margin.token,
            "words": words,
            "value": graph.value,
        },
        "address": address,
        "hooks": {str(block): hook for block, hook in traced.hooks.items()},
        "style": style_message(style),
    }


def path_message(name: str) -> PathMessage:
    """A path of `path_names` with its verb and its colour."""
    head, _, through_mlp = name.partition(", ")
    if head.startswith("head "):
        colours = HEADS_THEN_MLP if through_mlp else HEADS
        colour = colours[int(head.removeprefix("head ")) % len(colours)]
        return {"name": name, "verb": "copies and turns" if through_mlp else "copies", "colour": colour}
    known = {"stays": ("keeps", STAYS), "MLP": ("turns", MLP)}
    verb, colour = known.get(name, ("passes on", SEVERAL))
    return {"name": name, "verb": verb, "colour": colour}


def read_position(value: object) -> int | None:
    """The position in the last grid that the browser reports as clicked; None for anything else."""
    last = range(3 * BLOCK_LENGTH + 1, 4 * BLOCK_LENGTH)
    return value if isinstance(value, int) and not isinstance(value, bool) and value in last else None


def read_asked_change(value: object, n_groups: int) -> str | None:
    """The change that the browser asks for, as in "12x0"; None for anything else."""
    if not isinstance(value, dict):
        return None
    group, factor = value.get("group"), value.get("factor")
    known = isinstance(group, int) and 0 <= group < n_groups and factor in FACTORS
    return f"{group}x{factor}" if known else None


def _title(block: int) -> str:
    return "tokens" if block == EMBEDDINGS else f"after block {block}"


def _node(
    traced: Trace, node: int, blocks: list[int], labels: list[str], names: Mapping[tuple[int, int], str]
) -> TraceNodeMessage:
    nodes = traced.graph.nodes
    own = names.get((int(nodes.block[node]), int(nodes.feature[node])))
    position = int(nodes.token[node]) - 1
    return {
        "column": blocks.index(int(nodes.block[node])),
        "position": position,
        "place": "in front" if position == IN_FRONT else position_name(position, labels),
        "group": int(traced.groups[node]),
        "kind": KINDS[nodes.kind[node]],
        "feature": int(nodes.feature[node]),
        "name": traced.names[node],
        "concept": f"“{own}” {traced.concepts[node]}".rstrip() if own else traced.concepts[node],
        "words": traced.words[node],
        "aspect": traced.aspects[node],
        "influence": float(nodes.influence[node]),
        "activation": float(nodes.activation[node]),
    }


def _edge(traced: Trace, edge: int) -> list[float]:
    edges = traced.graph.edges
    target = int(edges.target[edge])
    return [
        int(edges.source[edge]),
        -1 if target == TARGET else target,
        int(edges.path[edge]),
        round(float(edges.weight[edge]), 4),
        round(float(traced.strength[edge]), 6),
    ]
