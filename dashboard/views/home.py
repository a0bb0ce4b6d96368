"""Home: a quiz, a feature and a match in one picture; what to look at first; who the GPTs are; where to
go."""

from functools import partial

import streamlit as st

from culture_core.errors import CultureError
from dashboard.components.home.first_looks import introduce, show_first_looks, show_ways_on
from dashboard.components.home.population import show_population, show_saes
from dashboard.components.home.story import show_story
from dashboard.components.page.display import choose_display
from dashboard.components.page.problem import tell
from dashboard.components.page.scope import choose_population

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("What five GPTs learn of one world", width="content")
    population = choose_population()
    display = choose_display()
introduce(population)
sections = (
    ("", partial(show_story, display=display)),
    ("What to look at first", partial(show_first_looks, display=display)),
    ("Where to go next", show_ways_on),
    ("The GPTs", show_population),
    ("Their SAEs", show_saes),
)
for heading, section in sections:
    if heading:
        st.header(heading)
    try:
        section(population)
    except CultureError as error:
        tell(error)
