"""The cells of the features table: numbers as words and bars, the strongest grid as a thumbnail."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from culture_core.features.index.reader import FeatureIndex
from culture_core.figures.style import ValueScale
from culture_core.universality.excess import HIGH
from culture_core.world.vocabulary import BLOCK_LENGTH
from dashboard.components.feature_list.listing import Column, grid_cell
from dashboard.components.feature_list.messages import BarCell, GridCell, PairCell
from dashboard.components.page.scope import Scope
from dashboard.data.feature.feature_table import r_columns
from dashboard.data.feature.peak_task import NONE_STANDS_OUT
from dashboard.data.population import indexes
from dashboard.data.words.number_words import share_words
from dashboard.data.words.token_names import TOKEN_NAMES

COLUMNS = (
    Column("starred", "", "star"),
    Column("feature", "Feature", "feature", "GPT and number; a click opens it", sortable=True),
    Column("grid", "Strongest", "grid", "the grid on which it fires most strongly"),
    Column("density", "Density", "number", "share of tokens it fires on", sortable=True),
    Column("max", "Maximum", "number", "largest activation", sortable=True),
    Column("task", "Most in", "words", "the task it fires most in, where one stands out", sortable=True),
    Column("concept", "Best concept", "words", "the concept it follows best", sortable=True),
    Column("f1", "F1", "bar", "on held-out quizzes; the line is F1 with quizzes shuffled", sortable=True),
    Column("gain", "F1 gain", "number", "F1 above F1 with quizzes shuffled", sortable=True, narrow=False),
    Column("universality", "Universality", "bar", "mean over the other GPTs of the best r", sortable=True),
    Column("excess", "Excess", "bar", "universality above the highest baseline", sortable=True),
    Column(
        "gpts",
        "GPTs",
        "number",
        f"in how many it is found: best match more than {HIGH} in r above the highest baseline",
        sortable=True,
        narrow=False,
    ),
    Column("pairs", "Best r in each GPT", "pairs", "a dot: its own GPT", narrow=False),
    Column(
        "promoted",
        "Promotes",
        "token",
        "the colour it raises most, and by how many logits at its maximum, above the mean of the colours; "
        "by its direct path; small effects are left out",
        sortable=True,
        narrow=False,
    ),
    Column("name", "Your name, lists, note", "words", sortable=True),
)


def shown_columns(table: pd.DataFrame, *, notes: bool) -> list[Column]:
    """The columns that the table has something for; `notes`: with the reader's words."""
    return [
        column
        for column in COLUMNS
        if column.name == "grid"
        or (column.name == "pairs" and r_columns(table))
        or (column.name in table and (column.name != "name" or notes))
    ]


def row_cells(scope: Scope, record: Any, here: Mapping[str, str]) -> dict[str, Any]:
    """The cells of one feature; record: a row of the table; here: the list, as a query parameter."""
    gpt, feature = int(record.gpt), int(record.feature)
    cells = {
        "href": f"feature?{urlencode(scope.link(gpt=gpt, feature=feature, **here))}",
        "starred": bool(record.starred),
        "feature": f"GPT {gpt} · {feature}",
        "grid": strongest_grid(indexes.index(scope.population, scope.hook, gpt), feature),
        "density": "never fires" if record.dead else share_words(record.density),
        "max": "" if record.dead else f"{record.max:.3g}",
        "task": _task_lines(record),
        "name": [record.name, ", ".join(record.lists), _shortened(record.note)],
    }
    if hasattr(record, "universality"):
        cells["universality"] = bar(record.universality)
    if hasattr(record, "excess"):
        cells["excess"] = bar(record.excess)
    if hasattr(record, "concept"):
        cells["concept"] = record.concept_words
        cells["f1"] = bar(record.f1, record.baseline_f1, f"with quizzes shuffled {record.baseline_f1:.2f}")
        cells["gain"] = "" if np.isnan(record.gain) else f"{record.gain:+.2f}"
    if hasattr(record, "promoted") and record.promoted:
        token = TOKEN_NAMES.index(record.promoted)
        cells["promoted"] = {"index": token, "name": record.promoted, "text": f"{record.promoted_by:+.1f}"}
    if hasattr(record, "gpts") and not record.dead:
        cells["gpts"] = f"{record.gpts:.0f}"
    if not record.dead:
        cells["pairs"] = pair_cells(record)
    return cells


def pair_cells(record: Any) -> list[PairCell]:
    """The best r of a row of the table in each GPT."""
    found = {name: getattr(record, name) for name in r_columns(record._fields)}
    return [
        {"gpt": int(name.removeprefix("r_")), "r": None if np.isnan(r) else float(r)}
        for name, r in found.items()
    ]


def _task_lines(record: Any) -> list[str]:
    if record.dead:
        return []
    if not record.task:
        return ["", NONE_STANDS_OUT]
    return [record.task, f"{record.task_share:.0%} of its firing"]


def bar(value: float, mark: float | None = None, help: str = "") -> BarCell | None:
    """A number from 0 to 1 with a bar; `mark` is a line on it."""
    if np.isnan(value):
        return None
    cell: BarCell = {"share": float(value), "text": f"{value:.2f}", "help": help}
    if mark is not None and not np.isnan(mark):
        cell["mark"] = float(mark)
    return cell


def strongest_grid(index: FeatureIndex, feature: int) -> GridCell | None:
    """The grid with the largest activation of a feature, or None when it never fires."""
    top = index.top(feature)
    if len(top.quiz) == 0:
        return None
    block = int(top.position[0]) // BLOCK_LENGTH
    cells = slice(block * BLOCK_LENGTH + 1, (block + 1) * BLOCK_LENGTH)
    scale = ValueScale("activation", index.max_activation(feature))
    tokens = indexes.index_quizzes(index).tokens[top.quiz[0]]
    return grid_cell(tokens[cells], scale.shares(top.activations[0][cells]))


def _shortened(text: str, limit: int = 160) -> str:
    return text if len(text) <= limit else f"{text[:limit].rstrip()} …"
