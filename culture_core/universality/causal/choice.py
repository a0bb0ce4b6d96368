"""Which features the causal check changes: those of matched groups, and controls of similar density."""

import numpy as np
from numpy.typing import NDArray

from culture_core.features.index.reader import FeatureIndex
from culture_core.universality.causal.effects import MATCHED, RANDOM, SETS, UNMATCHED, control_features
from culture_core.universality.causal.store import CausalSettings
from culture_core.universality.matching.reader import MatchReader
from culture_core.world.vocabulary import LAST_GRID

# the tokens after which a cell of the last grid is predicted
PREDICTING = slice(LAST_GRID.start - 1, LAST_GRID.stop - 1)


def choose_sets(
    matches: MatchReader,
    density: NDArray[np.floating],
    in_answer: NDArray[np.floating],
    settings: CausalSettings,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """(numbers of the matched groups (g,), features (3, g, m) in the order of SETS).

    density: (m, f); in_answer: (m, f), see `answer_shares`. Random controls are any features but the matched
    ones; unmatched controls have no mutual match in any GPT. A control that cannot be found is -1.
    """
    groups = matches.groups
    members = groups[[f"gpt_{k}" for k in matches.models]].to_numpy()
    eligible = (density <= settings.most_dense) & (in_answer >= settings.least_in_answer)
    whole = eligible[np.arange(len(matches.models)), members].all(1)
    order = groups.over_shuffled[whole].sort_values(ascending=False, kind="stable")
    number = order.index.to_numpy()[: settings.groups]
    matched = members[number]
    generator = np.random.default_rng(settings.seed)
    features = np.empty((len(SETS), *matched.shape), dtype=np.int32)
    features[SETS.index(MATCHED)] = matched
    for a in range(len(matches.models)):
        free = in_answer[a] >= settings.least_in_answer
        free[matched[:, a]] = False
        lonely = free & ~matches.mutual[a].any(0)
        for name, allowed in ((RANDOM, free), (UNMATCHED, lonely)):
            features[SETS.index(name), :, a] = control_features(density[a], allowed, matched[:, a], generator)
    return number, features


def answer_shares(index: FeatureIndex) -> NDArray[np.float64]:
    """(f,) the share of each feature's firing that is where cells of the last grid are predicted; 0 for one
    that never fires."""
    fires = index.fires_by_position
    return fires[:, PREDICTING].sum(1) / np.maximum(fires.sum(1), 1)
