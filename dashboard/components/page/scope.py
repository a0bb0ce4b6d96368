"""Which population and hook point a view is about."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from culture_core.errors import CultureError
from culture_core.saes.hook_order import short_words
from dashboard.components.page import permalink
from dashboard.components.page.display import display_parameters
from dashboard.data.population import populations
from dashboard.data.population.populations import Population
from dashboard.data.population.scope_words import quiet_words

# query parameters that name things of one hook point, and of one population
OF_A_HOOK = (
    "feature",
    "feature2",
    "latent",
    "cell",
    "page",
    "show",
    "features",
    "shown",
    "measured",
    "within",
    "change",
    "examples",
    *("models", "concept", "promoted", "kind", "f1", "gain", "universality", "excess", "sort", "up"),
    *("size", "absent", "lacks", "gpts", "matched"),
)
OF_A_POPULATION = (
    *(*OF_A_HOOK, "gpt", "gpt2", "set", "number", "position"),
    *("head", "token", "author", "invent", "against", "source", "order", "users"),
)
# the same of one page alone: elsewhere they mean something else
OF_A_PAGE = {
    "features": ("task",),
    "universal": ("task", "by"),
    "quizzes": ("task", "structure"),
    "trace": ("part",),
}


@dataclass(frozen=True)
class Scope:
    """A population and one of its hook points."""

    population: Population
    hook: str

    def link(self, **parameters: object) -> dict[str, str]:
        """Query parameters of a view of this scope as the reader displays it.

        The default population and its main hook point are left out.
        """
        scope: dict[str, object] = {}
        if self.population.name != populations.population_names()[0]:
            scope["population"] = self.population.name
        if self.hook != self.population.main_hook:
            scope["hook"] = self.hook
        return display_parameters() | {name: str(value) for name, value in (scope | parameters).items()}

    def cell_addresses(self, quiz_set: str, numbers: Iterable[int]) -> list[dict[str, str]]:
        """Query parameters of the Cell view for quizzes of a set, for `grid_board`'s addresses.

        quiz_set: one of quiz_sets.QUIZ_SETS; numbers: of the quizzes in it.
        """
        return [self.link(set=quiz_set, number=int(number)) for number in numbers]


def scope_of(population: Population) -> Scope:
    """A population at the hook point of the URL; "" for one without SAEs.

    Errors: CultureError for a hook point without SAEs.
    """
    return Scope(population, populations.any_hook(population, permalink.read("hook")))


def scope_with_saes(population: Population) -> Scope:
    """The same, of a population that has SAEs.

    Errors: CultureError also when it has none.
    """
    return Scope(population, populations.the_hook(population, permalink.read("hook")))


def asked_scope() -> Scope | None:
    """The scope that the URL names; None where there is none."""
    try:
        names = populations.population_names()
        return scope_of(populations.population(permalink.read("population") or names[0]))
    except CultureError:
        return None


def lasting_link(error: CultureError) -> dict[str, str]:
    """Query parameters that outlive an error: the display, and the population and the hook point of the URL
    as far as they are there; not a hook point that the error is about."""
    try:
        population = populations.population(permalink.read("population") or populations.population_names()[0])
    except CultureError:
        return display_parameters()
    hook = permalink.read("hook")
    if hook not in population.hooks or hook in str(error):
        hook = populations.any_hook(population, None)
    return Scope(population, hook).link()


def show_scope(scope: Scope | None, *, choose: bool) -> None:
    """One quiet line: which population, hook point and SAEs the page is about. choose: with a selector of the
    hook point, where there are several."""
    if scope is None:
        return
    choose = choose and len(scope.population.hooks) > 1
    key = "scope-choice" if choose else "scope-line"
    with st.container(key=key, horizontal=True, vertical_alignment="center"):
        if choose:
            choose_hook(scope)
        st.caption(quiet_words(scope.population, scope.hook))


def choose_hook(scope: Scope) -> None:
    """A selector of the hook point, by depth, tied to the URL."""
    main = scope.population.main_hook
    st.segmented_control(
        "Hook point",
        scope.population.hooks,
        format_func=short_words,
        required=True,
        label_visibility="collapsed",
        **permalink.bound(
            "hook",
            scope.hook,
            resets=(*OF_A_HOOK, *OF_A_PAGE.get(permalink.page(), ())),
            encode=lambda hook: None if hook == main else hook,
        ),
    )


def choose_population() -> Population:
    """The population of the URL; a selector where there are several."""
    names = populations.population_names()
    name = permalink.read_choice("population", names, names[0])
    if len(names) > 1:
        resets = dict.fromkeys(("hook", *OF_A_POPULATION, *OF_A_PAGE.get(permalink.page(), ()), *_by_gpt()))
        st.selectbox(
            "Population", names, width=260, **permalink.bound("population", name, resets=tuple(resets))
        )
    return populations.population(name)


def _by_gpt() -> list[str]:
    """The query parameters of the URL that belong to one GPT each: gpt0, gpt1, ..."""
    return [name for name in permalink.read_all() if re.fullmatch(r"gpt\d+", name)]


def choose_scope() -> Scope:
    """The population, with a selector where there are several, at the hook point of the URL.

    Errors: CultureError for a hook point without SAEs, and when there are none at all.
    """
    return scope_with_saes(choose_population())
