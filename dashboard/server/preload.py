"""Loads what the pages need while the browser still opens.

torch, pandas and plotly take two seconds to import. Without this they would be imported when the first
browser asks for the first page; the server begins with it at its own start, in the background.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from threading import Thread

import streamlit as st

from dashboard.server.garbage import loading_once

SLOW_TO_LOAD = ("dashboard.components.home.story", "dashboard.components.home.population")


def load_ahead() -> None:
    with loading_once(__name__):
        for module in SLOW_TO_LOAD:
            import_module(module)


@asynccontextmanager
async def loading_ahead(_app: st.App) -> AsyncIterator[None]:
    """The life of the server, for `st.App`."""
    Thread(target=load_ahead, daemon=True).start()
    yield
