"""Reading the grades of one SAE's features on the ground-truth concepts, from a notebook or the dashboard."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from culture_core.artifact import Artifact, Record, Source
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError, suggested
from culture_core.features.grading.sentences import ConceptGrade, feature_sentence, join_words
from culture_core.saes.store import made_from_sae

if TYPE_CHECKING:
    import pandas as pd

NONE = -1
# counts changes of the arrays: grades of another layout are made again
LAYOUT = 2
COVERAGE_PREFIX = "coverage_"


class Grades:
    """The grades of one SAE, as `culture grade` wrote them.

    coverage: mean over concepts of the best F1 of any feature (Karvonen et al. 2024) by source: "sae",
    "untrained_sae" (None where it was not measured), "raw_directions" (dimensions of the hook point, both
    signs), "mlp_neurons"; the same "by_kind" of concept; "n_concepts" and "n_quizzes" it is over.
    """

    def __init__(self, manifest: Record, arrays: Record) -> None:
        self.manifest = manifest
        self.coverage: dict[str, Any] = manifest["coverage"]
        self._arrays = {**arrays, "parts": in_order(arrays["parts"])}
        self._names: list[str] = arrays["names"].tolist()
        self._words: list[str] = arrays["words"].tolist()

    @property
    def n_features(self) -> int:
        return len(self._arrays["parts"])

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per feature: feature; concept, words, f1, precision, recall, auroc, baseline_f1 of its best
        concept, "" and 0 where it has none."""
        import pandas as pd

        scores = {
            name: self._arrays[name][:, 0] for name in ("f1", "precision", "recall", "auroc", "baseline_f1")
        }
        kept = [self._kept(feature, 0) for feature in range(self.n_features)]
        names, words = zip(*kept, strict=True)
        return pd.DataFrame(
            {"feature": np.arange(self.n_features), "concept": names, "words": words, **scores}
        )

    @cached_property
    def concepts(self) -> "pd.DataFrame":
        """One row per concept: concept, words, kind, share (of tokens), graded (often enough), the best
        feature, f1 (its, on the second half), and the best F1 by source of the coverage."""
        import pandas as pd

        names = ("names", "words", "kinds", "share", "graded")
        columns = {name: self._arrays[name] for name in names}
        columns |= {"feature": self._arrays["best_feature"][:, 0], "f1": self._arrays["best_f1"][:, 0]}
        columns |= {name: values for name, values in self._arrays.items() if name.startswith(COVERAGE_PREFIX)}
        return pd.DataFrame(columns).rename(columns={"names": "concept", "kinds": "kind"})

    def of_feature(self, feature: int) -> list[ConceptGrade]:
        """The kept concepts of a feature, best first (on the half that thresholds are fitted on).

        Errors: CultureError for an unknown feature.
        """
        self._check(feature)
        parts = self._arrays["parts"][feature]
        ranks = np.flatnonzero(parts[:, 0] != NONE).tolist()
        return [self._grade(feature, rank) for rank in ranks if not _is_named(parts, rank)]

    def sentence(self, feature: int) -> str:
        """What a feature detects, in words."""
        return feature_sentence(self.of_feature(feature))

    def best_features(self, concept: str) -> list[tuple[int, float]]:
        """The features that detect one concept best, best first, each with its F1 on the second half.

        Errors: CultureError for a concept that is not listed.
        """
        if concept not in self._names:
            raise CultureError(f"there is no concept {concept!r}")
        row = self._names.index(concept)
        features, f1 = self._arrays["best_feature"][row], self._arrays["best_f1"][row]
        return [(int(k), float(score)) for k, score in zip(features, f1, strict=True) if k != NONE]

    def _check(self, feature: int) -> None:
        if not 0 <= feature < self.n_features:
            raise CultureError(f"there is no feature {feature}: features run from 0 to {self.n_features - 1}")

    def _kept(self, feature: int, rank: int) -> tuple[str, str]:
        """Name and words of a kept concept, empty where there is none."""
        parts = [int(part) for part in self._arrays["parts"][feature, rank] if part != NONE]
        return " & ".join(self._names[part] for part in parts), join_words(
            self._words[part] for part in parts
        )

    def _grade(self, feature: int, rank: int) -> ConceptGrade:
        name, words = self._kept(feature, rank)
        scores = {
            key: float(self._arrays[key][feature, rank])
            for key in ("f1", "precision", "recall", "auroc", "threshold", "baseline_f1")
        }
        return ConceptGrade(name, words, **scores)


def in_order(parts: NDArray[np.integer]) -> NDArray[np.integer]:
    """The concepts of each conjunction (..., 3) in the order of the registry, -1 behind them."""
    last = np.iinfo(parts.dtype).max
    ordered = np.sort(np.where(parts == NONE, last, parts), axis=-1)
    return np.where(ordered == last, NONE, ordered)


def _is_named(parts: NDArray[np.integer], rank: int) -> bool:
    """Whether a conjunction stands at a better rank already, as it may in grades that were made with the
    concepts in any order."""
    return bool((parts[:rank] == parts[rank]).all(1).any())


def grades_artifact(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> Artifact:
    """The grades of one GPT's SAE, or of the joint dictionary, as an artifact."""
    suffix = ("--variant", variant) if variant else ()
    return Artifact(
        name=f"grades of {variant + ' ' if variant else ''}GPT {model_k} at {hook}",
        population=population,
        folder=population.concepts(hook, model_k, variant),
        command=suggested("grade", "--population", population.root, "--hook", hook, *suffix),
        arrays="grades.npz",
        sources=(
            made_from_sae(population, hook, model_k, variant),
            Source("settings.layout", "another version", lambda _: LAYOUT),
        ),
    )


def open_grades(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> Grades:
    """Open the grades of one GPT's SAE, or of the joint dictionary.

    Errors: CultureError that says what to run when they are missing, damaged, or of another SAE or version.
    """
    return Grades(*grades_artifact(population, hook, model_k, variant).open())
