"""A supernode of a trace taken away or amplified: what the graph predicts, and what the GPT then answers."""

import re
from dataclasses import dataclass

import numpy as np

from culture_core.circuits.graph import parts_of
from culture_core.circuits.supernodes import SupernodeChange, change_supernode
from culture_core.errors import CultureError
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
    graph, members = traced.graph, np.flatnonzero(traced.groups == group)
    model, quiz = gpts.model(chosen, model_k), batch_of_one(tokens.tobytes())[0]

    def change() -> SupernodeChange:
        parts = parts_of(model, residual_saes(chosen, model_k), quiz, graph.margin)
        return change_supernode(model, parts, graph, members, factor)

    found = in_turn(change)
    name = traced.names[members[graph.nodes.influence[members].argmax()]]
    return Changed(
        name if len(members) == 1 else f"{name} ({len(members)} nodes)",
        factor,
        found.predicted,
        found.measured,
        found.answer,
        found.probability,
    )
