"""A traced answer as JSON: every node and edge with its names, for other programs."""

from dataclasses import asdict
from typing import Any

from culture_core.artifacts import PopulationFolder
from culture_core.circuits.graph import TARGET
from culture_core.circuits.nodes import KINDS
from culture_core.circuits.stage import TracedAnswer
from culture_core.circuits.words import detected, places
from culture_core.world.vocabulary import COLOUR_NAMES, GRID_SIDE, LAST_GRID


def answer_record(population: PopulationFolder, traced: TracedAnswer) -> dict[str, Any]:
    """Everything of a traced answer, by name: a list of nodes, and of edges a list per column.

    Source and target of an edge are places in the list of nodes; the target is None where it is the margin.
    """
    graph, margin = traced.graph, traced.graph.margin
    return {
        "population": traced.population,
        "gpt": traced.model_k,
        "quiz": {"asked": traced.quiz, "tokens": graph.tokens.tolist()},
        "cell": dict(
            zip(("row", "column"), divmod(margin.position - LAST_GRID.start, GRID_SIDE), strict=True)
        ),
        "margin": {
            "position": margin.position,
            "colour": COLOUR_NAMES[margin.token],
            "against": COLOUR_NAMES[margin.against],
            "value": graph.value,
            "bias": graph.bias,
        },
        "saes": traced.saes,
        "scores": asdict(graph.scores),
        "seconds": round(traced.seconds, 3),
        "nodes": _nodes(population, traced),
        "edges": _edges(traced),
    }


def _nodes(population: PopulationFolder, traced: TracedAnswer) -> list[dict[str, Any]]:
    nodes = traced.graph.nodes
    words = detected(population, traced.model_k, traced.graph)
    return [
        {
            "kind": KINDS[nodes.kind[number]],
            "block": int(nodes.block[number]),
            "feature": int(nodes.feature[number]),
            "detects": words[number],
            **asdict(place),
            "activation": float(nodes.activation[number]),
            "influence": float(nodes.influence[number]),
            "bias": float(nodes.bias[number]),
        }
        for number, place in enumerate(places(traced.graph))
    ]


def _edges(traced: TracedAnswer) -> dict[str, list[Any]]:
    """A list per column, which pandas.DataFrame takes: there are tens of thousands of edges."""
    edges, paths = traced.graph.edges, traced.graph.paths
    return {
        "source": edges.source.tolist(),
        "target": [None if target == TARGET else target for target in edges.target.tolist()],
        "path": [paths[path] for path in edges.path.tolist()],
        "weight": [float(f"{weight:.6g}") for weight in edges.weight.tolist()],
    }
