"""What each layer knows: the readout applied after each block."""

from dataclasses import replace

import numpy as np
import streamlit as st

from culture_core.figures.rows import GridRow, quiz_row
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import BLOCK_LENGTH, LAST_GRID, N_COLOURS, QUIZ_LENGTH
from dashboard.components.downloads.grids import grid_downloads
from dashboard.components.grid_board.board import grid_board
from dashboard.components.page.display import Display
from dashboard.data.circuit import explanations
from dashboard.data.population.populations import Population


def show_lens(population: Population, model_k: int, tokens: np.ndarray, display: Display) -> None:
    """Draw what the readout would say after each block, cell by cell."""
    probabilities = explanations.lens(population, model_k, tokens)
    rows = lens_rows(tokens, probabilities)
    grid_board(
        rows,
        key="lens",
        scale=ValueScale("probability of the right token", 1.0),
        ink=False,
        digits=display.digits,
        colour_key=display.colour_key,
        row_width=520,
        max_cell=14,
        clickable=False,
    )
    with st.container(horizontal=True):
        grid_downloads(rows, None, name=f"gpt{model_k}_lens", digits=display.digits)


def lens_rows(tokens: np.ndarray, probabilities: np.ndarray) -> list[GridRow]:
    """A row a layer: the most probable colour of every cell there, crossed where it is not the quiz's.

    probabilities: (blocks + 1, 404, 15).
    """
    rows = []
    cells = np.arange(QUIZ_LENGTH) % BLOCK_LENGTH != 0
    for layer, by_token in enumerate(probabilities):
        expected = np.where(cells, by_token[:, :N_COLOURS].argmax(1), tokens).astype(np.uint8)
        right = by_token[np.arange(QUIZ_LENGTH), tokens]
        wrong = expected != tokens
        row = quiz_row(
            expected,
            values=right,
            caption="Before any block" if layer == 0 else f"After block {layer - 1}",
            detail=f"{int(wrong[LAST_GRID].sum())} of 100 cells of the last grid wrong",
        )
        rows.append(replace(row, truth=np.asarray(tokens, dtype=np.uint8)))
    return rows
