"""Reading the effects of groups and families of a hook point, from a notebook or the dashboard."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError
from culture_core.features.concepts import BY_NAME
from culture_core.intervals import Z_95
from culture_core.models.choice import check_several
from culture_core.universality.families.choice import FAMILY, GROUP
from culture_core.universality.families.effects import ABLATION, INTERCHANGE, MEASURES
from culture_core.universality.families.store import families_artifact

if TYPE_CHECKING:
    import pandas as pd

KINDS = (GROUP, FAMILY)


class FamilyReader:
    """The effects of sets of features at one hook point, as `culture families` wrote them.

    models: ids of the m GPTs; kind, name: (s,) of the sets, GROUP with its number or FAMILY with the name of
    a concept; words: what each set is called.
    """

    def __init__(self, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.manifest = manifest
        self.models: list[int] = manifest["models"]
        self.kind: list[str] = arrays["kind"].tolist()
        self.name: list[str] = arrays["name"].tolist()
        self._arrays = arrays

    @property
    def words(self) -> list[str]:
        """What each set is called, as in "group 12" or "before a red cell"."""
        return [
            f"{GROUP} {name}" if kind == GROUP else BY_NAME[name].words if name in BY_NAME else name
            for kind, name in zip(self.kind, self.name, strict=True)
        ]

    def features(self, place: int, model_k: int) -> list[int]:
        """The features of one set in one GPT. Errors: CultureError for a GPT that is not there."""
        if model_k not in self.models:
            raise CultureError(f"no GPT {model_k} here: there are {', '.join(map(str, self.models))}")
        starts = self._arrays[f"starts_{model_k}"]
        return self._arrays[f"features_{model_k}"][starts[place] : starts[place + 1]].tolist()

    def effects(self, measure: str, *, controls: bool = False) -> NDArray[np.float32]:
        """(s, m, 2) mean and standard error of ABLATION (rise of the loss, nats per cell) or INTERCHANGE
        (move to the other quiz's answer, nats) of each set in each GPT, or of the controls."""
        return self._arrays["effects"][int(controls), MEASURES.index(measure)]

    def interval(self, measure: str, *, controls: bool = False) -> NDArray[np.float32]:
        """(s, m, 2) the ends of the 95% interval of each mean."""
        effects = self.effects(measure, controls=controls)
        half = Z_95 * effects[..., 1]
        return np.stack([effects[..., 0] - half, effects[..., 0] + half], axis=-1)

    def is_real(self, measure: str, *, controls: bool = False) -> NDArray[np.bool_]:
        """(s,) whether the effect is distinguishable from 0, with the same sign, in every GPT."""
        low, high = np.moveaxis(self.interval(measure, controls=controls), -1, 0)
        return np.all(low > 0, axis=1) | np.all(high < 0, axis=1)

    def beats_controls(self, measure: str) -> NDArray[np.bool_]:
        """(s,) whether the effect is above that of the controls in every GPT: the 95% interval of the
        difference, as of independent means, lies above 0."""
        chosen, controls = self.effects(measure), self.effects(measure, controls=True)
        error = np.hypot(chosen[..., 1], controls[..., 1])
        return np.all(chosen[..., 0] - controls[..., 0] > Z_95 * error, axis=1)

    def share_beating(self, kind: str, measure: str) -> float:
        """The share of groups, or families, that beat their controls in all GPTs; NaN for none."""
        return self._share(kind, self.beats_controls(measure))

    def share_real(self, kind: str, measure: str, *, controls: bool = False) -> float:
        """The share of groups, or families, whose effect is real in all GPTs; NaN for none."""
        return self._share(kind, self.is_real(measure, controls=controls))

    def _share(self, kind: str, holds: NDArray[np.bool_]) -> float:
        of_kind = holds[np.array(self.kind) == kind]
        return float(of_kind.mean()) if len(of_kind) else float("nan")

    @property
    def ceilings(self) -> dict[str, NDArray[np.float32]]:
        """What interchanging all features, and the whole state, does: (m, 2) mean and standard error each."""
        return {"all features": self._arrays["ceilings"][:, 0], "the state": self._arrays["ceilings"][:, 1]}

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per set.

        kind, name, words; features, in all GPTs together; ablation, interchange: mean over GPTs of the
        effect, with controls_ablation, controls_interchange beside them; real_ablation, real_interchange:
        in all GPTs; beats_ablation, beats_interchange: above the controls in all GPTs.
        """
        import pandas as pd

        columns: dict[str, Any] = {
            "kind": self.kind,
            "name": self.name,
            "words": self.words,
            "features": [
                sum(len(self.features(place, k)) for k in self.models) for place in range(len(self.name))
            ],
        }
        for measure in (ABLATION, INTERCHANGE):
            columns[measure] = self.effects(measure)[..., 0].mean(1)
            columns[f"controls_{measure}"] = self.effects(measure, controls=True)[..., 0].mean(1)
            columns[f"real_{measure}"] = self.is_real(measure)
            columns[f"beats_{measure}"] = self.beats_controls(measure)
        return pd.DataFrame(columns)


def open_families(population: PopulationFolder, hook: str) -> FamilyReader:
    """Open the effects of groups and families of a hook point.

    Errors: CultureError that says what to run when they are missing, damaged or of other matches, and for a
    population of a single GPT.
    """
    check_several(population)
    return FamilyReader(*families_artifact(population, hook).open())
