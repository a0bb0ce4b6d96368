"""Quizzes with the answers of every GPT, and how far the answers agree."""

import numpy as np
import pandas as pd
import streamlit as st

from culture_core.answers.browse import BrowseSet
from culture_core.errors import typed
from culture_core.figures.rows import GridRow, answered_row
from culture_core.world.vocabulary import LAST_GRID
from dashboard.components.grid_board.board import grid_board
from dashboard.components.page.display import Display
from dashboard.components.page.scope import Scope
from dashboard.components.quizzes.filters import DOUBT, SOURCE_NAMES
from dashboard.data.population.populations import Population
from dashboard.data.quiz import quiz_sets
from dashboard.data.quiz.doubt import doubt
from dashboard.data.quiz.inventions import Invention
from dashboard.data.quiz.quiz_table import agreement
from dashboard.data.quiz.quizzes import Quizzes


def quiz_answers(
    quizzes: Quizzes, browse: BrowseSet, i: int, invention: Invention | None, unsure: bool
) -> GridRow:
    """Quiz i with the answer of every GPT behind its truth."""
    wrong = (browse.predicted[:, i] != quizzes.tokens[i, LAST_GRID]).sum(1)
    labels = [f"GPT {k} ✓" if n == 0 else f"GPT {k} ✗ {n}" for k, n in zip(browse.models, wrong, strict=True)]
    probability = browse.probability[:, i].astype(np.float32)
    told = [f"quiz {i}", f"{(wrong == 0).sum()} of {len(wrong)} right", alike(browse.predicted[:, i])]
    return answered_row(
        quizzes.tokens[i],
        browse.predicted[:, i],
        labels,
        values=doubt(probability) if unsure else None,
        probability=probability,
        clean=quizzes.clean[i],
        caption=quizzes.task[i],
        detail=" · ".join([*told, *([invention.words()] if invention else [])]),
    )


def alike(answers: np.ndarray) -> str:
    """How many different answers there are, in words; answers: (m, 100)."""
    n = len(np.unique(answers, axis=0))
    return "all answer the same" if n == 1 else f"{n} different answers"


def show_agreement(browse: BrowseSet, found: np.ndarray) -> None:
    """How often two GPTs give the same answer."""
    same, same_wrong = agreement(browse, found)
    for table, words in (
        (same, f"Share of these {len(found)} quizzes that two GPTs answer with the same grid"),
        (same_wrong, "The same share of the quizzes that both get wrong: do they make the same mistake?"),
    ):
        st.markdown(words)
        st.table(table.map(lambda share: "none" if np.isnan(share) else f"{share:.0%}"), border="horizontal")


def show_missing(population: Population, quizzes: Quizzes) -> None:
    """Say how to make the sources that are not there."""
    missing = [SOURCE_NAMES[source] for source in ("unseen", "culture") if source not in quizzes.source]
    if not missing:
        return
    with st.expander(f"No quizzes yet of: {', '.join(missing)}", icon=":material/add_circle:"):
        root = population.folder.root
        has_culture = quiz_sets.has_culture(population)
        invent = [] if has_culture else [typed("invent", "--population", root, "--n", "100")]
        st.caption("Make them with:")
        st.code("\n".join([*invent, typed("answers", "--population", root)]), language="bash")


def found_words(quizzes: Quizzes, browse: BrowseSet, found: np.ndarray, page: slice) -> str:
    """How many quizzes there are, and the share each GPT gets right, by source, as Markdown."""
    source = np.array(quizzes.source)[found]
    lines = [f"**{page.start + 1} to {page.stop}** of {len(found)} quizzes"]
    for name in dict.fromkeys(source.tolist()):
        accuracy = " · ".join(
            f"GPT {k} {share:.0%}"
            for k, share in zip(browse.models, browse.correct[:, found[source == name]].mean(1), strict=True)
        )
        lines.append(f":small[{SOURCE_NAMES[name]}, answered right: {accuracy}]")
    return "  \n".join(lines)


def show_quizzes(scope: Scope, rows: list[GridRow], shown: pd.Series, unsure: bool, display: Display) -> None:
    grid_board(
        rows,
        key="quizzes",
        scale=DOUBT if unsure else None,
        digits=display.digits,
        colour_key=display.colour_key,
        row_width=900,
        clickable=False,
        addresses=scope.cell_addresses(quiz_sets.BROWSE_SET, shown),
    )
