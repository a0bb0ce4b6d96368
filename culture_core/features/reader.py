"""Reading a feature index, from a notebook or the dashboard: records, tables, top quizzes with their
overlays."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError
from culture_core.features.quiz_set import QuizSet
from culture_core.features.sparse import Overlays
from culture_core.world.quizzes import QuizBatch

if TYPE_CHECKING:
    import pandas as pd

ARRAYS = "index.npz"


@dataclass(frozen=True)
class TopRecord:
    """The top quizzes of one feature, strongest first; k is smaller for a feature that fires in few quizzes.

    quiz (k,) numbers in the index's quiz set; peak (k,) float32; position (k,) of the peak in the quiz;
    activations (k, 404).
    """

    quiz: NDArray[np.int64]
    peak: NDArray[np.float32]
    position: NDArray[np.int64]
    activations: NDArray[np.float32]


class FeatureIndex:
    """The index of one SAE, as `culture index` wrote it."""

    def __init__(self, manifest: dict[str, Any], arrays: dict[str, NDArray]) -> None:
        self.manifest = manifest
        self.quiz_set = QuizSet.from_json(manifest["quiz_set"])
        self._arrays = arrays
        self._overlays = Overlays.from_arrays(arrays, "overlay")

    @property
    def n_features(self) -> int:
        return len(self._arrays["fires"])

    @property
    def n_quizzes(self) -> int:
        return self.quiz_set.n

    @property
    def n_tokens(self) -> int:
        """Tokens the statistics are over: 403 a quiz."""
        return int(self._arrays["tokens_by_task"].sum())

    @cached_property
    def quizzes(self) -> QuizBatch:
        """The quizzes of the set, all of them; every GPT's index of a hook point has the same."""
        return self.quiz_set.quizzes()

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a feature.

        feature; fires, density (share of tokens), max, mean (where it fires), dead; peak_task and its share
        of the firing, were all tasks as frequent; peak_places, at how many different positions its top
        quizzes
        peak (1: bound to one place of the quiz).
        """
        import pandas as pd

        fires = self._arrays["fires"]
        rate_by_task = self._arrays["by_task"] / self._arrays["tokens_by_task"]
        rate_sum = np.maximum(rate_by_task.sum(1), 1e-12)
        peak_task = np.array(self.quiz_set.tasks)[rate_by_task.argmax(1)]
        return pd.DataFrame(
            {
                "feature": np.arange(self.n_features),
                "fires": fires,
                "density": fires / self.n_tokens,
                "max": self._arrays["max"],
                "mean": self._arrays["total"] / np.maximum(fires, 1),
                "dead": fires == 0,
                "peak_task": np.where(fires > 0, peak_task, ""),
                "peak_task_share": rate_by_task.max(1) / rate_sum,
                "peak_places": _distinct(self._arrays["top_position"]),
            }
        )

    @property
    def top_quiz(self) -> NDArray[np.int32]:
        """(f, k) numbers of every feature's top quizzes, -1 for none."""
        return self._arrays["top_quiz"]

    def check_feature(self, feature: int) -> int:
        """Return `feature` if the index has it.

        Errors: CultureError that names the range.
        """
        if 0 <= feature < self.n_features:
            return feature
        raise CultureError(f"there is no feature {feature}: features run from 0 to {self.n_features - 1}")

    def max_activation(self, feature: int) -> float:
        return float(self._arrays["max"][self.check_feature(feature)])

    def density_by_task(self, feature: int) -> dict[str, float]:
        """Share of tokens a feature fires on, by task of the quiz."""
        rates = self._arrays["by_task"][self.check_feature(feature)] / self._arrays["tokens_by_task"]
        return dict(zip(self.quiz_set.tasks, rates.tolist(), strict=True))

    def histogram(self, feature: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(edges (b + 1,), counts (b,)) of a feature's activations where it fires; edges are even in log2."""
        return self._arrays["bin_edges"], self._arrays["histogram"][self.check_feature(feature)]

    def top(self, feature: int) -> TopRecord:
        """The top quizzes of a feature with the activation after every token."""
        quiz = self._arrays["top_quiz"][self.check_feature(feature)]
        k_max = len(quiz)
        k = int((quiz >= 0).sum())
        return TopRecord(
            quiz=quiz[:k],
            peak=self._arrays["top_peak"][feature, :k],
            position=self._arrays["top_position"][feature, :k],
            activations=self._overlays.dense(feature * k_max, k),
        )


def _distinct(positions: NDArray[np.integer]) -> NDArray[np.int64]:
    """How many different positions each row of (f, k) holds; -1 stands for none."""
    ordered = np.sort(positions, axis=1)
    new = np.diff(ordered, axis=1, prepend=-1) != 0
    return new.sum(1)


def open_index(population: PopulationFolder, hook: str, model_k: int) -> FeatureIndex:
    """Open the index of one GPT's SAE.

    Errors: CultureError that says what to run when it is missing, unreadable, or not of the SAE that lies
    there now.
    """
    from culture_core.saes.store import sae_manifest

    folder = population.index(hook, model_k)
    again = f"run `culture index --population {population.root} --hook {hook}`"
    if not (folder / artifacts.MANIFEST).is_file():
        raise CultureError(f"no feature index of GPT {model_k} at {hook} in {population.root}; {again}")
    manifest = artifacts.read_json(folder / artifacts.MANIFEST)
    if manifest["sae_sha256"] != sae_manifest(population, hook, model_k)["sha256"]:
        raise CultureError(f"the feature index of GPT {model_k} at {hook} is of another SAE; {again}")
    return FeatureIndex(manifest, artifacts.read_arrays(folder / ARRAYS, again))
