"""The router: which pages there are, and how a problem is told to the reader."""

from pathlib import Path

import streamlit as st

from collector import loading_once
from components.problem import show_problem
from culture_core.errors import CultureError

ICON = (Path(__file__).parent / "icon.svg").read_text()

st.set_page_config(page_title="Culture feature browser", page_icon=ICON, layout="wide")

page = st.navigation(
    [
        st.Page("views/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("views/quizzes.py", title="Quizzes", icon=":material/grid_view:", url_path="quizzes"),
        st.Page("views/features.py", title="Features", icon=":material/table_rows:", url_path="features"),
        st.Page("views/feature.py", title="Feature", icon=":material/bolt:", url_path="feature"),
        st.Page("views/cell.py", title="Cell view", icon=":material/my_location:", url_path="cell"),
        st.Page("views/universal.py", title="Universal", icon=":material/compare:", url_path="universal"),
        st.Page("views/compare.py", title="Compare", icon=":material/difference:", url_path="compare"),
        st.Page("views/circuits.py", title="Circuits", icon=":material/account_tree:", url_path="circuits"),
        st.Page("views/lab.py", title="Lab", icon=":material/science:", url_path="lab"),
        st.Page("views/lists.py", title="Lists", icon=":material/star:", url_path="lists"),
    ],
    position="top",
)
with loading_once(page.url_path):
    try:
        page.run()
    except CultureError as error:
        show_problem(error)
