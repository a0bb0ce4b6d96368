"""Which quizzes pass the filters: source, task, structure, and who fails."""

from collections.abc import Sequence

import numpy as np

from dashboard.data.choices import EVERYTHING

FAILURES = {
    EVERYTHING: "any answers",
    "all-right": "all GPTs right",
    "some-wrong": "some right, some wrong",
    "all-wrong": "all GPTs wrong",
}


def failure_options(models: Sequence[int]) -> dict[str, str]:
    """Ways to choose quizzes by who fails: name in the URL -> words."""
    words = [f"GPT {model_k} wrong" for model_k in models]
    return FAILURES | dict(zip(_wrong_names(models), words, strict=True))


def choose_quizzes(
    tasks: Sequence[str],
    structures: Sequence[str],
    correct: np.ndarray,
    models: Sequence[int],
    *,
    task: str = EVERYTHING,
    structure: str = EVERYTHING,
    failing: str = EVERYTHING,
    sources: Sequence[str] = (),
    source: str = EVERYTHING,
) -> np.ndarray:
    """Numbers of the quizzes of a source, a task and a structure in which the chosen GPTs fail.

    tasks, structures, sources: n names; correct: (m, n) bool; models: m ids; failing: a key of
    `failure_options`.
    """
    chosen = np.ones(correct.shape[1], dtype=bool)
    if source != EVERYTHING:
        chosen &= np.array(sources) == source
    if task != EVERYTHING:
        chosen &= np.array(tasks) == task
    if structure != EVERYTHING:
        chosen &= np.array(structures) == structure
    return np.flatnonzero(chosen & _failing(correct, models, failing))


def _failing(correct: np.ndarray, models: Sequence[int], failing: str) -> np.ndarray:
    n_right, n_models = correct.sum(0), len(correct)
    ways = {
        EVERYTHING: n_right >= 0,
        "all-right": n_right == n_models,
        "some-wrong": (n_right > 0) & (n_right < n_models),
        "all-wrong": n_right == 0,
    }
    return ways[failing] if failing in ways else ~correct[_wrong_names(models).index(failing)]


def _wrong_names(models: Sequence[int]) -> list[str]:
    return [f"gpt-{model_k}-wrong" for model_k in models]
