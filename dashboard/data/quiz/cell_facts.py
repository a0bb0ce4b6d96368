"""The truth about one cell of a quiz."""

from dataclasses import dataclass

import numpy as np
import torch

from culture_core.features.concepts.cells import QuizCells
from culture_core.features.concepts.registry import CONCEPTS
from culture_core.figures.rows import quiz_row
from culture_core.world.pairs import deciding_cell, partner_block
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import BLOCK_LENGTH, FIRST_MARKER, LAST_GRID, QUIZ_LENGTH

LAST_BLOCK = QUIZ_LENGTH - BLOCK_LENGTH
TOLD_KINDS = ("rule", "rectangle", "change", "colour")


@dataclass(frozen=True)
class CellFacts:
    """The truth about one token of a quiz.

    label: of its grid, as in "f(B)". token: what stands there; clean: what stood there before prompt noise.
    source: what the rule was applied to, the clean token at the same place of the other grid of its pair;
    None for a marker and in grids that are no result of the rule.
    deciding: the first cell of the last grid that differs from the grid it goes with: there the rule shows.
    """

    position: int
    label: str
    token: int
    clean: int
    source: int | None
    deciding: bool

    @property
    def is_marker(self) -> bool:
        return self.position % BLOCK_LENGTH == 0


def cell_facts(tokens: np.ndarray, clean: np.ndarray, position: int) -> CellFacts:
    """The truth about the token at a position of a quiz; tokens and clean: (404,) uint8."""
    block = position // BLOCK_LENGTH
    partner = partner_block(torch.from_numpy(tokens.copy()), block)
    is_result = int(tokens[block * BLOCK_LENGTH] - FIRST_MARKER) % 2 == 1
    source = None
    if is_result and position % BLOCK_LENGTH:
        source = int(clean[position + (partner - block) * BLOCK_LENGTH])
    return CellFacts(
        position=position,
        label=quiz_row(tokens).labels[block],
        token=int(tokens[position]),
        clean=int(clean[position]),
        source=source,
        deciding=position == deciding_position(clean),
    )


def deciding_position(clean: np.ndarray) -> int:
    """The first cell of the last grid that differs from the grid it goes with; its first cell when none does.

    clean: (404,) uint8 tokens before noise.
    """
    found = deciding_cell(torch.from_numpy(clean.copy()))
    return LAST_GRID.start if found is None else found


def true_concepts(quiz: QuizBatch, position: int) -> list[str]:
    """What is true of a cell, in the words of the concepts that features are graded on.

    quiz: a batch of one. Concepts of the cell that follows and of the cell's mere place are left out.
    """
    told = [c for c in CONCEPTS if c.kind in TOLD_KINDS and not c.name.startswith("before:")]
    cells = QuizCells(quiz)
    return [c.words.removeprefix("on ") for c in told if c.mask(cells)[0, position]]
