"""The links at the top of every page; each takes along what the reader looks at."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.page import carried
from dashboard.components.page.scope import Scope

STYLES = tuple(Path(__file__).with_name(name) for name in ("navigation.css", "print.css"))


def tab_title(title: str, asked: Mapping[str, str]) -> str:
    """What the browser's tab says: the page's title and, where the link names one, the feature.

    asked: query parameters.
    """
    gpt, feature = asked.get("gpt", ""), asked.get("feature", "")
    named = gpt.isascii() and gpt.isdigit() and feature.isascii() and feature.isdigit()
    return f"GPT {gpt[:9]} · {feature[:9]} · {title}" if named else title


def navigation_place() -> DeltaGenerator:
    """Where the links stand."""
    for sheet in STYLES:
        st.html(sheet)
    return st.empty()


def show_navigation(
    place: DeltaGenerator, pages: Mapping[str, st.Page], scope: Scope | None, *, again: bool = False
) -> None:
    """Draw a link to every page, by name; `again`: in place of those that were drawn before."""
    with place.container(horizontal=True, gap="xxsmall", key=f"navigation-{int(again)}"):
        for name, page in pages.items():
            st.page_link(page, query_params=carried.parameters_of(name, scope))
