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
from dashboard.data.words.number_words import share_words
from dashboard.data.words.token_names import TOKEN_NAMES

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


def colour_bars(title: str, effects: np.ndarray, least: float, help: str = "") -> BarsPanel | WordsPanel:
    """What a feature does to the logits (11,) of the colours, most promoted first, without those that it
    changes by less than `least`."""
    highest = max(float(np.abs(effects).max()), 1e-12)
    rows: list[BarRow] = [
        {
            "label": TOKEN_NAMES[token],
            "token": int(token),
            "share": float(effects[token]) / highest,
            "text": f"{effects[token]:+.2f}",
        }
        for token in np.argsort(-effects, kind="stable")
        if abs(effects[token]) >= least
    ]
    if not rows:
        return words(title, f"It changes no colour by {least:g} logits or more on its direct path.")
    return {"kind": "bars", "title": title, "help": help, "signed": True, "rows": rows}


def histogram(title: str, edges: np.ndarray, counts: np.ndarray, help: str = "") -> HistogramPanel:
    """How often a feature fires at which strength, from 0 to its maximum.

    edges: (b + 1,) bin edges, the first 0 and the last the maximum; counts: (b,). Where the bins differ in
    width, the area of a bar is its count.
    """
    maximum = max(float(edges[-1]), 1e-12)
    start, end = edges[:-1] / maximum, edges[1:] / maximum
    per_width = counts / np.maximum((end - start) * len(counts), 1e-12)
    linear = per_width / max(per_width.max(), 1e-12)
    logarithmic = np.log1p(per_width) / max(np.log1p(per_width.max()), 1e-12)
    bars: list[HistogramBar] = [
        {
            "start": float(a),
            "end": float(b),
            "linear": float(height),
            "logarithmic": float(log_height),
            "title": f"{count:,} tokens fire at {a * maximum:.3g} to {b * maximum:.3g}",
        }
        for a, b, height, log_height, count in zip(start, end, linear, logarithmic, counts, strict=True)
    ]
    return {
        "kind": "histogram",
        "title": title,
        "help": help,
        "bars": bars,
        "maximum": float(edges[-1]),
        "high": f"{edges[-1]:.3g}",
        "unit": "activation",
        "alt": f"Histogram of {int(counts.sum()):,} activations from 0 to {edges[-1]:.3g}",
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
