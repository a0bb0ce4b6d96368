"""Checking graphs by intervention: the strongest nodes of many graphs of one GPT, and random ones, ablated.

Each strongest feature is paired with a random feature after the same block that is not in the graph and has
nearly the same activation. Source: docs/reference/circuits.md, "Intervention check".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from culture_core.circuits.effects import frozen_effects, graph_effects, measured_effects
from culture_core.circuits.graph import Graph, Parts, TraceSettings, parts_of, pruned_graph
from culture_core.circuits.nodes import FEATURE, NodeLayer
from culture_core.errors import NothingToMeasure
from culture_core.features.attribution import Margin
from culture_core.models.mygpt import MyGPT
from culture_core.saes.plain import PlainSAE
from culture_core.settings import setting
from culture_core.universality.causal.effects import draw_alike

ALIKE = 20


@dataclass(frozen=True)
class CheckSettings:
    """How many nodes of how many graphs are ablated."""

    quizzes: int = setting(
        25, "with --check: graphs to check, of the first answered quizzes", least=1, metavar="N"
    )
    nodes: int = setting(
        10,
        "with --check: strongest features to ablate in each, and as many random ones",
        least=1,
        metavar="N",
    )
    seed: int = setting(31, "with --check: seed of the random features")


@dataclass(frozen=True)
class Interventions:
    """m ablations of features in one GPT.

    quiz, block, token, feature: (m,) which; activation: (m,). predicted: (m,) the drop of the margin along
    the kept edges of the graph, NaN for random features, which are in no graph. frozen: (m,) the drop in the
    frozen GPT. measured: (m,) the drop in the true one. random: (m,) bool.
    """

    quiz: NDArray[np.int64]
    block: NDArray[np.int64]
    token: NDArray[np.int64]
    feature: NDArray[np.int64]
    activation: NDArray[np.float32]
    predicted: NDArray[np.float32]
    frozen: NDArray[np.float32]
    measured: NDArray[np.float32]
    random: NDArray[np.bool_]


@dataclass(frozen=True)
class Agreement:
    """How well predictions fit what was measured, over n ablations.

    r: Pearson's; slope: of the measured on the predicted, through least squares; explained: the share of
    the measured variance that the predictions leave out nothing of, taken as they are; size: the mean
    absolute measured drop.
    """

    n: int
    r: float
    slope: float
    explained: float
    size: float


def agreement(predicted: NDArray[np.floating], measured: NDArray[np.floating]) -> Agreement:
    """Compare predictions (m,) with measurements (m,)."""
    x, y = predicted.astype(np.float64), measured.astype(np.float64)
    covariance = np.cov(x, y) if len(x) > 1 else np.zeros((2, 2))
    spread = np.sqrt(covariance[0, 0] * covariance[1, 1])
    residual = float(((y - x) ** 2).mean() / max(float(y.var()), 1e-12))
    return Agreement(
        len(x),
        float(covariance[0, 1] / max(spread, 1e-12)),
        float(covariance[0, 1] / max(covariance[0, 0], 1e-12)),
        1 - residual,
        float(np.abs(y).mean()),
    )


def check_graphs(
    model: MyGPT,
    saes: Mapping[str, PlainSAE],
    quizzes: Sequence[tuple[Tensor, Margin]],
    settings: CheckSettings,
    kept: TraceSettings,
    *,
    progress: str | None = None,
) -> Interventions:
    """Trace margins on quizzes (404,), and ablate the strongest features of each graph and random ones.

    Errors: NothingToMeasure when no graph has a feature.
    """
    random = np.random.default_rng(settings.seed)
    parts_of_all = []
    for number, (tokens, margin) in enumerate(
        tqdm(quizzes, progress, unit="graph", disable=progress is None)
    ):
        parts = parts_of(model, saes, tokens, margin)
        graph = pruned_graph(parts, tokens, margin, kept)
        parts_of_all += _of_one_graph(model, parts, graph, number, settings.nodes, random)
    if not parts_of_all:
        raise NothingToMeasure(
            f"none of the {len(quizzes)} graphs has a feature to ablate; check more with --quizzes, or keep "
            "more of each with a higher --node-share"
        )
    names = [field.name for field in fields(Interventions)]
    return Interventions(
        **{name: np.concatenate([getattr(part, name) for part in parts_of_all]) for name in names}
    )


def _of_one_graph(
    model: MyGPT, parts: Parts, graph: Graph, quiz: int, n: int, random: np.random.Generator
) -> list[Interventions]:
    """Layer by layer, the strongest features of a graph and then as many random ones."""
    effects, frozen, nodes = graph_effects(graph), frozen_effects(parts), graph.nodes
    features = np.flatnonzero(nodes.kind == FEATURE)
    strongest = features[np.argsort(-nodes.influence[features], kind="stable")[:n]]
    found = []
    for number, layer in enumerate(parts.layers):
        own = strongest[nodes.block[strongest] == layer.block]
        if len(own) == 0:
            continue
        chosen = _places(layer, graph, own)
        taken = _places(layer, graph, features[nodes.block[features] == layer.block])
        alike = _alike(layer.activation[: layer.n_features].numpy(), chosen, taken, random)
        both = torch.from_numpy(np.concatenate([chosen, alike]))
        found.append(
            Interventions(
                np.full(len(both), quiz),
                np.full(len(both), layer.block),
                layer.token[both].numpy(),
                layer.feature[both].numpy(),
                layer.activation[both].numpy(),
                np.concatenate([effects[own], np.full(len(alike), np.nan)]).astype(np.float32),
                frozen[number][both].numpy(),
                measured_effects(model, parts, number, both).numpy(),
                np.arange(len(both)) >= len(chosen),
            )
        )
    return found


def _places(layer: NodeLayer, graph: Graph, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers in their layer of features of a graph: features of a layer come token by token."""
    firing = slice(0, layer.n_features)
    width = int(layer.feature.max()) + 1
    keys = (layer.token[firing] * width + layer.feature[firing]).numpy()
    return np.searchsorted(keys, graph.nodes.token[numbers] * width + graph.nodes.feature[numbers])


def _alike(
    activation: NDArray[np.float32],
    chosen: NDArray[np.int64],
    taken: NDArray[np.int64],
    random: np.random.Generator,
) -> NDArray[np.int64]:
    """For each chosen node a random one of the ALIKE free ones nearest in activation, none twice."""
    free = np.ones(len(activation), bool)
    free[taken] = False
    found = draw_alike(activation, free, chosen, ALIKE, random)
    return found[found >= 0].astype(np.int64)
