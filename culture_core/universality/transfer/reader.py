"""Reading the transfer of a hook point, from a notebook or the dashboard."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError
from culture_core.universality.transfer.maps import AFFINE, KINDS, NONE, SHUFFLED
from culture_core.universality.transfer.steering import MEASURES, WAYS
from culture_core.universality.transfer.store import transfer_artifact

if TYPE_CHECKING:
    import pandas as pd

UNTRAINED = "untrained"


class TransferReader:
    """The transfer of one hook point, as `culture transfer` wrote it.

    models: ids of the m GPTs, in the order of every array.
    """

    def __init__(self, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.manifest = manifest
        self.models: list[int] = manifest["models"]
        self._arrays = arrays

    @property
    def own(self) -> NDArray[np.float32]:
        """(m,) the variance that each SAE explains of its own GPT's states."""
        return self._arrays["own"]

    def explained(self, kind: str) -> NDArray[np.float32]:
        """(m, m) the share of the variance of GPT [a]'s states that its SAE reconstructs from the states of
        [b], mapped by one of KINDS; the diagonal is `own`."""
        return self._with_own("explained", kind)

    def fitted(self, kind: str) -> NDArray[np.float32]:
        """(m, m) the share of the variance of the mapped states themselves that [a]'s SAE reconstructs."""
        return self._with_own("fitted", kind)

    def of_untrained(self, name: str, kind: str) -> NDArray[np.float32]:
        """(m,) "explained" or "fitted" where an untrained GPT takes the place of b."""
        return self._arrays[name][KINDS.index(kind), :, -1]

    def _with_own(self, name: str, kind: str) -> NDArray[np.float32]:
        values = self._arrays[name][KINDS.index(kind), :, :-1].copy()
        np.fill_diagonal(values, self.own)
        return values

    def mean_over_others(self, name: str, kind: str) -> float:
        """The mean of "explained" or "fitted" over all ordered pairs of different GPTs."""
        return float(np.nanmean(self._arrays[name][KINDS.index(kind), :, :-1]))

    def r(self, kind: str = AFFINE) -> NDArray[np.float32]:
        """(m, m, f) r of each feature of [a] between its activations on the states of a and on those mapped
        from [b]; NaN on the diagonal.

        Errors: CultureError for states that are not mapped.
        """
        if kind == NONE:
            raise CultureError("r is kept for mapped states only")
        values = self._arrays["r"][KINDS.index(kind) - 1, :, :-1].astype(np.float32)
        values[np.arange(len(self.models)), np.arange(len(self.models))] = np.nan
        return values

    @cached_property
    def universality(self) -> dict[int, NDArray[np.float32]]:
        """By model (f,): the mean r over the other GPTs, mapped by an affine map; NaN for a feature that does
        not fire."""
        return self._by_model(np.nanmean(self.r(AFFINE), axis=1))

    @cached_property
    def baselines(self) -> dict[str, dict[int, NDArray[np.float32]]]:
        """By baseline and model (f,): the same with the quizzes of the others shuffled, and from an untrained
        GPT."""
        untrained = self._arrays["r"][KINDS.index(AFFINE) - 1, :, -1].astype(np.float32)
        return {
            SHUFFLED: self._by_model(np.nanmean(self.r(SHUFFLED), axis=1)),
            UNTRAINED: self._by_model(untrained),
        }

    @cached_property
    def excess(self) -> dict[int, NDArray[np.float32]]:
        """By model (f,): universality above the higher of the two baselines."""
        return {
            k: r - np.maximum(*(baseline[k] for baseline in self.baselines.values()))
            for k, r in self.universality.items()
        }

    def share_above(self, threshold: float) -> dict[int, float]:
        """By model: the share of features that fire whose excess is above a threshold."""
        return {
            k: float((excess[np.isfinite(excess)] > threshold).mean()) for k, excess in self.excess.items()
        }

    def _by_model(self, values: NDArray[np.float32]) -> dict[int, NDArray[np.float32]]:
        silent = np.where(self._arrays["fires"], 0.0, np.nan).astype(np.float32)
        return dict(zip(self.models, values + silent, strict=True))

    @property
    def was_steered(self) -> bool:
        return "steered" in self._arrays and bool((self._arrays["steered"] >= 0).any())

    @cached_property
    def steering(self) -> "pd.DataFrame":
        """One row per feature steered with and other GPT.

        gpt, feature; size: mean change of a cell in its own GPT; other; for each way of mapping and measure
        the agreement, as in affine_cells.

        Errors: CultureError when there is none.
        """
        import pandas as pd

        if not self.was_steered:
            raise CultureError(
                "this transfer has no steering: none was asked for, or no feature is sparse and fires in the "
                "last grid; run `culture transfer --steered 10`"
            )
        features, agreement = self._arrays["steered"], self._arrays["steered_agreement"]
        a, b, place = np.nonzero(np.isfinite(agreement[0, 0]))
        ids = np.array(self.models)
        return pd.DataFrame(
            {
                "gpt": ids[a],
                "feature": features[a, place],
                "size": self._arrays["steered_size"][a, place],
                "other": ids[b],
                **{
                    f"{way}_{measure}": agreement[i, j, a, b, place]
                    for i, way in enumerate(WAYS)
                    for j, measure in enumerate(MEASURES)
                },
            }
        )


def open_transfer(population: PopulationFolder, hook: str) -> TransferReader:
    """Open the transfer of a hook point.

    Errors: CultureError that says what to run when it is missing, damaged or of other SAEs, and for a
    population of a single GPT.
    """
    return TransferReader(*transfer_artifact(population, hook).open())
