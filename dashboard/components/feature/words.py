"""What a feature detects, in a few words."""

from dashboard.components.page.scope import Scope
from dashboard.data.population import indexes


def concept_words(scope: Scope, model_k: int, feature: int) -> str:
    """The best concept of a feature in words, "" where there is none."""
    if not indexes.has_grades(scope.population, scope.hook, model_k):
        return ""
    return str(indexes.grades(scope.population, scope.hook, model_k).table.words.iloc[feature])
