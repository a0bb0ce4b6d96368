"""The features that fire at a cell of a quiz in each GPT, with what they detect."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from culture_core.features.quiz_reading import QuizReading
from dashboard.data.feature.peak_task import task_words
from dashboard.data.population import indexes
from dashboard.data.population.populations import Population

LEAST_F1 = 0.3
Describe = Callable[[int], tuple[str, str]]


@dataclass(frozen=True)
class FiringFeature:
    """A feature that fires at a cell: its activation, that as a share of the largest in the index (None where
    there is no index), and what it detects, in short and as a sentence."""

    feature: int
    activation: float
    share: float | None
    words: str
    sentence: str = ""


def firing_features(
    reading: QuizReading,
    position: int,
    describe: Describe,
    largest: Callable[[int], float] | None = None,
) -> list[FiringFeature]:
    """The features that fire after reading the token at a position, strongest first.

    describe: feature -> what it detects, in short and as a sentence. largest: feature -> its largest
    activation over the index.
    """
    features, activations = reading.at(position)
    return [
        FiringFeature(
            int(feature),
            float(activation),
            None if largest is None else min(1.0, float(activation) / max(largest(int(feature)), 1e-9)),
            *describe(int(feature)),
        )
        for feature, activation in zip(features, activations, strict=True)
    ]


def named(feature: FiringFeature, name: str) -> FiringFeature:
    """The feature with the reader's own name, if there is one, before what it detects."""
    return replace(feature, words=f"“{name}” {feature.words}".rstrip()) if name else feature


def feature_frame(features: Mapping[int, Sequence[FiringFeature]]) -> pd.DataFrame:
    """The features that fire at a cell in each GPT (by id), one row per feature: gpt, feature, activation,
    share_of_maximum, detects."""
    rows = [
        (model_k, one.feature, one.activation, one.share, one.words)
        for model_k, fired in features.items()
        for one in fired
    ]
    return pd.DataFrame(rows, columns=["gpt", "feature", "activation", "share_of_maximum", "detects"])


def described_features(
    chosen: Population, hook: str, model_k: int, reading: QuizReading, position: int
) -> list[FiringFeature]:
    """The features of a GPT that fire at a position, with words from its grades and its index.

    position: of the last token read; -1 before any is.
    """
    if position < 0:
        return []
    if not indexes.has_index(chosen, hook, model_k):
        return firing_features(reading, position, lambda _: ("", ""))
    largest = indexes.index(chosen, hook, model_k).table["max"].to_numpy()
    describe = describer(chosen, hook, model_k)
    return firing_features(reading, position, describe, lambda feature: float(largest[feature]))


def describer(chosen: Population, hook: str, model_k: int) -> Describe:
    """A function from a feature of an indexed GPT to what it detects, in short and as a sentence."""
    index = indexes.index(chosen, hook, model_k)
    table, n_tasks = index.table, len(index.quiz_set.tasks)
    task, share = table.peak_task.to_numpy(), table.peak_task_share.to_numpy()
    graded = indexes.has_grades(chosen, hook, model_k)
    grades = indexes.grades(chosen, hook, model_k) if graded else None

    def describe(feature: int) -> tuple[str, str]:
        best = grades.of_feature(feature)[:1] if grades else []
        if grades and best and best[0].f1 >= LEAST_F1:
            return f"{best[0].words}, F1 {best[0].f1:.2f}", f"{grades.sentence(feature)} "
        if not task[feature]:
            return "never fires in the index", ""
        return task_words(task[feature], share[feature], n_tasks), ""

    return describe


def short_words(chosen: Population, hook: str, model_k: int, feature: int) -> str:
    """What a feature detects, in a few words; "" where nothing is known."""
    if not indexes.has_index(chosen, hook, model_k):
        return ""
    known = feature < indexes.index(chosen, hook, model_k).n_features
    return describer(chosen, hook, model_k)(feature)[0] if known else ""


def feature_words(chosen: Population, hook: str, model_k: int, feature: int) -> str:
    """What a feature detects, or the task it fires most in; "" where nothing is known."""
    if indexes.has_grades(chosen, hook, model_k):
        return indexes.grades(chosen, hook, model_k).sentence(feature)
    if not indexes.has_index(chosen, hook, model_k):
        return ""
    return describer(chosen, hook, model_k)(feature)[0]
