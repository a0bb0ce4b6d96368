"""What one GPT makes of one cell: the token it expects, how probable each is, and the features that fire."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

from dashboard.components.cell_column.messages import ColumnMessage, feature_message, token_messages
from dashboard.components.page.display import chosen_style
from dashboard.components.web.mount import component, no_answer
from dashboard.data.feature.firing_features import FiringFeature

FIRST_SHOWN = 10
FEATURE_PAGE = "views/feature.py"

_mount = component(Path(__file__).parent)


def cell_column(
    logits: np.ndarray,
    probabilities: np.ndarray,
    truth: int,
    features: Sequence[FiringFeature],
    *,
    key: str,
    model_k: int,
    address: Mapping[str, str],
    lab: Mapping[str, str],
    heading: str,
    note: str = "",
    chosen: int | None = None,
    matched: int | None = None,
    on_choose: Callable[[int | None], None],
) -> None:
    """Draw one GPT's column.

    logits, probabilities: (15,) of the token at the cell; truth: the token that stands there.
    address: query parameters of this GPT's Feature page, without a feature. lab: those of the quiz and the
    cell in the Lab. note: shown instead of features.
    chosen: the feature drawn on the grids; matched: the best match of one chosen in another GPT.
    on_choose: called with the feature that was clicked, None when it was the chosen one, before the script
    runs again.
    """
    message: ColumnMessage = {
        "tokens": token_messages(logits, probabilities, chosen_style()),
        "expected": int(probabilities.argmax()),
        "truth": truth,
        "features": [feature_message(feature, model_k) for feature in features],
        "first": FIRST_SHOWN,
        "heading": heading,
        "note": note,
        "chosen": chosen,
        "matched": matched,
        "address": dict(address),
        "lab": dict(lab),
    }
    known = {feature.feature for feature in features}
    clicked = partial(_tell, key, known, on_choose)
    result = _mount(key=key, data=message, on_chosen_change=clicked, on_opened_change=no_answer)
    if result.opened in known:
        st.switch_page(FEATURE_PAGE, query_params={**address, "feature": str(result.opened)})


def _tell(key: str, known: set[int], on_choose: Callable[[int | None], None]) -> None:
    chosen = st.session_state[key].chosen
    if isinstance(chosen, int):
        on_choose(chosen if chosen in known else None)
