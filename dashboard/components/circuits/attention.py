"""What the heads attend to on the grids of a quiz."""

import numpy as np
import streamlit as st

from culture_core.circuits.heads.one_look import read_head
from culture_core.figures.rows import GridRow, position_name, quiz_row
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import BLOCK_LENGTH, LAST_GRID, QUIZ_LENGTH
from dashboard.components.circuits.heads import ALL_HEADS
from dashboard.components.circuits.looks import show_look
from dashboard.components.downloads.grids import grid_downloads
from dashboard.components.grid_board.board import grid_board
from dashboard.components.grid_board.clicks import CellClick
from dashboard.components.page import permalink
from dashboard.components.page.display import Display
from dashboard.data.circuit import explanations
from dashboard.data.population.populations import Population

LEAST_SHOWN = 0.005
ATTENTION = ValueScale("attention", 1.0)


def show_attention(
    population: Population, model_k: int, head: str, tokens: np.ndarray, display: Display
) -> None:
    """Draw what the heads look at when one cell is predicted; a click chooses another cell."""
    position = permalink.read_number("cell", 1, QUIZ_LENGTH - 1, LAST_GRID.start + 44)
    patterns = explanations.attention(population, model_k, tokens)
    rows = attention_rows(tokens, patterns, position, None if head == ALL_HEADS else head)
    labels = rows[0].labels
    st.markdown(
        f"What GPT {model_k} looks at when it predicts **{position_name(position, labels)}**, outlined."
    )
    grid_board(
        rows,
        key="attention",
        scale=ATTENTION,
        digits=display.digits,
        colour_key=display.colour_key,
        row_width=520,
        max_cell=14 if head == ALL_HEADS else 20,
        markers=True,
        selected=CellClick(0, position // BLOCK_LENGTH, position),
        on_click=_choose_cell,
    )
    with st.container(horizontal=True):
        grid_downloads(rows, ATTENTION, name=f"gpt{model_k}_attention", digits=display.digits)
    st.caption(
        "Click a cell to see what its prediction looks at; only the tokens before it are visible to it. "
        f"Attention below {LEAST_SHOWN:.1%} is not drawn."
    )
    if head == ALL_HEADS:
        st.caption("Choose one head to see why it looks where it does.")
    else:
        block, number = read_head(head)
        show_look(population, model_k, head, tokens, position, patterns[block, number, position])


def _choose_cell(clicked: CellClick) -> None:
    if clicked.position > 0:
        permalink.write(cell=clicked.position, token=None)


def attention_rows(
    tokens: np.ndarray, patterns: np.ndarray, position: int, head: str | None
) -> list[GridRow]:
    """A row for each head, or the one named: its attention to the tokens when one of them is predicted.

    patterns: (blocks, heads, 404, 404). Input i + 1 is token i; input 0, the 0 in front, is told in words.
    """
    rows = []
    for block, number in np.ndindex(*patterns.shape[:2]):
        name = f"{block}.{number}"
        if head not in (None, name):
            continue
        weights = patterns[block, number, position]
        on_tokens = np.append(weights[1:], 0.0)
        shown = np.where(on_tokens >= LEAST_SHOWN, on_tokens, 0.0)
        place = int(on_tokens.argmax())
        labels = quiz_row(tokens).labels
        detail = f"most ({on_tokens[place]:.0%}) at {position_name(place, labels)}, offset {place - position}"
        if weights[0] >= LEAST_SHOWN:
            detail += f" · {weights[0]:.0%} at the 0 in front"
        rows.append(quiz_row(tokens, values=shown, caption=f"Head {name}", detail=detail))
    return rows
