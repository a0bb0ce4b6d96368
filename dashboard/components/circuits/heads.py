"""What the heads attend to: all heads in a table, one by offset, and on the grids of a quiz."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from culture_core.evaluation.circuits import Circuits
from culture_core.figures.circuits import offset_profile
from culture_core.figures.rows import GridRow, position_name, quiz_row
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import BLOCK_LENGTH, LAST_GRID, N_COLOURS, QUIZ_LENGTH
from dashboard.components.downloads.grids import grid_downloads
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.grid_board.board import CellClick, grid_board
from dashboard.components.page import permalink
from dashboard.components.page.charts import chart
from dashboard.components.page.display import Display
from dashboard.data import live, loaders

ALL_HEADS = "all"
LEAST_SHOWN = 0.005
ATTENTION = ValueScale("attention", 1.0)
SHARES = ("copy score", "1 back", "2 back", "3 back", "just read", "the 0 in front")


def choose_head(population: loaders.Population) -> tuple[int, str]:
    """Draw the choice of a GPT and a head; return its id and the head, as in "1.0", or ALL_HEADS.

    Errors: CultureError for a GPT or head that is not there.
    """
    model_k = loaders.the_model(population, permalink.read("gpt"))
    config = loaders.model(population, model_k).config
    heads = [f"{block}.{head}" for block in range(config.n_blocks) for head in range(config.n_heads)]
    head = permalink.read_choice("head", [ALL_HEADS, *heads], ALL_HEADS)
    st.selectbox(
        "GPT",
        population.models,
        format_func=lambda k: f"GPT {k}",
        width=130,
        **permalink.bound("gpt", model_k),
    )
    st.selectbox(
        "Head",
        [ALL_HEADS, *heads],
        format_func=lambda name: "all heads" if name == ALL_HEADS else f"head {name}",
        width=140,
        **permalink.bound("head", head),
    )
    return model_k, head


def show_heads(circuits: Mapping[int, Circuits], model_k: int, head: str) -> None:
    """Draw the table of all heads and the profile of the chosen one, or of the GPT's best copier."""
    table = head_table(circuits)
    if head == ALL_HEADS:
        head = str(table[model_k == table.GPT].sort_values("1 back").iloc[-1]["head"])
    left, right = st.columns([6, 5], gap="large")
    with left:
        _show_table(table)
    with right:
        block, number = (int(part) for part in head.split("."))
        offsets = circuits[model_k].heads.offsets[block, number]
        strongest = -1 - int(offsets.argmax())
        st.markdown(
            f"**GPT {model_k}, head {head}** looks most at offset **{strongest}** ({offsets.max():.0%})."
        )
        chart(
            offset_profile(offsets),
            f"Attention of head {head} of GPT {model_k} by offset; strongest at {strongest}",
            key="profile",
        )
        st.caption(
            "Averaged over quizzes and over the cells of the last grid. The offset is counted from the token "
            "that is predicted: -1 is the token just read, -10 the cell above, -101 the cell one grid back."
        )


def head_table(circuits: Mapping[int, Circuits]) -> pd.DataFrame:
    """All heads of all GPTs, those that copy the previous grid first."""
    tables = [one.head_table().assign(GPT=k) for k, one in circuits.items()]
    table = pd.concat(tables, ignore_index=True)
    copies = table["copy score"] * table["1 back"]
    order = ["GPT", *table.columns.drop("GPT")]
    return table.loc[copies.sort_values(ascending=False, kind="stable").index, order].reset_index(drop=True)


def _show_table(table: pd.DataFrame) -> None:
    shares = {
        name: st.column_config.ProgressColumn(
            format="%.2f", min_value=0, max_value=1, width=88, help=_meaning(name)
        )
        for name in SHARES
    }
    st.dataframe(
        table,
        hide_index=True,
        height=330,
        column_config={
            "GPT": st.column_config.NumberColumn(width=50),
            "head": st.column_config.Column(width=56),
            **shares,
        },
        on_select=lambda: _open_selected(table),
        selection_mode="single-row",
        key="heads",
        alt="Heads of all GPTs with what they attend to and how well they copy",
    )
    st.caption(
        "Heads that copy the previous grid come first: much attention to the cell one grid back, and a high "
        "copy score. Select a row to see the head."
    )
    with st.container(horizontal=True):
        table_downloads(lambda: table, name="heads")


def _meaning(name: str) -> str:
    meanings = {
        "copy score": "share of cells whose own colour the head promotes most when it attends to them",
        "just read": "attention to the token before the predicted one",
        "the 0 in front": "attention to the 0 that every quiz is given in front",
    }
    return meanings.get(name, "attention to the cell to be predicted, so many grids back")


def _open_selected(table: pd.DataFrame) -> None:
    rows = st.session_state["heads"].selection.rows
    if rows:
        chosen = table.iloc[rows[0]]
        permalink.write(gpt=int(chosen.GPT), head=chosen["head"])


def show_attention(
    population: loaders.Population, model_k: int, head: str, tokens: np.ndarray, display: Display
) -> None:
    """Draw what the heads look at when one cell is predicted; a click chooses another cell."""
    position = permalink.read_number("cell", 1, QUIZ_LENGTH - 1, LAST_GRID.start + 44)
    patterns = live.attention(population, model_k, tokens)
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
        "Click any cell to see what its prediction looks at: only what comes before it can be seen. "
        f"Attention under {LEAST_SHOWN:.1%} is left out."
    )


def _choose_cell(clicked: CellClick) -> None:
    if clicked.position > 0:
        permalink.write(cell=clicked.position)


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


def show_lens(population: loaders.Population, model_k: int, tokens: np.ndarray, display: Display) -> None:
    """Draw what the readout would say after each block, cell by cell."""
    probabilities = live.lens(population, model_k, tokens)
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
