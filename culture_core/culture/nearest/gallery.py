"""The kept culture quizzes as a table to look through, and how many of them are new."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from culture_core.artifacts import PopulationFolder
from culture_core.culture.nearest.classifier import TaskClassifier
from culture_core.culture.nearest.store import find_nearest, stored_nearest
from culture_core.culture.reader import CultureSet, kept_culture
from culture_core.intervals import wilson_interval
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import WORLD_TASKS

if TYPE_CHECKING:
    import pandas as pd

RUN_COLUMNS = ("hot", "cold", "understands", "fails")
DISTANCE_BINS = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 20), (21, None))


@dataclass(frozen=True)
class Gallery:
    """The kept quizzes of a population, row by row, in the order in which they were invented.

    quizzes: their index is the number of the candidate. models: ids of the GPTs that judged.
    frame: number, run, round, author (-1: unknown), grown, split; by GPT k p_k (NaN: not asked) and
    verdict_k; hot, cold, understands and fails of the run (NaN: imported); task, the world task whose rule is
    nearest, distance to it in cells, and to_TASK to each; guess and guess_p, the task it looks like and how
    surely; unusual (0 to 1).
    """

    quizzes: QuizBatch
    frame: "pd.DataFrame"
    models: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.quizzes)


def open_gallery(population: PopulationFolder, *, classifier: TaskClassifier | None = None) -> Gallery:
    """Every kept quiz with its author, the verdicts and the nearest world task, as stored (store.py).

    classifier: compare with the world now, by this one; where nothing is stored, one is grown for that.
    Errors: CultureError that says what to run when no quiz was kept.
    """
    culture = kept_culture(population)
    tokens = culture.quizzes.tokens
    stored = None if classifier else stored_nearest(population, tokens)
    found = stored or find_nearest(tokens, classifier)
    distances = found.distances
    frame = culture.frame().drop(columns="reason")
    frame = frame.assign(
        **_settings_of_runs(culture),
        task=np.array(WORLD_TASKS)[distances.argmin(1)],
        distance=distances.min(1).astype(np.int64),
        guess=found.guess,
        guess_p=found.guess_p,
        unusual=found.unusual,
        **{f"to_{task}": distances[:, t].astype(np.int64) for t, task in enumerate(WORLD_TASKS)},
    )
    return Gallery(culture.quizzes, frame, culture.models)


def novelty(frame: "pd.DataFrame") -> dict[str, Any]:
    """How many quizzes of a gallery's frame no world rule explains, and by how many cells.

    kept; new, those at a distance above 0, share_new and its 95% interval; smallest, the least distance of a
    new one (None: none is new); distances, counts of quizzes by the cells in which the nearest rule is wrong;
    by_task, one record for each nearest task.
    """
    distance = frame.distance.to_numpy()
    kept, new = len(distance), int((distance > 0).sum())
    return {
        "kept": kept,
        "new": new,
        "share_new": round(new / kept, 6),
        "share_new_interval": [round(bound, 6) for bound in wilson_interval(new, kept)],
        "smallest": int(distance[distance > 0].min()) if new else None,
        "distances": {_bin_name(low, high): _n_within(distance, low, high) for low, high in DISTANCE_BINS},
        "by_task": [_of_task(task, group) for task, group in frame.groupby("task")],
    }


def _settings_of_runs(culture: CultureSet) -> dict[str, Any]:
    """RUN_COLUMNS for every quiz."""
    known = [
        {**run["settings"]["inventing"], **run["settings"]["verdicts"]} if "settings" in run else {}
        for run in culture.runs
    ]
    return {
        name: np.array([settings.get(name, np.nan) for settings in known])[culture.table.run]
        for name in RUN_COLUMNS
    }


def _of_task(task: str, group: "pd.DataFrame") -> dict[str, Any]:
    return {
        "nearest task": task,
        "quizzes": len(group),
        "explained": int((group.distance == 0).sum()),
        "median distance": float(group.distance.median()),
        "farthest": int(group.distance.max()),
        "looks like it": int((group.guess == task).sum()),
    }


def _n_within(distance: Any, low: int, high: int | None) -> int:
    return int(((distance >= low) & (distance <= (np.inf if high is None else high))).sum())


def _bin_name(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} or more"
    return str(low) if low == high else f"{low} to {high}"
