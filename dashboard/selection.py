"""What is shown of many: plain functions that choose quizzes and features, without Streamlit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from culture_core.features.index.selective import is_selective
from culture_core.universality.matching.store import MatchReader

EVERYTHING = "any"
FAILURES = {
    EVERYTHING: "any answers",
    "all-right": "all GPTs right",
    "some-wrong": "some right, some wrong",
    "all-wrong": "all GPTs wrong",
}


@dataclass(frozen=True)
class FeatureRef:
    """A feature of a GPT, and how universal it is (mean over the other GPTs of the best r)."""

    model_k: int
    feature: int
    universality: float


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


def most_universal(matches: MatchReader, tables: Mapping[int, pd.DataFrame], n: int) -> list[FeatureRef]:
    """The n most universal features that are selective, one of each group of mutual best matches.

    The most universal are those in a group of all GPTs before others, and among them those of the highest
    excess over the strongest baseline or, where none was measured, of the highest universality.
    tables: by GPT, an index's table. Selective: see `is_selective`.
    """
    chosen: list[FeatureRef] = []
    seen: set[tuple[int, int]] = set()
    for ref in _by_universality(matches, tables):
        if len(chosen) == n:
            break
        if (ref.model_k, ref.feature) in seen:
            continue
        chosen.append(ref)
        seen |= {(m.model_k, m.feature) for m in matches.best(ref.model_k, ref.feature) if m.mutual}
    return chosen


def _by_universality(matches: MatchReader, tables: Mapping[int, pd.DataFrame]) -> Iterator[FeatureRef]:
    """The selective features of all GPTs, most universal first."""
    features = {k: np.flatnonzero(is_selective(table)) for k, table in tables.items()}
    model = np.repeat(list(features), [len(found) for found in features.values()])
    feature = np.concatenate(list(features.values()))
    score = np.concatenate([_score(matches, k)[found] for k, found in features.items()])
    grouped = np.concatenate([matches.in_group(k)[found] for k, found in features.items()])
    for place in np.lexsort((-score, ~grouped)):
        k, chosen = int(model[place]), int(feature[place])
        yield FeatureRef(k, chosen, float(matches.universality[k][chosen]))


def _score(matches: MatchReader, model_k: int) -> np.ndarray:
    """(f,): the lowest excess over any baseline of a GPT's features, or their universality."""
    measured = [by_model[model_k] for by_model in matches.excess.values()]
    return np.min(measured, axis=0) if measured else matches.universality[model_k]


def next_alive(dead: np.ndarray, feature: int, step: int) -> int:
    """The next feature after (step 1) or before (step -1) `feature` that fires, going round; or itself."""
    n = len(dead)
    order = (feature + step * np.arange(1, n)) % n
    alive = order[~dead[order]]
    return int(alive[0]) if len(alive) else feature


def page_of(n_items: int, per_page: int, page: int) -> slice:
    """The items of a page (pages count from 1); the last page for a number too high."""
    last = max(1, -(-n_items // per_page))
    first = (min(page, last) - 1) * per_page
    return slice(first, min(first + per_page, n_items))
