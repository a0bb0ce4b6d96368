"""Which population and hook point a view is about."""

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from culture_core.errors import CultureError
from dashboard.components.page import permalink
from dashboard.components.page.display import display_parameters
from dashboard.data import populations
from dashboard.data.populations import Population
from dashboard.data.scope_words import quiet_words

# query parameters that name things of one population
OF_A_POPULATION = (
    *("gpt", "feature", "cell", "page", "set", "number", "position", "show"),
    *("features", "shown", "head", "author", "invent", "measured", "against", "change"),
)


@dataclass(frozen=True)
class Scope:
    """A population and one of its hook points."""

    population: Population
    hook: str

    def link(self, **parameters: object) -> dict[str, str]:
        """Query parameters of a view of this scope as the reader displays it.

        The default population and hook point are left out.
        """
        scope: dict[str, object] = {}
        if self.population.name != populations.population_names()[0]:
            scope["population"] = self.population.name
        if self.population.hooks and self.hook != self.population.hooks[0]:
            scope["hook"] = self.hook
        return display_parameters() | {name: str(value) for name, value in (scope | parameters).items()}

    def cell_addresses(self, quiz_set: str, numbers: Iterable[int]) -> list[dict[str, str]]:
        """Query parameters of the Cell view for quizzes of a set, for `grid_board`'s addresses.

        quiz_set: one of quiz_sets.QUIZ_SETS; numbers: of the quizzes in it.
        """
        return [self.link(set=quiz_set, number=int(number)) for number in numbers]


def asked_scope() -> Scope | None:
    """The scope that the URL names, without selectors; None where there is none."""
    try:
        names = populations.population_names()
        population = populations.population(permalink.read("population") or names[0])
        hook = populations.the_hook(population, permalink.read("hook")) if population.hooks else ""
        return Scope(population, hook)
    except CultureError:
        return None


def show_scope(scope: Scope | None) -> None:
    """One quiet line: which population, hook point and SAEs the page is about."""
    if scope is not None:
        with st.container(key="scope-line"):
            st.caption(quiet_words(scope.population, scope.hook))


def choose_population() -> Population:
    """The population of the URL; a selector where there are several."""
    names = populations.population_names()
    name = permalink.read_choice("population", names, names[0])
    if len(names) > 1:
        resets = ("hook", *OF_A_POPULATION)
        st.selectbox("Population", names, width=260, **permalink.bound("population", name, resets=resets))
    return populations.population(name)


def choose_scope() -> Scope:
    """The population and hook point of the URL; selectors where there are several."""
    population = choose_population()
    return Scope(population, choose_hook(population))


def choose_hook(population: Population) -> str:
    """The hook point of the URL; a selector where there are several."""
    hook = populations.the_hook(population, permalink.read("hook"))
    if len(population.hooks) > 1:
        resets = ("gpt", "feature", "cell", "show")
        st.selectbox(
            "Hook point", population.hooks, width=260, **permalink.bound("hook", hook, resets=resets)
        )
    return hook
