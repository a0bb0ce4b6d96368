"""Panels about a feature on a page, light enough to redraw at every step: drawn by feature_panels.js."""

from collections.abc import Sequence
from pathlib import Path

from culture_core.figures.style import GridStyle
from dashboard.components.feature_panels.messages import Panel, PanelsMessage
from dashboard.components.page.display import chosen_style
from dashboard.components.web.messages import style_message
from dashboard.components.web.mount import component

_mount = component(Path(__file__).parent)


def feature_panels(
    panels: Sequence[Panel], *, key: str, width: int = 300, style: GridStyle | None = None
) -> None:
    """Draw panels in as many columns of at least `width` pixels as fit."""
    message: PanelsMessage = {
        "panels": list(panels),
        "width": width,
        "style": style_message(style or chosen_style()),
    }
    _mount(key=key, data=message)
