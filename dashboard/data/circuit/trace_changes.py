"""A supernode of a trace taken away or amplified: what the graph predicts, and what the GPT then answers."""

import re
from dataclasses import dataclass

import numpy as np
import torch

from culture_core.circuits.effects import graph_effects, logits_with
from culture_core.circuits.graph import parts_of
from culture_core.circuits.nodes import EMBEDDINGS
from culture_core.errors import CultureError
from culture_core.world.vocabulary import N_COLOURS
from dashboard.data.circuit.traces import Trace, residual_saes
from dashboard.data.population import gpts
from dashboard.data.population.populations import Population
from dashboard.data.quiz.answers import batch_of_one
from dashboard.data.words.foreign_text import quoted
from dashboard.data.workers import in_turn

FACTORS = (0, 2, 4)


@dataclass(frozen=True)
class Changed:
    """A supernode multiplied by a factor. name: of its strongest node, and how many it has.

    predicted, measured: the margin by the graph's edges and in the GPT. answer, probability: the colour that
    the GPT then expects.
    """

    name: str
    factor: int
    predicted: float
    measured: float
    answer: int
    probability: float


def read_change(text: str, traced: Trace) -> tuple[int, int]:
    """A supernode and a factor, as in "12x0".

    Errors: CultureError for a supernode that is not there, or another factor.
    """
    found = re.fullmatch(r"([0-9]{1,5})x([0-9])", text, re.ASCII)
    if found is None or int(found[1]) > int(traced.groups.max()) or int(found[2]) not in FACTORS:
        raise CultureError(f"there is no change {quoted(text)}: write supernode and factor, as in 3x0")
    return int(found[1]), int(found[2])


def changed_answer(
    chosen: Population, model_k: int, tokens: np.ndarray, traced: Trace, group: int, factor: int
) -> Changed:
    """What a GPT answers to a traced quiz (404,) when a supernode is multiplied by a factor."""
    graph = traced.graph
    members = np.flatnonzero(traced.groups == group)
    drop = float(graph_effects(graph)[members].sum()) * (1 - factor)
    logits = in_turn(lambda: _logits(chosen, model_k, tokens, traced, members, factor))
    right, other = graph.margin.token, graph.margin.against
    answer = int(logits[:N_COLOURS].argmax())
    name = traced.names[members[graph.nodes.influence[members].argmax()]]
    return Changed(
        name if len(members) == 1 else f"{name} ({len(members)} nodes)",
        factor,
        graph.value - drop,
        float(logits[right] - logits[other]),
        answer,
        float(logits.softmax(0)[answer]),
    )


def _logits(
    chosen: Population, model_k: int, tokens: np.ndarray, traced: Trace, members: np.ndarray, factor: int
) -> torch.Tensor:
    graph, model = traced.graph, gpts.model(chosen, model_k)
    parts = parts_of(model, residual_saes(chosen, model_k), batch_of_one(tokens.tobytes())[0], graph.margin)
    block = int(graph.nodes.block[members[0]])
    number = [EMBEDDINGS, *sorted(traced.hooks)].index(block)
    layer = parts.layers[number]
    columns = ("kind", "token", "feature")
    wanted = np.stack([getattr(graph.nodes, name)[members] for name in columns])
    there = torch.stack([getattr(layer, name) for name in columns])
    same = (there[:, None, :] == torch.from_numpy(wanted)[:, :, None]).all(0)
    return logits_with(model, parts, number, same.any(0).nonzero()[:, 0], float(factor))
