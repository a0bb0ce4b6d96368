"""Components of our own: a folder with a script, a style sheet and the messages they exchange."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.components.web.bundle import bundle

HTML = '<div class="root"></div>'
BASE = Path(__file__).parent / "base.css"


def component(folder: Path, *, styles: Sequence[Path] = ()) -> Callable[..., Any]:
    """The component whose script and style sheet are named as their folder.

    styles: more style sheets, that its own adds to.
    """
    name = folder.name
    sheets = [BASE, *styles, folder / f"{name}.css"]
    return st.components.v2.component(
        f"culture_{name}",
        html=HTML,
        css="\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets),
        js=bundle(folder / f"{name}.js"),
    )


def invisible(folder: Path) -> Callable[..., Any]:
    """A component that draws nothing: the script that is named as its folder."""
    name = folder.name
    return st.components.v2.component(
        f"culture_{name}", js=bundle(folder / f"{name}.js"), isolate_styles=False
    )


def no_answer() -> None:
    """For triggers that only run the script again: Streamlit reports one only where it has a callback."""
