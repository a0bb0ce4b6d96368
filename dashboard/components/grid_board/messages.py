"""What Python and a grid board tell each other; the same shapes stand in messages.js."""

import base64
from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

import numpy as np

from culture_core.figures.rows import GridRow
from culture_core.figures.style import ValueScale, quantise
from culture_core.world.vocabulary import BLOCK_LENGTH
from dashboard.components.grid_board.clicks import CellClick
from dashboard.components.web.messages import GridStyleMessage

TOKEN_LETTERS = "0123456789abcde"


class RowMessage(TypedDict):
    """One row of grids."""

    cells: str
    labels: Sequence[str]
    links: Sequence[str]
    starts: Sequence[int]
    caption: str
    detail: str
    values: NotRequired[str]
    valued: NotRequired[list[bool]]
    probability: NotRequired[str]
    wrong: NotRequired[list[list[int]]]
    noise: NotRequired[list[list[int]]]


class ScaleMessage(TypedDict):
    """What the values of the rows stand for."""

    name: str
    maximum: float


class PlaceMessage(TypedDict):
    """A cell of a board."""

    row: int
    block: int
    offset: int


class BoardMessage(TypedDict):
    """A whole board."""

    rows: list[RowMessage]
    scale: ScaleMessage | None
    ink: bool
    digits: bool
    colourKey: bool
    legend: bool
    rowWidth: int
    perLine: NotRequired[int | None]
    framed: NotRequired[int | None]
    minCell: int
    maxCell: int
    clickable: bool
    addresses: list[dict[str, str]] | None
    markers: bool
    selected: PlaceMessage | None
    style: GridStyleMessage


def row_message(row: GridRow, scale: ValueScale | None) -> RowMessage:
    """What the browser needs of a row: about 1 kB per quiz."""
    message: RowMessage = {
        "cells": "".join(TOKEN_LETTERS[token] for token in row.tokens),
        "labels": row.labels,
        "links": row.links,
        "starts": row.starts,
        "caption": row.caption,
        "detail": row.detail,
    }
    if scale is not None and row.values is not None:
        message["values"] = base64.b64encode(quantise(scale.shares(row.values)).tobytes()).decode()
        message["valued"] = row.valued.tolist()
    if row.probability is not None:
        message["probability"] = base64.b64encode(_percentages(row.probability).tobytes()).decode()
    if row.truth is not None:
        message["wrong"] = _differences(row.tokens, row.truth)
    if row.clean is not None:
        message["noise"] = _differences(row.tokens, row.clean)
    return message


def _percentages(probability: np.ndarray) -> np.ndarray:
    """Probabilities as whole percentages, uint8; 255 where there is none."""
    return np.where(np.isnan(probability), 255, np.round(np.nan_to_num(probability) * 100)).astype(np.uint8)


def _differences(tokens: np.ndarray, other: np.ndarray) -> list[list[int]]:
    """[place, other token] wherever the two differ."""
    return [[int(i), int(other[i])] for i in np.flatnonzero(tokens != other)]


def scale_message(scale: ValueScale | None) -> ScaleMessage | None:
    """A scale as a message."""
    return None if scale is None else {"name": scale.name, "maximum": float(scale.maximum)}


def place_message(selected: CellClick | None, rows: Sequence[GridRow]) -> PlaceMessage | None:
    """A cell as a message; None for one that is not on the board."""
    if selected is None or not 0 <= selected.row < len(rows):
        return None
    if not 0 <= selected.block < rows[selected.row].n_blocks:
        return None
    offset = selected.position - rows[selected.row].starts[selected.block]
    return {"row": selected.row, "block": selected.block, "offset": offset}


def read_click(value: Any, rows: Sequence[GridRow]) -> CellClick | None:
    """What the browser reports as a click, checked against the rows; None for one that fits no cell."""
    try:
        row, block, offset = (int(value[name]) for name in PlaceMessage.__annotations__)
    except (TypeError, KeyError, ValueError):
        return None
    if not (0 <= row < len(rows) and 0 <= block < rows[row].n_blocks and 0 <= offset < BLOCK_LENGTH):
        return None
    return CellClick(row, block, rows[row].starts[block] + offset)
