"""Reading which features of one GPT fire on the same tokens at adjacent hook points."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core.universality.layers.nearest import Nearest
from culture_core.universality.layers.packing import unpack


@dataclass(frozen=True)
class Neighbour:
    """A feature of the same GPT at an adjacent hook point.

    r: Pearson's over the same tokens. cosine: of the decoder directions; None where they are in different
    spaces.
    """

    hook: str
    feature: int
    r: float
    cosine: float | None


class LayerReader:
    """The features of one GPT through the layers, as `culture layers` wrote them.

    hooks: the hook points it covers, by depth; pairs: those of which one follows the other.
    """

    def __init__(self, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        self.manifest, self._arrays = manifest, arrays
        self.hooks: list[str] = list(manifest["hooks"])
        self.pairs: list[tuple[str, str]] = [(first, second) for first, second in manifest["pairs"]]

    def before(self, hook: str, feature: int) -> list[Neighbour]:
        """The nearest features at each hook point before that of a feature, best first."""
        return [
            neighbour
            for (first, second), nearest in self._before.items()
            if second == hook
            for neighbour in _neighbours(first, nearest, feature)
        ]

    def after(self, hook: str, feature: int) -> list[Neighbour]:
        """The nearest features at each hook point after that of a feature, best first."""
        return [
            neighbour
            for (first, second), nearest in self._after.items()
            if first == hook
            for neighbour in _neighbours(second, nearest, feature)
        ]

    def best_r(self, first: str, second: str) -> NDArray[np.float32]:
        """(f,) the highest r of the features at one hook point at an adjacent one, in either direction; NaN
        for one that never fires."""
        pair, found = ((first, second), self._after)
        if pair not in found:
            pair, found = (second, first), self._before
        return found[pair].r[:, 0]

    @cached_property
    def _after(self) -> dict[tuple[str, str], Nearest]:
        """By pair, what the features of its first hook point find in its second."""
        return {pair: self._unpacked(pair[1], f"{place}_after") for place, pair in enumerate(self.pairs)}

    @cached_property
    def _before(self) -> dict[tuple[str, str], Nearest]:
        """By pair, what the features of its second hook point find in its first."""
        return {pair: self._unpacked(pair[0], f"{place}_before") for place, pair in enumerate(self.pairs)}

    def _unpacked(self, found_in: str, name: str) -> Nearest:
        return unpack(self._arrays, self.manifest["n_features"][found_in], name)


def _neighbours(hook: str, nearest: Nearest, feature: int) -> list[Neighbour]:
    rows = zip(nearest.feature[feature], nearest.r[feature], nearest.cosine[feature], strict=True)
    return [
        Neighbour(hook, int(other), float(r), None if np.isnan(cosine) else float(cosine))
        for other, r, cosine in rows
        if other >= 0
    ]
