"""Which quizzes pass the filters: source, task, structure, and who answers right."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.data.choices import EVERYTHING

RIGHT, WRONG = "right", "wrong"
BY_GPT = {EVERYTHING: "any", RIGHT: "right", WRONG: "wrong"}
FAILURES = {
    EVERYTHING: "any answers",
    "all-right": "all GPTs right",
    "some-wrong": "some right, some wrong",
    "all-wrong": "all GPTs wrong",
}


def choose_quizzes(
    tasks: Sequence[str],
    structures: Sequence[str],
    correct: np.ndarray,
    models: Sequence[int],
    *,
    task: str = EVERYTHING,
    structure: str = EVERYTHING,
    failing: str = EVERYTHING,
    answers: Mapping[int, str] | None = None,
    sources: Sequence[str] = (),
    source: str = EVERYTHING,
) -> np.ndarray:
    """Numbers of the quizzes of a source, a task and a structure that are answered as asked.

    tasks, structures, sources: n names; correct: (m, n) bool; models: m ids; failing: a key of FAILURES.
    answers: by GPT, a key of BY_GPT; who is not named may answer anything.
    """
    chosen = np.ones(correct.shape[1], dtype=bool)
    if source != EVERYTHING:
        chosen &= np.array(sources) == source
    if task != EVERYTHING:
        chosen &= np.array(tasks) == task
    if structure != EVERYTHING:
        chosen &= np.array(structures) == structure
    return np.flatnonzero(chosen & _failing(correct, failing) & _as_asked(correct, models, answers or {}))


def _failing(correct: np.ndarray, failing: str) -> np.ndarray:
    n_right, n_models = correct.sum(0), len(correct)
    ways = {
        EVERYTHING: n_right >= 0,
        "all-right": n_right == n_models,
        "some-wrong": (n_right > 0) & (n_right < n_models),
        "all-wrong": n_right == 0,
    }
    return ways[failing]


def _as_asked(correct: np.ndarray, models: Sequence[int], answers: Mapping[int, str]) -> np.ndarray:
    """(n,) whether every GPT answers as it is asked to."""
    asked = [k for k in models if answers.get(k, EVERYTHING) != EVERYTHING]
    places = [list(models).index(k) for k in asked]
    wanted = np.array([answers[k] == RIGHT for k in asked], dtype=bool)
    return (correct[places] == wanted[:, None]).all(0)
