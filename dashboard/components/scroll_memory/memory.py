"""Back and Forward keep the scroll position: an invisible component on every page."""

from pathlib import Path

from dashboard.components.scroll_memory.messages import ScrollMessage
from dashboard.components.web.mount import invisible

PATIENCE_SECONDS = 6.0

_mount = invisible(Path(__file__).parent)


def remember_scrolling() -> None:
    """Let the browser return to where the reader was, once the page is long enough again."""
    message: ScrollMessage = {"patience": 1000 * PATIENCE_SECONDS}
    _mount(key="scroll_memory", data=message)
