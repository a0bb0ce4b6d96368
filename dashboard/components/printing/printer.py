"""Pages print as they stand on the screen, scaled to the width of the paper: an invisible component."""

from pathlib import Path

from dashboard.components.printing.messages import PaperMessage
from dashboard.components.web.mount import invisible

# the narrower of A4 and US letter, landscape, inside the margins of print.css, in pixels of CSS
PAPER_WIDTH = 979

_mount = invisible(Path(__file__).parent)


def fit_to_paper() -> None:
    """Let the browser scale what it prints: boards and charts keep the widths they have on the screen."""
    message: PaperMessage = {"width": PAPER_WIDTH}
    _mount(key="printing", data=message)
