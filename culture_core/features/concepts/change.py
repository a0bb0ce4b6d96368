"""Concepts of change: what f does to a cell. In the second grid of a pair, the one the rule has to make, the
first changed cell is where the answer is decided (the study's "transform cell")."""

from collections.abc import Iterator

from culture_core.features.concepts.cells import IS_CELL, Mask, QuizCells
from culture_core.features.concepts.concept import Concept, on_and_before
from culture_core.world.vocabulary import BACKGROUND

KIND = "change"


def change_concepts() -> Iterator[Concept]:
    """All concepts of change, and of noise; "new" and "changed" are against the other grid of the pair."""
    for name, phrase, mask in (
        ("changed", "a cell that differs between the grids of its pair", lambda cells: cells.changed),
        ("answer_changed", "a changed cell of a second grid", lambda cells: cells.answer_changed),
        ("first_changed", "the first changed cell of a second grid", lambda cells: cells.first_changed),
        ("last_changed", "the last changed cell of a second grid", lambda cells: cells.last_changed),
        ("decision", "the first changed cell of a predicted grid", _decision),
        ("filled", "a newly painted cell of a second grid", _filled),
        ("emptied", "a newly emptied cell of a second grid", _emptied),
        ("recoloured", "a recoloured cell of a second grid", _recoloured),
        ("copied", "an unchanged painted cell of a second grid", _copied),
    ):
        yield from on_and_before(name, phrase, KIND, mask)
    yield Concept("undecided", "in a second grid ahead of its first changed cell", KIND, _undecided)
    yield Concept("decided", "in a second grid from its first changed cell on", KIND, _decided)
    yield Concept("on:noise", "on a noise cell", KIND, lambda cells: cells.noise)
    yield Concept("on:visible_noise", "on a noise cell that lost its colour", KIND, _visible_noise)


def _decision(cells: QuizCells) -> Mask:
    return cells.first_changed & cells.predicted


def _filled(cells: QuizCells) -> Mask:
    return cells.answer_changed & (cells.pair_colour == BACKGROUND)


def _emptied(cells: QuizCells) -> Mask:
    return cells.answer_changed & (cells.clean == BACKGROUND)


def _recoloured(cells: QuizCells) -> Mask:
    return cells.answer_changed & (cells.pair_colour != BACKGROUND) & (cells.clean != BACKGROUND)


def _copied(cells: QuizCells) -> Mask:
    return cells.second & ~cells.changed & (cells.clean != BACKGROUND)


def _undecided(cells: QuizCells) -> Mask:
    return cells.second & ~cells.change_has_begun


def _decided(cells: QuizCells) -> Mask:
    return cells.change_has_begun


def _visible_noise(cells: QuizCells) -> Mask:
    return cells.noise & (cells.tokens != cells.clean) & IS_CELL
