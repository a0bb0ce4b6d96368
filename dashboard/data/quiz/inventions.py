"""What is known of quizzes the GPTs invented: their author, the verdicts, the rules they were kept by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from culture_core.answers.browse import BrowseSet
from culture_core.culture.reader import CultureSet
from culture_core.culture.settings import VerdictSettings
from culture_core.culture.statistics import n_kept
from culture_core.culture.store import SPLITS
from culture_core.culture.verdicts import VERDICTS
from culture_core.world.vocabulary import CULTURE


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
    row_of = {number: row for row, number in enumerate(culture.table.number.tolist())}
    places = [i for i, source in enumerate(browse.quizzes.source_names()) if source == CULTURE]
    numbers = browse.quizzes.index.tolist()
    return {i: invention_of(culture, row_of[numbers[i]]) for i in places if numbers[i] in row_of}


def invention_of(culture: CultureSet, row: int) -> Invention:
    """What is known of the stored candidate in a row of the table."""
    table = culture.table
    asked = [m for m, p in enumerate(table.probability[row]) if not np.isnan(p)]
    return Invention(
        int(table.author[row]),
        SPLITS[table.split[row]],
        {culture.models[m]: float(table.probability[row, m]) for m in asked},
        {culture.models[m]: VERDICTS[table.verdict[row, m]] for m in asked},
    )


def kept_words(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """How many quizzes were kept, and by which rules: two sentences for each set of rules that kept some."""
    by_rules: dict[VerdictSettings, list[Mapping[str, Any]]] = {}
    for run in runs:
        if "imported" not in run and n_kept(run):
            by_rules.setdefault(VerdictSettings(**run["settings"]["verdicts"]), []).append(run)
    return [_kept_by(rules, judged) for rules, judged in by_rules.items()]


def _kept_by(rules: VerdictSettings, runs: Sequence[Mapping[str, Any]]) -> str:
    n_candidates, n = sum(run["candidates"] for run in runs), sum(n_kept(run) for run in runs)
    usual = VerdictSettings()
    differs = _bounds(rules) != _bounds(usual)
    aside = f" (published: {usual.understands:g}, {usual.fails:g}, {_noise(usual)})" if differs else ""
    return (
        f"Culture: of {n_candidates:,} quizzes that the GPTs invented, {n:,} were kept, those that "
        f"{rules.min_failures} to {rules.max_failures} GPTs fail and all others understand. "
        f"A GPT {_bounds(rules)}{aside}."
    )


def _bounds(rules: VerdictSettings) -> str:
    return (
        f"understands a quiz at a probability of {rules.understands:g} or more and fails it at "
        f"{rules.fails:g} or less, shown {_noise(rules)}"
    )


def _noise(rules: VerdictSettings) -> str:
    return f"with {rules.noise:.0%} noise" if rules.noise else "without noise"
