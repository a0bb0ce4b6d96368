"""Answers traced back to the cells they come from: graphs computed once, with their nodes in words."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from culture_core.circuits.chains import Chain, passing_influence, strongest_chains
from culture_core.circuits.graph import Graph, trace
from culture_core.circuits.groups import group_nodes
from culture_core.circuits.nodes import FEATURE
from culture_core.circuits.stage import TracedAnswer, plain, right_margin, traced_saes
from culture_core.circuits.words import aspect, concept_grades, labels
from culture_core.saes.hooks import block_of_residual
from culture_core.saes.plain import PlainSAE
from culture_core.world.codes import encode_quiz
from dashboard.data.cached import shared
from dashboard.data.feature.firing_features import describer
from dashboard.data.population import gpts, indexes
from dashboard.data.population.populations import Population
from dashboard.data.quiz.answers import batch_of_one
from dashboard.data.workers import in_turn

N_CHAINS = 5


@dataclass(frozen=True)
class Trace:
    """The graph of one answer with its n nodes and e edges in words.

    hooks: by block, where its SAEs are. names, concepts: (n,) of the nodes, "" where no concept fits.
    words: (n,) what their features detect, as elsewhere in the dashboard. aspects: (n,) what that is about.
    groups: (n,) the supernode of each node. strength: (e,) influence that passes along each edge.
    """

    answer: TracedAnswer
    hooks: dict[int, str]
    names: list[str]
    concepts: list[str]
    words: list[str]
    aspects: list[str]
    groups: np.ndarray
    strength: np.ndarray
    chains: list[Chain]

    @property
    def graph(self) -> Graph:
        return self.answer.graph


def traced_answer(
    chosen: Population, model_k: int, tokens: np.ndarray, position: int, against: int | None = None
) -> Trace:
    """Trace the right colour at a position of a quiz (404,) over another one, by default the strongest.

    Errors: CultureError for a GPT without SAEs, and when the other colour is the right one.
    """
    return _traced(chosen, model_k, tokens.tobytes(), position, against)


def residual_saes(chosen: Population, model_k: int) -> dict[str, PlainSAE]:
    """The SAEs of a GPT on the residual stream after blocks, by hook point.

    Errors: CultureError that says what to run when there is none.
    """
    hooks = traced_saes(chosen.folder, model_k)
    return {hook: plain(gpts.sae(chosen, hook, model_k), f"the SAE at {hook}") for hook in hooks}


def sae_versions(chosen: Population, model_k: int) -> tuple[object, ...]:
    """What tells the SAEs of a GPT, and what is known of their features, from later ones."""
    return tuple(
        (hook, gpts.sae_written(chosen, hook, model_k), indexes.grades_written(chosen, hook, model_k))
        for hook in chosen.hooks
    )


def _made_from(
    chosen: Population,
    model_k: int,
    tokens: bytes,  # noqa: ARG001 - as the function it serves
    position: int,  # noqa: ARG001
    against: int | None,  # noqa: ARG001
) -> tuple[object, ...]:
    return gpts.versions(chosen), sae_versions(chosen, model_k)


@shared(_made_from, at_most=40, spinner="Tracing the answer back, block by block")
def _traced(chosen: Population, model_k: int, tokens: bytes, position: int, against: int | None) -> Trace:
    model, saes, quiz = gpts.model(chosen, model_k), residual_saes(chosen, model_k), batch_of_one(tokens)[0]
    margin = right_margin(model, quiz, position, against)
    started = time.perf_counter()
    graph = in_turn(lambda: trace(model, saes, quiz, margin))
    seconds = time.perf_counter() - started
    hashes = traced_saes(chosen.folder, model_k)
    grades = concept_grades(chosen.folder, model_k, graph)
    concepts = ["" if grade is None else grade.words for grade in grades]
    groups = group_nodes(graph, concepts)
    hooks = {block: hook for hook in saes if (block := block_of_residual(hook)) is not None}
    return Trace(
        TracedAnswer(chosen.name, model_k, encode_quiz(quiz), hashes, graph, seconds),
        hooks,
        labels(graph, concepts),
        concepts,
        _words(chosen, model_k, graph, hooks),
        [aspect(grade) for grade in grades],
        groups,
        passing_influence(graph),
        strongest_chains(graph, groups, N_CHAINS),
    )


def _words(chosen: Population, model_k: int, graph: Graph, hooks: Mapping[int, str]) -> list[str]:
    """What every node's feature detects; "" where nothing is known."""
    describe = {
        block: describer(chosen, hook, model_k)
        for block, hook in hooks.items()
        if indexes.has_index(chosen, hook, model_k)
    }
    nodes = zip(
        graph.nodes.kind.tolist(), graph.nodes.block.tolist(), graph.nodes.feature.tolist(), strict=True
    )
    return [
        describe[block](feature)[0] if kind == FEATURE and block in describe else ""
        for kind, block, feature in nodes
    ]
