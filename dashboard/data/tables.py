"""The tables that pages list and download: features, groups of matches, answered quizzes."""

from collections.abc import Hashable

import pandas as pd

from dashboard.data.cached import shared
from dashboard.data.feature.feature_table import feature_rows
from dashboard.data.population import indexes
from dashboard.data.population.populations import Population
from dashboard.data.quiz import quiz_sets
from dashboard.data.quiz.quiz_table import quiz_table
from dashboard.data.universal import universality
from dashboard.data.universal.group_table import group_table

# columns of words, empty for features of a GPT that was not graded or has no effects on logits
WORDS = ("concept", "concept_words", "kind", "promoted")


def _features_written(chosen: Population, hook: str) -> Hashable:
    by_gpt = (indexes.index_written, indexes.grades_written)
    stamps = tuple(stamp(chosen, hook, k) for stamp in by_gpt for k in chosen.models)
    return universality.matches_written(chosen, hook), stamps


def _groups_written(chosen: Population, hook: str) -> Hashable:
    return _features_written(chosen, hook), universality.causal_written(chosen, hook)


@shared(_features_written, at_most=8, spinner="Reading the features")
def features(chosen: Population, hook: str) -> pd.DataFrame:
    """The features of all GPTs in one table, of every GPT that has an index.

    Errors: CultureError that says what to run when none has.
    """
    indexed = [k for k in chosen.models if indexes.has_index(chosen, hook, k)] or chosen.models[:1]
    rows = [_rows_of(chosen, hook, k) for k in indexed]
    return pd.concat(rows, ignore_index=True).fillna(dict.fromkeys(WORDS, ""))


def _rows_of(chosen: Population, hook: str, model_k: int) -> pd.DataFrame:
    matched = universality.has_matches(chosen, hook)
    graded = indexes.has_grades(chosen, hook, model_k)
    return feature_rows(
        indexes.index(chosen, hook, model_k),
        universality.match_table(chosen, hook, model_k) if matched else None,
        indexes.grades(chosen, hook, model_k).table if graded else None,
    )


@shared(_groups_written, at_most=4)
def groups(chosen: Population, hook: str) -> pd.DataFrame:
    """The groups of universal features with what their features have in common."""
    agreement = {}
    if universality.has_causal(chosen, hook):
        agreement = universality.causal(chosen, hook).table.set_index("group").agreement.to_dict()
    matches = universality.matches(chosen, hook)
    groups = pd.concat([matches.groups, matches.smaller_groups], ignore_index=True)
    return group_table(groups, features(chosen, hook), agreement)


@shared(quiz_sets.both_written, at_most=4)
def quizzes(chosen: Population) -> pd.DataFrame:
    """The quizzes of the browse set, one row each."""
    return quiz_table(quiz_sets.browse(chosen), quiz_sets.inventions(chosen))
