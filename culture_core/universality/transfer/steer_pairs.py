"""Steering transfer over all pairs of GPTs of a population: some features of each in every other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from culture_core.artifacts import PopulationFolder
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.features.index.reader import open_index
from culture_core.features.interventions import directions
from culture_core.models.mygpt import MyGPT
from culture_core.saes.protocols import Encoder
from culture_core.universality.causal.choice import answer_shares
from culture_core.universality.causal.store import CausalSettings
from culture_core.universality.transfer.maps import AFFINE, ORTHOGONAL, StateMap
from culture_core.universality.transfer.steering import (
    MEASURES,
    RANDOM,
    WAYS,
    Agreement,
    Steerable,
    cell_change,
    chosen_features,
    mapped_direction,
    random_direction,
    read_for_steering,
)
from culture_core.universality.transfer.store import TransferSettings

# of so many times as many features those are steered with that change most
CANDIDATES = 4


def steer_pairs(
    population: PopulationFolder,
    hook: str,
    models: Mapping[int, MyGPT],
    saes: Sequence[Encoder],
    maps: Mapping[tuple[str, int, int], StateMap],
    settings: TransferSettings,
    *,
    progress: bool = False,
) -> dict[str, NDArray[Any]]:
    """Steer with features of each GPT, and with the mapped directions in every other; maps: see `all_maps`.

    steered: (m, g) features of each GPT, -1 for none: a GPT may have fewer that one may steer with.
    steered_agreement: (ways, measures, m, m, g), entry [.., a, b, i] of feature i of a steered in b.
    steered_size: (m, g) the mean change of a cell in a itself.

    Errors: CultureError when an index is missing.
    """
    m, g = len(models), settings.steered
    tokens = evaluation_quizzes(settings.steered_quizzes, settings.seed + 2).tokens.to(saes[0].W_dec.device)
    readings = [read_for_steering(model, hook, tokens) for model in models.values()]
    generator = np.random.default_rng(settings.seed)
    arrays = {
        "steered": np.full((m, g), -1, dtype=np.int32),
        "steered_size": np.full((m, g), np.nan, dtype=np.float32),
        "steered_agreement": np.full((len(WAYS), len(MEASURES), m, m, g), np.nan, dtype=np.float32),
    }
    for a, k in enumerate(tqdm(models, "steering", unit="GPT", disable=not progress)):
        features, highest = _candidates(population, hook, k, CANDIDATES * g, generator)
        if len(features) == 0:
            continue
        added = scaled_directions(saes[a], features, settings.strength * highest)
        changes = [readings[a].changed_by(direction) for direction in added]
        sizes = torch.stack([cell_change(change).mean() for change in changes])
        for place, chosen in enumerate(sizes.argsort(descending=True)[:g].tolist()):
            arrays["steered"][a, place], arrays["steered_size"][a, place] = features[chosen], sizes[chosen]
            for b in range(m):
                if b != a:
                    there = {kind: maps[kind, b, a] for kind in (ORTHOGONAL, AFFINE)}
                    agreements = _in_other(readings[b], added[chosen], changes[chosen], there, generator)
                    arrays["steered_agreement"][:, :, a, b, place] = agreements
    return arrays


def scaled_directions(sae: Encoder, features: Tensor, amounts: Tensor) -> Tensor:
    """(n, d) what is added for features (n,) in these amounts (n,), where the SAE is."""
    found = directions(sae, features)
    return found * amounts.to(found.device)[:, None]


def _candidates(
    population: PopulationFolder, hook: str, model_k: int, n: int, generator: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Numbers (n,) of features that one may steer with, and how strongly each ever fires (n,)."""
    index, causal = open_index(population, hook, model_k), CausalSettings()
    table = index.table
    density, maximum = table.density.to_numpy(), table["max"].to_numpy()
    features = chosen_features(
        density, answer_shares(index), n, causal.most_dense, causal.least_in_answer, generator
    )
    return torch.from_numpy(features), torch.from_numpy(maximum[features]).float()


def _in_other(
    reading: Steerable,
    direction: Tensor,
    change: Tensor,
    there: Mapping[str, StateMap],
    generator: np.random.Generator,
) -> NDArray[np.float32]:
    """(ways, measures) agreement of the change in a with that in another GPT, by each way of mapping the
    direction. there: the maps to that GPT, by kind."""
    tried = {kind: mapped_direction(direction, one) for kind, one in there.items()}
    tried[RANDOM] = random_direction(float(direction.norm()), len(direction), generator).to(direction.device)
    agreements = [Agreement.of(change, reading.changed_by(tried[way])) for way in WAYS]
    return np.array([[one.cells, one.colours] for one in agreements], dtype=np.float32)
