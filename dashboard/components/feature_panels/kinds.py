"""Panels made of numbers: bars, a histogram, maps of the four grids, words."""

import base64
from collections.abc import Callable, Mapping

import numpy as np

from culture_core.figures.style import quantise
from culture_core.world.vocabulary import BLOCK_LENGTH, N_COLOURS, N_GRIDS
from dashboard.components.feature_panels.messages import (
    BarRow,
    BarsPanel,
    GridMap,
    HistogramBar,
    HistogramPanel,
    MapsMode,
    MapsPanel,
    WordsPanel,
)
from dashboard.data.number_words import share_words
from dashboard.data.token_names import TOKEN_NAMES

PLACES = ("first grid", "second grid", "third grid", "fourth grid")


def words(title: str, text: str, command: str = "") -> WordsPanel:
    """A panel that says something, such as what to run to fill it."""
    return {"kind": "words", "title": title, "words": text, "command": command}


def rate_bars(title: str, rates: Mapping[str, float], help: str = "") -> BarsPanel:
    """Shares of tokens a feature fires on, by name, largest first."""
    highest = max([*rates.values(), 1e-12])
    ordered = sorted(rates.items(), key=lambda item: -item[1])
    rows: list[BarRow] = [
        {"label": name, "share": rate / highest, "text": share_words(rate)} for name, rate in ordered
    ]
    return {"kind": "bars", "title": title, "help": help, "rows": rows}


def token_rates(title: str, rate: np.ndarray, help: str = "") -> BarsPanel:
    """Shares of cells of each colour a feature fires on: rate (15,), of which the markers are left out."""
    highest = max(float(rate[:N_COLOURS].max()), 1e-12)
    rows: list[BarRow] = [
        {
            "label": TOKEN_NAMES[token],
            "token": token,
            "share": float(rate[token]) / highest,
            "text": share_words(rate[token]),
        }
        for token in range(N_COLOURS)
    ]
    return {"kind": "bars", "title": title, "help": help, "rows": rows}


def token_effects(title: str, effects: np.ndarray, help: str = "") -> BarsPanel:
    """What a feature does to the logits (15,) of the output tokens, most promoted first."""
    highest = max(float(np.abs(effects).max()), 1e-12)
    rows: list[BarRow] = [
        {
            "label": TOKEN_NAMES[token],
            "token": int(token),
            "share": float(effects[token]) / highest,
            "text": f"{effects[token]:+.3f}",
        }
        for token in np.argsort(-effects, kind="stable")
    ]
    return {"kind": "bars", "title": title, "help": help, "signed": True, "rows": rows}


def histogram(title: str, edges: np.ndarray, counts: np.ndarray, help: str = "") -> HistogramPanel:
    """How often a feature fires at which strength; heights are logarithmic, empty bins at the ends left out.

    edges: (b + 1,) bin edges; counts: (b,).
    """
    filled = np.flatnonzero(counts)
    span = slice(int(filled[0]), int(filled[-1]) + 1) if len(filled) else slice(0, 1)
    low, high, shown = edges[:-1][span], edges[1:][span], counts[span]
    heights = np.log1p(shown) / max(np.log1p(shown.max()), 1e-12)
    bars: list[HistogramBar] = [
        {"share": float(height), "title": f"{count:,} tokens fire at {a:.3g} to {b:.3g}"}
        for height, count, a, b in zip(heights, shown, low, high, strict=True)
    ]
    return {
        "kind": "histogram",
        "title": title,
        "help": help,
        "bars": bars,
        "low": f"{low[0]:.3g}",
        "high": f"{high[-1]:.3g}",
        "unit": "activation",
        "alt": f"Histogram of {int(counts.sum()):,} activations",
    }


def position_maps(title: str, rate: np.ndarray, mean: np.ndarray, help: str = "") -> MapsPanel:
    """Where in the quiz a feature fires: four 10 x 10 maps, of how often or how strongly.

    rate, mean: (404,) at every position of a quiz.
    """
    modes: list[MapsMode] = [
        {"name": "how often", "highest": share_words(rate.max()), "maps": _maps(rate, share_words)},
        {"name": "how strongly", "highest": f"{mean.max():.3g}", "maps": _maps(mean, lambda x: f"{x:.3g}")},
    ]
    return {"kind": "maps", "title": title, "help": help, "modes": modes}


def _maps(values: np.ndarray, tell: Callable[[float], str]) -> list[GridMap]:
    cells = np.asarray(values, dtype=float).reshape(N_GRIDS, BLOCK_LENGTH)[:, 1:]
    shares = quantise(cells / max(float(np.max(values)), 1e-12))
    return [
        {
            "label": place,
            "alt": f"{place}: highest {tell(float(grid.max()))}",
            "shares": base64.b64encode(ink.tobytes()).decode(),
            "texts": [tell(float(value)) for value in grid],
        }
        for place, grid, ink in zip(PLACES, cells, shares, strict=True)
    ]
