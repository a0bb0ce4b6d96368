"""The answered quizzes as a table, and how far the answers agree."""

import numpy as np
import pandas as pd

from culture_core.answers.browse import BrowseSet
from dashboard.data.quiz.inventions import Invention

IN_TURN, HARDEST, EASIEST, DISPUTED = "in-turn", "hardest", "easiest", "disputed"
ORDERS = {
    IN_TURN: "by number",
    HARDEST: "hardest first",
    EASIEST: "easiest first",
    DISPUTED: "most different answers first",
}


def quiz_table(browse: BrowseSet, invented: dict[int, Invention]) -> pd.DataFrame:
    """One row per quiz.

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
    """The rows in one of ORDERS; equal ones by number."""
    if order in (HARDEST, EASIEST):
        ease = table.filter(like="probability_").mean(axis=1)
        return table.loc[ease.sort_values(kind="stable", ascending=order == HARDEST).index]
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
