"""The answered quizzes as a table, how far the answers agree: plain functions, without Streamlit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from culture_core.answers.browse import BrowseSet
from culture_core.culture.reader import CultureSet
from culture_core.culture.settings import VerdictSettings
from culture_core.culture.statistics import n_kept
from culture_core.world.vocabulary import CULTURE

IN_TURN, HARDEST, DISPUTED = "in-turn", "hardest", "disputed"
ORDERS = {IN_TURN: "in turn", HARDEST: "hardest first", DISPUTED: "most different answers first"}


@dataclass(frozen=True)
class Invention:
    """What is known of a culture quiz.

    author: id of the GPT that invented it, -1 unknown; split: "train" or "test"; probability and verdict: by
    GPT, how probable the quiz is to it both ways and what that makes; empty where it was not asked.
    """

    author: int
    split: str
    probability: dict[int, float]
    verdict: dict[int, str]

    def words(self) -> str:
        """Author and verdicts in one line."""
        author = f"invented by GPT {self.author}" if self.author >= 0 else "its author is not known"
        groups = {
            verdict: [str(k) for k, given in self.verdict.items() if given == verdict]
            for verdict in ("understands", "fails", "undecided")
        }
        told = {"understands": "understood by", "fails": "failed by", "undecided": "undecided"}
        return ", ".join([author, *(f"{told[v]} {' '.join(ks)}" for v, ks in groups.items() if ks)])


def inventions(browse: BrowseSet, culture: CultureSet | None) -> dict[int, Invention]:
    """What is known of the culture quizzes of a browse set, by their place in it."""
    if culture is None:
        return {}
    frame = culture.frame().set_index("number")
    places = [i for i, source in enumerate(browse.quizzes.source_names()) if source == CULTURE]
    numbers = browse.quizzes.index.tolist()
    return {i: _invention(frame.loc[numbers[i]], culture.models) for i in places if numbers[i] in frame.index}


def invention_of(culture: CultureSet, number: int) -> Invention:
    """What is known of the stored candidate in row `number`."""
    return _invention(culture.frame().iloc[number], culture.models)


def kept_words(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each run that kept quizzes of its own: how many, and by which rules, in two sentences."""
    return [_run_words(run) for run in runs if "imported" not in run and n_kept(run)]


def _run_words(run: Mapping[str, Any]) -> str:
    rules = VerdictSettings(**run["settings"]["verdicts"])
    bounds, published = _bounds(rules), _bounds(VerdictSettings())
    aside = "" if bounds == published else f" (published: {published})"
    return (
        f"Culture: of {run['candidates']:,} quizzes the GPTs invented {n_kept(run)} were kept, those that "
        f"{rules.min_failures} to {rules.max_failures} GPTs fail and all others understand. "
        f"A GPT {bounds}{aside}."
    )


def _bounds(rules: VerdictSettings) -> str:
    return f"understands from a probability of {rules.understands:g} and fails up to {rules.fails:g}"


def _invention(row: pd.Series, models: Sequence[int]) -> Invention:
    asked = [k for k in models if not np.isnan(row[f"p_{k}"])]
    return Invention(
        int(row.author),
        str(row.split),
        {k: float(row[f"p_{k}"]) for k in asked},
        {k: str(row[f"verdict_{k}"]) for k in asked},
    )


def quiz_table(browse: BrowseSet, invented: dict[int, Invention]) -> pd.DataFrame:
    """One row a quiz.

    quiz (its place in the set), source, task, structure, author (-1: none or unknown); right, how many GPTs
    answer it right; answers, how many different answers they give; for each GPT k right_k, and probability_k
    of the whole right answer when sampling; for a culture quiz verdict_k, else "".
    """
    n = len(browse.quizzes)
    log_probability = np.log(np.maximum(browse.probability.astype(np.float64), 1e-8)).sum(2)
    columns: dict[str, object] = {
        "quiz": np.arange(n),
        "source": browse.quizzes.source_names(),
        "task": browse.quizzes.task_names(),
        "structure": browse.quizzes.structure_names(),
        "author": [invented[i].author if i in invented else -1 for i in range(n)],
        "right": browse.correct.sum(0),
        "answers": [len(np.unique(browse.predicted[:, i], axis=0)) for i in range(n)],
    }
    for place, k in enumerate(browse.models):
        columns[f"right_{k}"] = browse.correct[place]
        columns[f"probability_{k}"] = np.exp(log_probability[place])
    for k in browse.models:
        verdicts = (invented[i].verdict.get(k, "") if i in invented else "" for i in range(n))
        columns[f"verdict_{k}"] = list(verdicts)
    return pd.DataFrame(columns)


def in_order(table: pd.DataFrame, order: str) -> pd.DataFrame:
    """The rows in one of ORDERS; equal ones in turn."""
    if order == HARDEST:
        hardness = table.filter(like="probability_").mean(axis=1)
        return table.loc[hardness.sort_values(kind="stable").index]
    return table.sort_values("answers", ascending=False, kind="stable") if order == DISPUTED else table


def agreement(browse: BrowseSet, quizzes: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How often two GPTs give the same answer: over some quizzes, and over those that both get wrong.

    quizzes: their places. Two square tables of shares by GPT, the second NaN where no quiz is wrong for both.
    """
    predicted, wrong = browse.predicted[:, quizzes], ~browse.correct[:, quizzes]
    same = (predicted[:, None] == predicted[None]).all(3)
    both_wrong = wrong[:, None] & wrong[None]
    names = [f"GPT {k}" for k in browse.models]
    with np.errstate(invalid="ignore"):
        shares = (same.mean(2), (same & both_wrong).sum(2) / both_wrong.sum(2))
    return pd.DataFrame(shares[0], names, names), pd.DataFrame(shares[1], names, names)
