"""The addresses of pages about features."""

from urllib.parse import urlencode

from dashboard.components.page.scope import Scope


def compare_link(scope: Scope, first: tuple[int, int], second: tuple[int, int]) -> dict[str, str]:
    """Query parameters of the page that compares two features."""
    return scope.link(gpt=first[0], feature=first[1], gpt2=second[0], feature2=second[1])


def feature_href(scope: Scope, model_k: int, feature: int) -> str:
    """The address of a feature's page."""
    return f"feature?{urlencode(scope.link(gpt=model_k, feature=feature))}"
