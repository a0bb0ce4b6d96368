"""The quizzes that were invented and kept, with the world task whose rule is nearest to each."""

import numpy as np

from culture_core.culture.nearest.gallery import Gallery, novelty, open_gallery
from culture_core.culture.store import NEITHER
from dashboard.data.cached import shared, written
from dashboard.data.choices import EVERYTHING
from dashboard.data.population.populations import Population
from dashboard.data.quiz import quiz_sets

IN_TURN, NEWEST, STRANGEST = "in-turn", "farthest", "strangest"
ORDERS = {
    NEWEST: "farthest from every rule first",
    STRANGEST: "most unusual first",
    IN_TURN: "as invented",
}
NEW, EXPLAINED = "new", "explained"
RULES = {EVERYTHING: "any or no rule", NEW: "no rule", EXPLAINED: "a rule of the world"}
COLUMNS = {IN_TURN: None, NEWEST: "distance", STRANGEST: "unusual"}


def kept_places(chosen: Population) -> np.ndarray:
    """Which of the stored candidates were kept: their places in CULTURE_SET, in the order of the gallery."""
    return np.flatnonzero(quiz_sets.culture(chosen).table.split != NEITHER)


def compared(chosen: Population) -> tuple[quiz_sets.Written, int | None]:
    """What tells the kept quizzes, and what they were compared with, from others."""
    return quiz_sets.culture_written(chosen), written(chosen.folder.novelty)


@shared(compared, at_most=4, spinner="Comparing every kept quiz with the rules of the world")
def gallery(chosen: Population) -> Gallery:
    """Every kept quiz with author, verdicts and nearest task.

    Errors: CultureError that says what to run when none was kept.
    """
    return open_gallery(chosen.folder)


def in_order(found: Gallery, order: str) -> np.ndarray:
    """The rows of a gallery in one of ORDERS; equal ones as invented."""
    column = COLUMNS[order]
    rows = np.arange(len(found))
    return rows if column is None else np.argsort(-found.frame[column].to_numpy(), kind="stable")


def authors(found: Gallery) -> dict[str, int]:
    """The authors of a gallery's quizzes, by what they are called."""
    return {f"GPT {k}" if k >= 0 else "not known": k for k in sorted(set(found.frame.author.tolist()))}


def fitting(found: Gallery, *, task: str, author: str, rule: str) -> np.ndarray:
    """Which rows of a gallery are nearest to a task, by an author and as one of RULES says, (n,) bool;
    EVERYTHING leaves all of a kind."""
    frame = found.frame
    fits = np.ones(len(frame), dtype=bool)
    if task != EVERYTHING:
        fits &= (frame.task == task).to_numpy()
    if author != EVERYTHING:
        fits &= (frame.author == authors(found)[author]).to_numpy()
    if rule != EVERYTHING:
        fits &= (frame.distance > 0).to_numpy() == (rule == NEW)
    return fits


def novelty_words(found: Gallery) -> str:
    """Whether anything new was invented, in two sentences."""
    report = novelty(found.frame)
    n_new, kept = report["new"], report["kept"]
    quizzes = "1 kept quiz" if kept == 1 else f"{kept:,} kept quizzes"
    if n_new == 0:
        return f"**Nothing new**: a rule of the world explains each of the {quizzes}, cell for cell."
    low, high = report["share_new_interval"]
    follow = "follows" if n_new == 1 else "follow"
    return (
        f"**{n_new:,} of {quizzes}** ({report['share_new']:.0%}, 95% interval {low:.0%} to {high:.0%}) "
        f"{follow} no rule of the world exactly. The new one nearest to a rule contradicts it in "
        f"{report['smallest']} of its 400 cells."
    )


def row_words(found: Gallery, row: int) -> str:
    """The nearest task of one quiz and what it looks like, in one line."""
    one = found.frame.iloc[row]
    cells = "1 cell contradicts" if one.distance == 1 else f"{one.distance} cells contradict"
    rule = "its rule explains every cell" if one.distance == 0 else f"{cells} its rule"
    look = f"looks like {one.guess} ({one.guess_p:.0%})"
    return f"{rule} · {look} · more unusual than {one.unusual:.0%} of world quizzes"
