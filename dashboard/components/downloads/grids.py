"""Downloads of what is shown."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from culture_core.figures.grids import draw_rows, to_png, to_svg
from culture_core.figures.rows import GridRow
from culture_core.figures.style import ValueScale
from dashboard.components.page.display import chosen_style


def download_button() -> DeltaGenerator:
    """A button that opens a place for downloads."""
    return st.popover("Download", icon=":material/download:")


def grid_downloads(rows: Sequence[GridRow], scale: ValueScale | None, *, name: str, digits: bool) -> None:
    """Buttons that download the grids as SVG and as PNG, in the reader's colours; each picture is drawn when
    its button is pressed."""
    style = chosen_style()

    def svg() -> str:
        return to_svg(draw_rows(rows, scale=scale, digits=digits, style=style))

    def png() -> bytes:
        return to_png(draw_rows(rows, scale=scale, digits=digits, style=style))

    for kind, mime, draw in (("SVG", "image/svg+xml", svg), ("PNG", "image/png", png)):
        st.download_button(
            kind,
            draw,
            file_name=f"{name}.{kind.lower()}",
            mime=mime,
            icon=":material/download:",
            on_click="ignore",
            key=f"download.{name}.{kind}",
        )
