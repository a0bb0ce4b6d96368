"""What the answers of one GPT come from, over many quizzes: the influence of each feature and token.

One margin per quiz is traced: at the first cell that the rule changes, the right colour over the one that
the cell has in the grid it goes with. So the question is the same in every GPT. Of the features after a
block, the strongest are kept.
Source: docs/reference/circuits.md, "The same answer in several GPTs".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor
from tqdm import tqdm

from culture_core.circuits.graph import parts_of
from culture_core.circuits.influence import influence
from culture_core.circuits.nodes import FEATURE, KINDS, TOKEN, NodeLayer
from culture_core.features.attribution import Margin
from culture_core.models.mygpt import MyGPT
from culture_core.saes.plain import PlainSAE
from culture_core.settings import setting
from culture_core.world.pairs import deciding_cell, partner_of_last_grid
from culture_core.world.quizzes import QuizBatch, generate_quizzes
from culture_core.world.vocabulary import LAST_GRID, N_COLOURS, QUIZ_LENGTH, WORLD_TASKS

KEPT = 0.95


@dataclass(frozen=True)
class ProfileSettings:
    """Which answers are traced."""

    per_task: int = setting(50, "with --profile: quizzes of each task", least=2, metavar="N")
    profile_seed: int = setting(43, "with --profile: seed of the quizzes", metavar="SEED")


@dataclass(frozen=True)
class Profiles:
    """n traced answers of one GPT.

    tasks: (n,) of the quizzes, in turn. margin: (n,) the value that is explained. kinds: (n, 4) influence of
    each of nodes.KINDS; that of features adds up over blocks. tokens: (n, 404) influence of the token at each
    position of the quiz. features: by block (n, f), influence of each SAE feature over all tokens at which it
    fires; of each quiz, the strongest up to KEPT of what passes through them.
    """

    tasks: list[str]
    margin: NDArray[np.float32]
    kinds: NDArray[np.float32]
    tokens: NDArray[np.float32]
    features: dict[int, sparse.csr_array]


def profile_quizzes(settings: ProfileSettings) -> QuizBatch:
    """The quizzes, the world's tasks in turn, without noise."""
    return generate_quizzes(WORLD_TASKS, settings.per_task, settings.profile_seed, structure="answerable")


def change_margin(tokens: Tensor) -> Margin:
    """At the first cell of the last grid that the rule changes, the right colour over that of the grid it
    goes with; at the first cell, over the next colour, where the rule changes nothing.

    tokens: (404,).
    """
    position = deciding_cell(tokens)
    if position is None:
        first = LAST_GRID.start
        return Margin(first, int(tokens[first]), (int(tokens[first]) + 1) % N_COLOURS)
    partner = partner_of_last_grid(tokens).start + position - LAST_GRID.start
    return Margin(position, int(tokens[position]), int(tokens[partner]))


@torch.no_grad()
def profile(
    model: MyGPT, saes: Mapping[str, PlainSAE], quizzes: QuizBatch, *, progress: str | None = None
) -> Profiles:
    """Trace one margin of every quiz back to features and tokens."""
    values, kinds, tokens = [], [], []
    features: dict[int, list[sparse.csr_array]] = {}
    for quiz in tqdm(quizzes.tokens, progress, unit="quiz", disable=progress is None):
        parts = parts_of(model, saes, quiz, change_margin(quiz))
        found = influence(parts.layers, parts.between, parts.target)
        values.append(parts.value)
        kinds.append([found.of_kind(parts.layers, kind) for kind in range(len(KINDS))])
        tokens.append(_of_tokens(parts.layers[0], found.by_layer[0]))
        for layer, weight in zip(parts.layers[1:], found.by_layer[1:], strict=True):
            features.setdefault(layer.block, []).append(_of_features(layer, weight))
    return Profiles(
        quizzes.task_names(),
        np.array(values, np.float32),
        np.array(kinds, np.float32),
        np.stack(tokens),
        {block: _stacked(rows) for block, rows in features.items()},
    )


def _of_tokens(layer: NodeLayer, weight: Tensor) -> NDArray[np.float32]:
    """(404,) influence of the tokens of a quiz; the 0 in front of it is left out."""
    own = (layer.kind == TOKEN) & (layer.token > 0)
    total = torch.zeros(QUIZ_LENGTH)
    total[layer.token[own] - 1] = weight[own]
    return total.numpy()


def _of_features(layer: NodeLayer, weight: Tensor) -> sparse.csr_array:
    """(1, f) influence of the strongest features of a layer, added up over tokens."""
    assert layer.sae is not None
    own = layer.kind == FEATURE
    total = torch.zeros(layer.sae.W_enc.shape[1])
    total.index_add_(0, layer.feature[own], weight[own])
    order = total.argsort(descending=True, stable=True)
    total[order[total[order].cumsum(0) - total[order] >= KEPT * total.sum()]] = 0.0
    return sparse.csr_array(total[None].numpy())


def _stacked(rows: Sequence[sparse.csr_array]) -> sparse.csr_array:
    return sparse.csr_array(sparse.vstack(list(rows), format="csr"))
