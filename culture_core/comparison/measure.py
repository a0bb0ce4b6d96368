"""What `culture compare` measures in one population: values per pair of GPTs, and single figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core.comparison.answers import agreement, answers_of
from culture_core.comparison.cka import Similarity
from culture_core.comparison.features import feature_likeness
from culture_core.comparison.states import StateSettings, state_similarities
from culture_core.evaluation.accuracy import culture_test_quizzes, evaluation_quizzes
from culture_core.intervals import design_effect, wilson_interval
from culture_core.models.mygpt import MyGPT
from culture_core.universality.matching.reader import MatchReader
from culture_core.world.quizzes import QuizBatch

FEATURES, WORLD, CULTURE, STATES = "features", "world", "culture", "states"


@dataclass(frozen=True)
class LikenessSettings:
    """What is measured on.

    n_world, seed: held-out world quizzes that are answered, and the seed of these and of the noise in culture
    quizzes. states: see StateSettings.
    """

    n_world: int = 2000
    seed: int = 22
    states: StateSettings = field(default_factory=StateSettings)


@dataclass(frozen=True)
class Likeness:
    """pairs: symmetric (m, m) by name, as "world.same" or "states.3.cka"; figures: by the same kind of
    name."""

    pairs: dict[str, NDArray[np.float64]]
    figures: dict[str, Any]

    def joined(self, other: "Likeness") -> "Likeness":
        return Likeness({**self.pairs, **other.pairs}, {**self.figures, **other.figures})


def features_of(matches: MatchReader) -> Likeness:
    """Universality of the features at one hook point."""
    found = feature_likeness(matches)
    figures = {
        "groups": found.groups,
        "in_group": round(found.in_group, 6),
        "firing": round(found.firing, 1),
        "hook": matches.manifest["hook"],
        "quizzes": matches.manifest["quiz_set"]["n"],
    }
    return _named(FEATURES, found.pairs, figures)


def world_answers(models: Sequence[MyGPT], settings: LikenessSettings, progress: bool) -> Likeness:
    """Agreement of answers on held-out world quizzes."""
    quizzes = evaluation_quizzes(settings.n_world, settings.seed)
    return _answers(WORLD, models, quizzes, progress)


def culture_answers(
    models: Sequence[MyGPT], tokens: Any, settings: LikenessSettings, progress: bool
) -> Likeness:
    """Agreement of answers on held-out culture quizzes (n, 404), each in four structures."""
    return _answers(CULTURE, models, culture_test_quizzes(tokens, settings.seed), progress)


def states_of(models: Sequence[MyGPT], settings: LikenessSettings, progress: bool) -> Likeness:
    """CKA after every block; figures: its mean to and among untrained GPTs."""
    found = state_similarities(models, settings.states, progress="states" if progress else None)
    pairs: dict[str, NDArray[np.float64]] = {}
    figures: dict[str, Any] = {}
    for block, similarity in enumerate(found):
        of_block, baselines = _split(similarity, len(models))
        pairs |= {f"{block}.{name}": values for name, values in of_block.items()}
        figures |= {f"{block}.{name}": value for name, value in baselines.items()}
    return _named(STATES, pairs, figures)


def _answers(name: str, models: Sequence[MyGPT], quizzes: QuizBatch, progress: bool) -> Likeness:
    answers = answers_of(models, quizzes, progress=f"{name} quizzes" if progress else None)
    hits = answers.right.sum(1).tolist()
    n = len(quizzes)
    effect = [design_effect(right, quizzes.index) for right in answers.right]
    accuracy = [
        {
            "id": model.id,
            "accuracy": round(h / n, 6),
            "interval": [round(x, 6) for x in wilson_interval(h / times, n / times)],
        }
        for model, h, times in zip(models, hits, effect, strict=True)
    ]
    return _named(name, agreement(answers), {"quizzes": n, "accuracy": accuracy})


def _split(similarity: Similarity, m: int) -> tuple[dict[str, NDArray[np.float64]], dict[str, float]]:
    """Values for the pairs of the m GPTs, and means over those with and among the untrained ones."""
    shuffled = (similarity.shuffled + similarity.shuffled.T) / 2
    pairs = {
        "cka": similarity.cka[:m, :m],
        "cka_by_position": similarity.centred_by_position[:m, :m],
        "shuffled": shuffled[:m, :m],
    }
    figures: dict[str, float] = {}
    for name, values in (
        ("untrained", similarity.cka),
        ("untrained_by_position", similarity.centred_by_position),
    ):
        if len(values) > m:
            figures[name] = round(float(values[:m, m:].mean()), 6)
        if len(values) > m + 1:
            among = values[m:, m:][np.triu_indices(len(values) - m, 1)]
            figures[f"among_{name}"] = round(float(among.mean()), 6)
    return pairs, figures


def _named(prefix: str, pairs: dict[str, NDArray[np.float64]], figures: dict[str, Any]) -> Likeness:
    return Likeness(
        {f"{prefix}.{name}": values for name, values in pairs.items()},
        {f"{prefix}.{name}": value for name, value in figures.items()},
    )
