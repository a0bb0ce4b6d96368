"""Reading the stored candidates: quizzes, and a table of what became of each."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from culture_core.artifacts import PopulationFolder
from culture_core.culture.published import open_store
from culture_core.culture.store import NEITHER, SPLITS, CandidateTable
from culture_core.culture.verdicts import REASONS, VERDICTS
from culture_core.errors import CultureError, suggested
from culture_core.world.quizzes import QuizBatch, batch_from_tokens

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class CultureSet:
    """n stored candidates: quizzes and table go row by row; models: ids of the GPTs of the table's columns.

    The quizzes' index is the candidates' number. runs: the record of every run, see store.CultureStore.
    """

    quizzes: QuizBatch
    table: CandidateTable
    models: tuple[int, ...]
    runs: tuple[dict[str, Any], ...]

    def frame(self) -> "pd.DataFrame":
        """One row per candidate: number, run, round, author, grown, reason, split, and for each GPT k its
        probability `p_k` and verdict `verdict_k`."""
        import pandas as pd

        plain = {name: getattr(self.table, name) for name in ("number", "run", "round", "author", "grown")}
        named = {
            "reason": np.array(REASONS)[self.table.reason],
            "split": np.array(SPLITS)[self.table.split],
        }
        probabilities = {f"p_{k}": self.table.probability[:, m] for m, k in enumerate(self.models)}
        verdicts = {
            f"verdict_{k}": np.array(VERDICTS)[self.table.verdict[:, m]] for m, k in enumerate(self.models)
        }
        return pd.DataFrame({**plain, **named, **probabilities, **verdicts})


def open_culture(population: PopulationFolder) -> CultureSet:
    """Open the candidates stored in a population, in the order in which they were invented.

    Errors: CultureError that says what to run when there are none, or the file is damaged.
    """
    store = open_store(population)
    if not len(store.table):
        raise CultureError(
            f"no culture quizzes in {population.root}; "
            f"run {suggested('invent', '--population', population.root, '--n', '1000')}"
        )
    quizzes = batch_from_tokens(torch.from_numpy(store.table.tokens))
    numbered = replace(quizzes, index=torch.from_numpy(store.table.number))
    return CultureSet(numbered, store.table, store.models, store.runs)


def kept_culture(population: PopulationFolder) -> CultureSet:
    """Open the candidates that were kept, in the order in which they were invented.

    Errors: CultureError that says what to run when there are none.
    """
    culture = open_culture(population)
    kept = culture.table.split != NEITHER
    if not kept.any():
        raise CultureError(f"no culture quiz in {population.root} was kept; run `culture invent` for longer")
    return replace(culture, quizzes=culture.quizzes[torch.from_numpy(kept)], table=culture.table[kept])
