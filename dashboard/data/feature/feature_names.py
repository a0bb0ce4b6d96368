"""Features as links name them: GPT and number, checked against what is there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from culture_core.errors import CultureError
from dashboard.data.words.foreign_text import quoted

MOST_FEATURES = 10
MOST_PARTS = 100


@dataclass(frozen=True, order=True)
class FeatureName:
    """A feature of a GPT; written 0.12: GPT, feature."""

    model_k: int
    feature: int

    def __str__(self) -> str:
        return f"{self.model_k}.{self.feature}"


def read_features(text: str, n_features: Mapping[int, int]) -> tuple[list[FeatureName], CultureError | None]:
    """The features in a list such as "0.12,3.7", each once, in the order of the list; and what is wrong with
    the first that is left out, because there is no such GPT or feature, or they are too many.

    n_features: by GPT, how many features its SAE has.
    """
    names: dict[FeatureName, None] = {}
    problem = None
    for part in text.split(",")[:MOST_PARTS]:
        try:
            if part.strip():
                names[_read_feature(part, n_features)] = None
        except CultureError as error:
            problem = problem or error
    if len(names) > MOST_FEATURES:
        problem = problem or CultureError(
            f"more than {MOST_FEATURES} features at a time: the others are left out"
        )
    return list(names)[:MOST_FEATURES], problem


def _read_feature(text: str, n_features: Mapping[int, int]) -> FeatureName:
    found = re.fullmatch(r"\s*([0-9]{1,3})\.([0-9]{1,7})\s*", text, re.ASCII)
    if found is None:
        raise CultureError(f"{quoted(text)} is not a feature: write GPT and feature, as in 0.12")
    model_k, feature = int(found[1]), int(found[2])
    if model_k not in n_features:
        raise CultureError(f"there is no GPT {model_k}; there are: {', '.join(map(str, n_features))}")
    if feature >= n_features[model_k]:
        raise CultureError(
            f"GPT {model_k} has no feature {feature}: they run from 0 to {n_features[model_k] - 1}"
        )
    return FeatureName(model_k, feature)


def write_features(names: Sequence[FeatureName]) -> str | None:
    """The list that `read_features` reads; None for an empty one."""
    return ",".join(map(str, names)) or None
