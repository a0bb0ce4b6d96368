"""What is known of one cell of a quiz, and what each GPT makes of it: plain functions, without Streamlit."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from culture_core.features.concepts.cells import QuizCells
from culture_core.features.concepts.registry import CONCEPTS
from culture_core.features.quiz_reading import QuizReading
from culture_core.figures.rows import GRID_LABELS, quiz_row
from culture_core.world.pairs import deciding_cell, partner_block
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import BLOCK_LENGTH, FIRST_MARKER, LAST_GRID, QUIZ_LENGTH

LAST_BLOCK = QUIZ_LENGTH - BLOCK_LENGTH
SURE = 0.99
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


@dataclass(frozen=True)
class FiringFeature:
    """A feature that fires at a cell: its activation, that as a share of the largest in the index (None where
    there is no index), and what it detects, in short and as a sentence."""

    feature: int
    activation: float
    share: float | None
    words: str
    sentence: str = ""


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


def firing_features(
    reading: QuizReading,
    position: int,
    describe: Callable[[int], tuple[str, str]],
    largest: Callable[[int], float] | None = None,
) -> list[FiringFeature]:
    """The features that fire after reading the token at a position, strongest first.

    describe: feature -> what it detects, in short and as a sentence. largest: feature -> its largest
    activation over the index.
    """
    features, activations = reading.at(position)
    return [
        FiringFeature(
            int(feature),
            float(activation),
            None if largest is None else min(1.0, float(activation) / max(largest(int(feature)), 1e-9)),
            *describe(int(feature)),
        )
        for feature, activation in zip(features, activations, strict=True)
    ]


def feature_frame(features: Mapping[int, Sequence[FiringFeature]]) -> pd.DataFrame:
    """The features that fire at a cell in each GPT (by id), one row a feature: gpt, feature, activation,
    share_of_maximum, detects."""
    rows = [
        (model_k, one.feature, one.activation, one.share, one.words)
        for model_k, fired in features.items()
        for one in fired
    ]
    return pd.DataFrame(rows, columns=["gpt", "feature", "activation", "share_of_maximum", "detects"])


def doubt(probability: np.ndarray) -> np.ndarray:
    """The probability of any other token than the right one, where it is worth drawing: above 1%."""
    return np.where(probability < SURE, 1 - probability, 0)


def token_name(token: int, names: Collection[str]) -> str:
    """A token in words: a colour of `names` with its digit, or a marker."""
    if token < FIRST_MARKER:
        return f"{tuple(names)[token]} ({token:x})"
    return f"the marker of {GRID_LABELS[token - FIRST_MARKER]}"
