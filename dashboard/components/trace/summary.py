"""A traced answer in a few sentences: what is explained, and where it comes from."""

import numpy as np

from culture_core.circuits.nodes import ERROR, POSITION, TOKEN
from culture_core.figures.rows import position_name, quiz_row
from culture_core.world.vocabulary import BLOCK_LENGTH, COLOUR_NAMES
from dashboard.data.traces import Trace

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


def origin_shares(traced: Trace) -> dict[str, float]:
    """Where the influence of the kept graph comes from, largest first: the grids' tokens, positions, and what
    the SAEs miss."""
    nodes = traced.graph.nodes
    labels = [f"cells of {label}" for label in quiz_row(traced.graph.tokens).labels]
    labels[-1] += " written so far"
    block, offset = np.divmod(nodes.token - 1, BLOCK_LENGTH)
    cell = (nodes.kind == TOKEN) & (nodes.token > 0) & (offset > 0)
    sources = {label: cell & (block == number) for number, label in enumerate(labels)}
    sources["positions and markers"] = (nodes.kind == POSITION) | ((nodes.kind == TOKEN) & ~cell)
    sources["what the SAEs miss"] = nodes.kind == ERROR
    found = {name: float(nodes.influence[chosen].sum()) for name, chosen in sources.items()}
    total = max(sum(found.values()), 1e-12)
    return {name: found[name] / total for name in sorted(found, key=found.__getitem__, reverse=True)}


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
