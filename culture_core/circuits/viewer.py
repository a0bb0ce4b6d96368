"""A traced answer in the JSON form that circuit-tracer writes and Neuronpedia shows.

Source: graph-schema.json of github.com/hijohnnylin/neuronpedia (apps/webapp/app/api/graph), and what
github.com/safety-research/circuit-tracer writes (frontend/graph_models.py): ids, the pairing of layer and
feature, influence as a running share. A position's embedding is a node of layer E, as a token's is.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core.artifacts import PopulationFolder
from culture_core.circuits.graph import TARGET, Graph, TraceSettings
from culture_core.circuits.groups import group_nodes
from culture_core.circuits.nodes import ERROR, FEATURE, POSITION
from culture_core.circuits.stage import TracedAnswer
from culture_core.circuits.words import detected, labels
from culture_core.models.tokenizer import TOKEN_NAMES
from culture_core.world.vocabulary import COLOUR_NAMES, N_TOKENS

GENERATOR = "culture trace"
SCHEMA_VERSION = 1


def viewer_record(
    population: PopulationFolder, traced: TracedAnswer, kept: TraceSettings, n_blocks: int
) -> dict[str, Any]:
    """The graph of an answer as metadata, qParams, nodes and links.

    kept: the settings it was pruned with. n_blocks: of the GPT.
    """
    graph = traced.graph
    words = detected(population, traced.model_k, graph)
    names = labels(graph, words)
    nodes = _nodes(graph, names)
    ids = [node["node_id"] for node in nodes]
    target = _target(graph, n_blocks)
    return {
        "metadata": _metadata(traced, kept),
        "qParams": {
            "pinnedIds": [target["node_id"]],
            "supernodes": _supernodes(ids, names, group_nodes(graph, words)),
            "linkType": "both",
            "clickedId": target["node_id"],
            "sg_pos": "",
        },
        "nodes": [*nodes, target],
        "links": _links(graph, [*ids, target["node_id"]]),
    }


def is_viewer_record(value: Any) -> bool:
    """Whether a JSON value is one that `viewer_record` made."""
    try:
        return value["metadata"]["info"]["generator"]["name"] == GENERATOR
    except (TypeError, KeyError):
        return False


def running_share(influence: NDArray[np.float32]) -> NDArray[np.float64]:
    """For every node (n,) the share of all nodes' influence that it and the stronger ones have together."""
    order = np.argsort(-influence, kind="stable")
    shares = np.empty(len(influence))
    shares[order] = np.cumsum(influence[order], dtype=np.float64) / max(float(influence.sum()), 1e-12)
    return shares


def pair(layer: int, feature: int) -> int:
    """Cantor's number of a layer and a feature."""
    return (layer + feature) * (layer + feature + 1) // 2 + feature


def _metadata(traced: TracedAnswer, kept: TraceSettings) -> dict[str, Any]:
    read = [0, *traced.graph.tokens[: traced.graph.margin.position].tolist()]
    prompt = [TOKEN_NAMES[token] for token in read]
    row = "-".join((traced.population, f"gpt-{traced.model_k}", traced.quiz[:12], str(len(prompt))))
    return {
        "slug": row.lower(),
        "scan": f"{traced.population}/gpt_{traced.model_k}",
        "transcoder_list": list(traced.saes),
        "prompt_tokens": prompt,
        "prompt": " ".join(prompt),
        "node_threshold": kept.node_share,
        "schema_version": SCHEMA_VERSION,
        "info": {"generator": {"name": GENERATOR}},
        "pruning_settings": {"node_threshold": kept.node_share, "edge_threshold": kept.edge_share},
    }


def _nodes(graph: Graph, names: list[str]) -> list[dict[str, Any]]:
    nodes, shares = graph.nodes, running_share(graph.nodes.influence)
    read = [0, *graph.tokens.tolist()]
    records = []
    for number, name in enumerate(names):
        kind, token = int(nodes.kind[number]), int(nodes.token[number])
        block, feature = int(nodes.block[number]), int(nodes.feature[number])
        layer, inner, of_type = str(block), feature, "cross layer transcoder"
        if kind == ERROR:
            of_type = "mlp reconstruction error"
        elif kind != FEATURE:
            layer, of_type = "E", "embedding"
            inner = N_TOKENS if kind == POSITION else read[token]
        records.append(
            {
                "node_id": f"{layer}_{inner}_{token}",
                "feature": pair(block, feature) if kind == FEATURE else -1 if kind == ERROR else token,
                "layer": layer,
                "ctx_idx": token,
                "feature_type": of_type,
                "token_prob": 0.0,
                "is_target_logit": False,
                "run_idx": 0,
                "reverse_ctx_idx": 0,
                "jsNodeId": f"{layer}_{inner}-{0 if kind == FEATURE else token}",
                "clerp": name,
                "influence": float(shares[number]),
                "activation": float(nodes.activation[number]) if kind == FEATURE else None,
            }
        )
    return records


def _target(graph: Graph, n_blocks: int) -> dict[str, Any]:
    margin = graph.margin
    layer = str(n_blocks + 1)
    return {
        "node_id": f"{layer}_{margin.token}_{margin.position}",
        "feature": margin.token,
        "layer": layer,
        "ctx_idx": margin.position,
        "feature_type": "logit",
        "token_prob": 1 / (1 + float(np.exp(-graph.value))),
        "is_target_logit": True,
        "run_idx": 0,
        "reverse_ctx_idx": 0,
        "jsNodeId": f"L_{margin.token}-{margin.position}",
        "clerp": f"{COLOUR_NAMES[margin.token]} minus {COLOUR_NAMES[margin.against]}: {graph.value:+.2f}",
        "influence": None,
        "activation": None,
    }


def _supernodes(ids: list[str], names: list[str], groups: NDArray[np.int64]) -> list[list[str]]:
    """The groups of several nodes: a name, then their ids."""
    members = [np.flatnonzero(groups == group).tolist() for group in range(int(groups.max(initial=-1)) + 1)]
    return [[names[group[0]], *(ids[node] for node in group)] for group in members if len(group) > 1]


def _links(graph: Graph, ids: list[str]) -> list[dict[str, Any]]:
    """One link for every pair of nodes, all paths together; ids: of the nodes, the target's last."""
    edges = graph.edges
    target = np.where(edges.target == TARGET, len(ids) - 1, edges.target)
    pairs, place = np.unique(np.stack([edges.source, target]), axis=1, return_inverse=True)
    weight = np.bincount(place.ravel(), edges.weight)
    return [
        {"source": ids[source], "target": ids[reader], "weight": float(value)}
        for source, reader, value in zip(*pairs.tolist(), weight, strict=True)
    ]
