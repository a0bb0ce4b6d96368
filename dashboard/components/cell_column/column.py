"""What one GPT makes of one cell: the token it expects, how probable each is, and the features that fire."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from culture_core.figures.style import DIGITS, GridStyle, contrast_colour
from culture_core.world.vocabulary import N_TOKENS
from dashboard.components.page.display import chosen_style
from dashboard.data.cells import FiringFeature, token_name

HERE = Path(__file__).parent
FIRST_SHOWN = 10
FEATURE_PAGE = "views/feature.py"
MARKER_GROUND = "#e6e4ec"
MARKER_LETTERS = ("A", "fA", "B", "fB")

_mount = st.components.v2.component(
    "culture_cell_column",
    html='<div class="root"></div>',
    css=(HERE / "cell_column.css").read_text(),
    js=(HERE / "cell_column.js").read_text(),
)


def cell_column(
    logits: np.ndarray,
    probabilities: np.ndarray,
    truth: int,
    features: Sequence[FiringFeature],
    *,
    key: str,
    address: Mapping[str, str],
    heading: str,
    note: str = "",
    chosen: int | None = None,
    matched: int | None = None,
    on_choose: Callable[[int | None], None],
) -> None:
    """Draw one GPT's column.

    logits, probabilities: (15,) of the token at the cell; truth: the token that stands there.
    address: query parameters of this GPT's Feature page, without a feature. note: shown instead of features.
    chosen: the feature drawn on the grids; matched: the best match of one chosen in another GPT.
    on_choose: called with the feature that was clicked, None when it was the chosen one, before the script
    runs again.
    """
    data = {
        "tokens": _tokens(logits, probabilities, chosen_style()),
        "expected": int(probabilities.argmax()),
        "truth": truth,
        "features": [_feature(feature) for feature in features],
        "first": FIRST_SHOWN,
        "heading": heading,
        "note": note,
        "chosen": chosen,
        "matched": matched,
        "address": dict(address),
    }
    known = {feature.feature for feature in features}
    result = _mount(
        key=key,
        data=data,
        on_chosen_change=partial(_tell, key, known, on_choose),
        on_opened_change=_nothing,
    )
    if result.opened in known:
        st.switch_page(FEATURE_PAGE, query_params={**address, "feature": str(result.opened)})


def _nothing() -> None:
    """Streamlit reports a trigger only where it has a callback."""


def _tell(key: str, known: set[int], on_choose: Callable[[int | None], None]) -> None:
    chosen = st.session_state[key].chosen
    if isinstance(chosen, int):
        on_choose(chosen if chosen in known else None)


def _feature(feature: FiringFeature) -> dict[str, Any]:
    share = "" if feature.share is None else f", {feature.share:.0%} of its maximum"
    return {
        "id": feature.feature,
        "activation": feature.activation,
        "share": feature.share,
        "words": feature.words,
        "title": f"{feature.sentence}Activation {feature.activation:.4g}{share}. Click to draw it.",
    }


def _tokens(logits: np.ndarray, probabilities: np.ndarray, style: GridStyle) -> list[dict[str, Any]]:
    """The 15 tokens with their colours, logits and probabilities."""
    colours = [*style.palette, *(MARKER_GROUND,) * len(MARKER_LETTERS)]
    digits = [*DIGITS, *MARKER_LETTERS]
    return [
        {
            "name": token_name(token, style.names),
            "digit": digits[token],
            "colour": colours[token],
            "ink": contrast_colour(colours[token]),
            "logit": float(logits[token]),
            "probability": float(probabilities[token]),
        }
        for token in range(N_TOKENS)
    ]
