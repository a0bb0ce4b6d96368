"""Home: one finding told in three pictures; the tasks; what to look at first; who the GPTs are."""

from functools import partial

import streamlit as st

from culture_core.errors import CultureError
from dashboard.components.home.first_looks import headline, introduce, show_first_looks, show_ways_on
from dashboard.components.home.population import show_population, show_saes
from dashboard.components.home.story import show_story
from dashboard.components.home.tasks import show_tasks
from dashboard.components.page.display import choose_display
from dashboard.components.page.problem import tell
from dashboard.components.page.scope import choose_population, scope_of

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    heading = st.container(width="content")
    population = choose_population()
    display = choose_display()
scope_of(population)  # a hook point that is not there is told once, not by every section
heading.title(headline(population), width="content")
introduce(population)
sections = (
    ("", partial(show_story, display=display)),
    ("The tasks", partial(show_tasks, display=display)),
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
