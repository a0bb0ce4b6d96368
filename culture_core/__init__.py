"""Interpretability tools for the culture GPTs: quizzes, models, SAEs, a feature index and a dashboard.

The names of the study, each imported when first used, so that `import culture_core` needs torch and numpy
only.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "open_population": "culture_core.population",
    "load_culture": "culture_core.models.api",
    "load_hooked": "culture_core.models.api",
    "load_quizzes": "culture_core.models.api",
    "generate": "culture_core.models.generation",
    "create_tokenizer": "culture_core.models.tokenizer",
    "prep_quiz": "culture_core.models.tokenizer",
    "sinusoidal_positional_encoding": "culture_core.models.mygpt",
    "run_tests": "culture_core.evaluation.accuracy",
    "repr_grid": "culture_core.world.rendering",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
