"""The exchange with the browser's storage: an invisible component on every page."""

from pathlib import Path

import streamlit as st

from dashboard.components.browser_notes.messages import StorageMessage
from dashboard.components.web.mount import invisible, no_answer
from dashboard.notes.browser import BrowserBook

KEY = "browser_notes"

_mount = invisible(Path(__file__).parent)


def exchange_with_browser(book: BrowserBook) -> None:
    """Hand changes to the browser, and take what it has stored."""
    known = st.session_state.get(KEY)
    if known is not None and isinstance(known.stored, list):
        book.take_up(known.stored)
    message: StorageMessage = {"changes": book.unstored()}
    result = _mount(key=KEY, data=message, on_stored_change=no_answer, on_refused_change=no_answer)
    if result.refused:
        st.toast(
            "Your browser refuses to store notes: they are lost when you close this page. Export them under "
            "Lists.",
            icon=":material/error:",
        )
