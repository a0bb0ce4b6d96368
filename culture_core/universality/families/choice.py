"""Which sets of features are changed in each GPT: matched groups, families by concept, and controls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from culture_core.universality.causal.effects import control_features
from culture_core.universality.families.store import FamilySettings
from culture_core.universality.matching.reader import MatchReader

if TYPE_CHECKING:
    import pandas as pd

GROUP, FAMILY = "group", "family"
# what joins the single concepts of a conjunction in its name
AND = " & "


@dataclass(frozen=True)
class FeatureSet:
    """Features that are changed together. kind: GROUP or FAMILY; name: the group's number, or the name of a
    single concept.

    features, controls: for each of the m GPTs, its features and as many others of like density.
    """

    kind: str
    name: str
    features: list[NDArray[np.int64]]
    controls: list[NDArray[np.int64]]


@dataclass(frozen=True)
class Described:
    """What is known of the features of one GPT, all (f,): influence, density, and the concept (or
    conjunction) that each detects best with its F1, "" and 0 for none."""

    influence: NDArray[np.float64]
    density: NDArray[np.float64]
    concept: NDArray[np.str_]
    f1: NDArray[np.float64]


def choose_feature_sets(
    matches: MatchReader, models: Sequence[Described], settings: FamilySettings
) -> list[FeatureSet]:
    """Groups, then families, those with the most influence first."""
    chosen = [
        *((GROUP, name, members) for name, members in _groups(matches, models, settings)),
        *((FAMILY, name, members) for name, members in _families(models, settings)),
    ]
    taken = [
        np.unique(np.concatenate([members[a] for *_, members in chosen] or [np.empty(0, np.int64)]))
        for a in range(len(models))
    ]
    generator = np.random.default_rng(settings.seed)
    return [
        FeatureSet(kind, name, members, _controls(models, members, taken, generator))
        for kind, name, members in chosen
    ]


Members = list[NDArray[np.int64]]


def _groups(
    matches: MatchReader, models: Sequence[Described], settings: FamilySettings
) -> list[tuple[str, Members]]:
    members = matches.groups[[f"gpt_{k}" for k in matches.models]].to_numpy().astype(np.int64)
    influence = np.stack([one.influence[members[:, a]] for a, one in enumerate(models)], axis=1)
    sparse = np.stack([one.density[members[:, a]] for a, one in enumerate(models)], axis=1).max(
        1, initial=0
    ) <= (settings.most_dense)
    order = np.argsort(-np.where(sparse, influence.mean(1), -1.0), kind="stable")
    number = matches.groups["group"].to_numpy()
    return [
        (str(number[g]), [members[g, a : a + 1] for a in range(len(models))])
        for g in order[: min(settings.groups, int(sparse.sum()))]
    ]


def _families(models: Sequence[Described], settings: FamilySettings) -> list[tuple[str, Members]]:
    detects = [_detects(one, settings) for one in models]
    shared = set.intersection(*(set(own.columns[own.any()]) for own in detects))
    families = {
        concept: [
            _strongest(np.flatnonzero(own[concept]), one.influence, settings.members)
            for one, own in zip(models, detects, strict=True)
        ]
        for concept in sorted(shared)
    }
    weight = {
        concept: np.mean([one.influence[own].sum() for one, own in zip(models, members, strict=True)])
        for concept, members in families.items()
    }
    order = sorted(families, key=lambda concept: -weight[concept])
    return [(concept, families[concept]) for concept in order[: settings.families]]


def _detects(one: Described, settings: FamilySettings) -> "pd.DataFrame":
    """(f, concepts) whether a single concept is, or is in, the one that a feature detects well enough."""
    import pandas as pd

    enough = (one.f1 >= settings.least_f1) & (one.density <= settings.most_dense)
    named = pd.Series(np.where(enough, one.concept, "")).str.get_dummies(AND).astype(bool)
    return named.drop(columns="", errors="ignore")


def _strongest(features: NDArray[np.int64], influence: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    return np.sort(features[np.argsort(-influence[features], kind="stable")[:n]])


def _controls(
    models: Sequence[Described],
    members: Members,
    taken: Members,
    generator: np.random.Generator,
) -> Members:
    """As many features of like density in each GPT, none of them in a set; fewer where there are no more."""
    controls = []
    for one, own, used in zip(models, members, taken, strict=True):
        free = np.ones(len(one.density), dtype=bool)
        free[used] = False
        found = control_features(one.density, free, own, generator)
        controls.append(found[found >= 0].astype(np.int64))
    return controls
