"""Matches on disk: one folder a hook point, for all models together."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError
from culture_core.features.reader import open_index
from culture_core.features.sparse import Overlays
from culture_core.features.store import open_activations
from culture_core.universality.matching import SHOWN_QUIZZES, Matches, match_all, partner_overlays

ARRAYS = "matches.npz"


@dataclass(frozen=True)
class Match:
    """The best match of a feature in another model."""

    model_k: int
    feature: int
    r: float
    mutual: bool


class MatchReader:
    """The matches of one hook point, as `culture match` wrote them."""

    def __init__(self, manifest: dict[str, Any], arrays: dict[str, NDArray]) -> None:
        self.manifest = manifest
        self.models: list[int] = manifest["models"]
        self._matches = Matches(arrays["best_feature"], arrays["best_r"], arrays["mutual"])
        self._overlays = [Overlays.from_arrays(arrays, f"partner_{k}") for k in self.models]
        self.universality = dict(zip(self.models, self._matches.universality, strict=True))

    def best_r(self) -> NDArray[np.float32]:
        """(m, m, f) best r of every feature of model [a] in model [b]; 0 on the diagonal."""
        return self._matches.best_r

    def best(self, model_k: int, feature: int) -> list[Match]:
        """The best match in each other model; a feature that never fires has none."""
        a = self.models.index(model_k)
        return [
            Match(
                other,
                int(self._matches.best_feature[a, b, feature]),
                float(self._matches.best_r[a, b, feature]),
                bool(self._matches.mutual[a, b, feature]),
            )
            for b, other in enumerate(self.models)
            if b != a and self._matches.best_feature[a, b, feature] >= 0
        ]

    def partner_overlays(self, model_k: int, feature: int) -> dict[int, NDArray[np.float32]]:
        """By other model: (6, 404) activations of the best match there on the first six top quizzes of the
        feature."""
        a = self.models.index(model_k)
        n_features = self._matches.best_r.shape[2]
        first = (a * n_features + feature) * SHOWN_QUIZZES
        return {
            other: self._overlays[b].dense(first, SHOWN_QUIZZES)
            for b, other in enumerate(self.models)
            if b != a
        }


def match_population(
    population: PopulationFolder, hook: str, models: list[int], command: str, *, progress: str | None = None
) -> None:
    """Match the indexes of a hook point and write the result.

    Errors: CultureError when an index is missing, or when they are over different quiz sets.
    """
    started = time.time()
    indexes = [open_index(population, hook, k) for k in models]
    if any(index.quiz_set != indexes[0].quiz_set for index in indexes):
        raise CultureError(
            f"the indexes at {hook} are over different quiz sets; "
            f"run `culture index --population {population.root}` for all"
        )
    activations = [open_activations(population, hook, k) for k in models]
    matches = match_all(activations, indexes[0].n_tokens, progress=progress)
    overlays = partner_overlays(matches, activations, [index.top_quiz for index in indexes])
    arrays = {"best_feature": matches.best_feature, "best_r": matches.best_r, "mutual": matches.mutual}
    for k, packed in zip(models, overlays, strict=True):
        arrays |= packed.arrays(f"partner_{k}")
    manifest = {
        "hook": hook,
        "models": models,
        "quiz_set": indexes[0].quiz_set.to_json(),
        "saes": [index.manifest["sae_sha256"] for index in indexes],
        "made_by": artifacts.provenance(command, started),
    }
    with artifacts.atomic_folder(population.matches(hook)) as partial:
        artifacts.write_arrays(partial / ARRAYS, arrays)
        artifacts.write_json(partial / artifacts.MANIFEST, manifest)


def open_matches(population: PopulationFolder, hook: str) -> MatchReader:
    """Open the matches of a hook point.

    Errors: CultureError that says what to run when they are missing, damaged or of other SAEs.
    """
    from culture_core.saes.store import sae_manifest

    folder = population.matches(hook)
    again = f"run `culture match --population {population.root} --hook {hook}`"
    if not (folder / artifacts.MANIFEST).is_file():
        raise CultureError(f"no matches at {hook} in {population.root}; {again}")
    manifest = artifacts.read_json(folder / artifacts.MANIFEST)
    present = [sae_manifest(population, hook, k)["sha256"] for k in manifest["models"]]
    if manifest["saes"] != present:
        raise CultureError(f"the matches at {hook} are of other SAEs; {again}")
    return MatchReader(manifest, artifacts.read_arrays(folder / ARRAYS, again))
