"""Reading the causal check of a hook point, from a notebook or the dashboard."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from culture_core.artifacts import PopulationFolder
from culture_core.models.choice import check_several
from culture_core.universality.causal.effects import (
    MATCHED,
    RANDOM,
    SETS,
    UNMATCHED,
    agreement,
    agreement_with_others,
    pooled_agreement,
    size_agreement,
)
from culture_core.universality.causal.store import causal_artifact

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class CausalProfile:
    """The effects of changing one feature in each of m GPTs, for t tasks.

    loss: (m, t) change in last-grid loss, nats per cell; accuracy: (m, t) change in greedy accuracy;
    agreement: the mean r over tasks between the GPTs' changes of loss. features: the feature of each GPT.
    """

    loss: NDArray[np.float32]
    accuracy: NDArray[np.float32]
    agreement: float
    features: dict[int, int]


class CausalReader:
    """The causal check of one hook point, as `culture causal` wrote it.

    models: ids of the m GPTs; tasks: names of the t tasks; groups: numbers of the g groups, as in
    MatchReader.groups.
    """

    def __init__(self, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.manifest = manifest
        self.models: list[int] = manifest["models"]
        self.tasks: list[str] = manifest["tasks"]
        self.groups: list[int] = arrays["group"].tolist()
        self._arrays = arrays

    @property
    def scale(self) -> float:
        """What matched features were also multiplied by; 0: they were only ablated."""
        return self.manifest["settings"]["scale"]

    @property
    def spliced_accuracy(self) -> NDArray[np.float32]:
        """(m, t) greedy accuracy with the SAE spliced in and nothing changed."""
        return self._arrays["spliced_accuracy"]

    def of_group(self, group: int, *, scaled: bool = False) -> CausalProfile | None:
        """The effects of ablating (or scaling) the features of a group; None when it was not measured."""
        if group not in self.groups or (scaled and not self.scale):
            return None
        place = self.groups.index(group)
        if not scaled:
            return self.profile(MATCHED, place)
        loss, accuracy = (self._arrays[f"scaled_{name}"][place] for name in ("loss", "accuracy"))
        return CausalProfile(loss, accuracy, agreement(loss), self._features(MATCHED, place))

    def profile(self, name: str, place: int) -> CausalProfile:
        """The effects of ablating the features of one of SETS in a place."""
        where = (SETS.index(name), place)
        loss, accuracy = self._arrays["loss"][where], self._arrays["accuracy"][where]
        return CausalProfile(loss, accuracy, agreement(loss), self._features(name, place))

    def _features(self, name: str, place: int) -> dict[int, int]:
        row = self._arrays["features"][SETS.index(name), place]
        return dict(zip(self.models, row.tolist(), strict=True))

    def mean_loss(self, name: str) -> float:
        """The mean change of loss by ablating the features of one of SETS, over groups, GPTs and tasks."""
        return float(np.nanmean(self._arrays["loss"][SETS.index(name)]))

    @cached_property
    def agreements(self) -> dict[str, NDArray[np.float64]]:
        """By set (g,): the agreement of each of its groups; sets of like density, group by group."""
        return {
            name: np.array([self.profile(name, place).agreement for place in range(len(self.groups))])
            for name in SETS
        }

    def pooled_agreement(self, name: str) -> float:
        """The agreement over all groups of one of SETS together: is what matters to one GPT what matters to
        the others?"""
        return pooled_agreement(self._arrays["loss"][SETS.index(name)])

    def size_agreement(self, name: str) -> float:
        """The same of the size of effects, whatever the task."""
        return size_agreement(self._arrays["loss"][SETS.index(name)])

    @cached_property
    def agreement_across_groups(self) -> float:
        """The agreement of features of different matched groups: what all of them have in common."""
        return agreement_with_others(self._arrays["loss"][SETS.index(MATCHED)])

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per matched group.

        group; agreement; agreement_random, agreement_unmatched of its controls; loss, accuracy: mean change
        by ablation over GPTs and tasks; worst_task: where the loss rises most, mean over GPTs.
        """
        import pandas as pd

        loss, accuracy = (self._arrays[name][SETS.index(MATCHED)] for name in ("loss", "accuracy"))
        return pd.DataFrame(
            {
                "group": self.groups,
                "agreement": self.agreements[MATCHED],
                "agreement_random": self.agreements[RANDOM],
                "agreement_unmatched": self.agreements[UNMATCHED],
                "loss": loss.mean((1, 2)),
                "accuracy": accuracy.mean((1, 2)),
                "worst_task": np.array(self.tasks)[loss.mean(1).argmax(1)],
            }
        )


def open_causal(population: PopulationFolder, hook: str) -> CausalReader:
    """Open the causal check of a hook point.

    Errors: CultureError that says what to run when it is missing, damaged or of other matches, and for a
    population of a single GPT.
    """
    check_several(population)
    return CausalReader(*causal_artifact(population, hook).open())
