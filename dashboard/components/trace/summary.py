"""A traced answer in a few sentences: what is explained, and where it comes from."""

import numpy as np

from culture_core.figures.rows import position_name, quiz_row
from culture_core.world.vocabulary import COLOUR_NAMES
from dashboard.data.circuit.trace_origins import origin_shares
from dashboard.data.circuit.traces import Trace

LEAST_TOLD = 0.02


def margin_words(traced: Trace) -> str:
    """The two colours, as in "red over blue"."""
    margin = traced.graph.margin
    return f"{COLOUR_NAMES[margin.token]} over {COLOUR_NAMES[margin.against]}"


def target_sentence(traced: Trace, model_k: int) -> str:
    """What is explained, as Markdown."""
    graph, margin = traced.graph, traced.graph.margin
    where = position_name(margin.position, quiz_row(graph.tokens).labels)
    right, other = COLOUR_NAMES[margin.token], COLOUR_NAMES[margin.against]
    side = "above" if graph.value >= 0 else "below"
    return (
        f"At **{where}**, GPT {model_k} puts the logit of the right colour, **{right}**, "
        f"**{abs(graph.value):.2f}** {side} that of {other}."
    )


def origin_sentence(traced: Trace) -> str:
    """Where the answer comes from, as Markdown."""
    told = [f"{name} {share:.0%}" for name, share in origin_shares(traced).items() if share >= LEAST_TOLD]
    return f"It comes from {', '.join(told)}."


def scores_sentence(traced: Trace) -> str:
    """How much the graph holds, and what it leaves out."""
    graph, scores = traced.graph, traced.graph.scores
    features = int(np.sum(graph.nodes.feature >= 0))
    return (
        f"{len(graph.nodes):,} nodes ({features:,} features) and {len(graph.edges):,} edges. Replacement "
        f"{scores.replacement:.2f}, completeness {scores.completeness:.2f}; pruning cut {scores.lost:.0%} of "
        "the influence."
    )
