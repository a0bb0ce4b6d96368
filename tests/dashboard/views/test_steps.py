"""Next and Previous step through the list that the reader came from."""

from urllib.parse import parse_qsl

import numpy as np
import pytest

from dashboard.components.page.notes import feature_key
from dashboard.components.page.scope import Scope
from dashboard.components.page.within import GROUPS_PER_PAGE, PER_PAGE
from dashboard.data import tables
from dashboard.data.feature.feature_filter import FeatureFilter, choose_features
from dashboard.data.feature.feature_table import with_notes
from dashboard.notes.book import note_book


@pytest.fixture
def scope(population) -> Scope:
    return Scope(population, population.hooks[0])


@pytest.fixture
def table(scope):
    return with_notes(tables.features(scope.population, scope.hook), [])


def here(app) -> tuple[int, int]:
    return app.selectbox(key="bound.gpt").value, app.number_input(key="bound.feature").value


def step(app, label: str):
    return app.button(key=f"step.{label}")


def back_to_the_list(app) -> tuple[str, dict[str, str]]:
    """The words between the steps, and where they lead."""
    link = next(link.proto for link in app.get("page_link") if link.proto.help == "Back to the list")
    return link.label, dict(parse_qsl(link.query_string))


def test_from_the_features_table_one_steps_through_what_passes_in_its_order(open_page, table):
    asked = {"models": "0,2", "sort": "max"}
    found = choose_features(table, FeatureFilter.parse(asked, table))[["gpt", "feature"]].to_numpy().tolist()
    n = len(found)
    assert n > PER_PAGE
    first = PER_PAGE - 1
    gpt, feature = found[first]
    app = open_page("feature", gpt=gpt, feature=feature, within="features?models=0%2C2&sort=max")
    assert back_to_the_list(app) == (f"{first + 1} of {n}", asked)
    step(app, "Next").click().run()
    assert here(app) == tuple(found[first + 1])
    assert back_to_the_list(app) == (f"{first + 2} of {n}", {**asked, "page": "2"})
    step(app, "Previous").click().run()
    step(app, "Previous").click().run()
    assert here(app) == tuple(found[first - 1])
    assert app.query_params["within"] == "features?models=0%2C2&sort=max"


def test_the_ends_of_a_list_are_ends(open_page, table):
    found = choose_features(table, FeatureFilter())[["gpt", "feature"]].to_numpy()
    app = open_page("feature", gpt=found[-1, 0], feature=found[-1, 1], within="features?")
    assert step(app, "Next").disabled
    assert not step(app, "Previous").disabled


def test_without_a_list_one_steps_through_all_that_fire(open_page, table):
    alive = table[(table.gpt == 1) & ~table.dead].feature.tolist()
    app = open_page("feature", gpt=1, feature=alive[-1])
    step(app, "Next").click().run()
    assert here(app) == (1, alive[0])


@pytest.mark.parametrize("label", ["Previous", "Next", "Random"])
def test_a_step_on_the_right_keeps_the_list_of_the_feature_on_the_left(open_page, table, label):
    alive = table[(table.gpt == 0) & ~table.dead].feature.tolist()
    asked = {"gpt": 0, "feature": alive[0], "gpt2": 1, "within": "features?models=0"}
    app = open_page("compare", **asked)
    app.button(key=f"step.{label}2").click().run()
    assert not app.exception and "feature2" in app.query_params
    assert app.query_params["within"] == "features?models=0"


def test_another_feature_by_number_leaves_the_list(open_page, table):
    alive = table[~table.dead].feature.iloc[0]
    app = open_page("feature", gpt=0, feature=alive, within="features?models=0")
    app.number_input(key="bound.feature").set_value(alive + 1).run()
    assert "within" not in app.query_params


def test_the_top_links_keep_the_list(open_page, table):
    alive = int(table[~table.dead].feature.iloc[0])
    app = open_page("feature", gpt=0, feature=alive, within="features?models=0")
    queries = {link.proto.label: dict(parse_qsl(link.proto.query_string)) for link in app.get("page_link")}
    assert queries["Universal"]["within"] == queries["Side by side"]["within"] == "features?models=0"


def test_from_a_group_one_steps_through_groups_in_the_gpt_looked_at(open_page, scope):
    groups = tables.groups(scope.population, scope.hook)
    asked = {"size": "any", "density": "any", "sort": "mean_r"}
    ordered = groups.sort_values(["mean_r", "group"], ascending=[False, True])
    members = ordered[[f"gpt_{k}" for k in scope.population.models]].to_numpy(dtype=int)
    alone = np.apply_along_axis(lambda of_gpt: np.bincount(of_gpt + 1)[of_gpt + 1] == 1, 0, members)
    both = (members[:-1] >= 0) & (members[1:] >= 0) & alone[:-1] & alone[1:]  # each in one group only
    row, model_k = map(int, np.argwhere(both)[-1])
    within = "groups?size=any&density=any&sort=mean_r"
    app = open_page("feature", gpt=model_k, feature=members[row, model_k], within=within)
    page = {"page": str(1 + row // GROUPS_PER_PAGE)} if row >= GROUPS_PER_PAGE else {}
    assert back_to_the_list(app) == (f"{row + 1} of {len(members)}", {"view": "groups", **asked, **page})
    step(app, "Next").click().run()
    assert here(app) == (model_k, members[row + 1, model_k])


def test_taking_a_star_away_keeps_the_place_in_the_list_of_stars(open_page, scope, table):
    alive = table[(table.gpt == 0) & ~table.dead].feature.tolist()[:3]
    for feature in alive:
        book = note_book()
        book.change(book.note(feature_key(scope, 0, feature)), starred=True)
    app = open_page("feature", gpt=0, feature=alive[1], within="lists?list=starred")
    assert back_to_the_list(app)[0] == "2 of 3"
    app.button(key="star").click().run()
    assert back_to_the_list(app) == ("not in the list of 2", {"list": "starred"})
    step(app, "Next").click().run()
    assert here(app) == (0, alive[2])
    assert back_to_the_list(app)[0] == "2 of 2"


def test_the_list_of_notes_goes_down_as_well_as_up_and_has_features_that_never_fire(open_page, scope, table):
    chosen = [int(table[(table.gpt == 0) & (table.dead == dead)].feature.iloc[0]) for dead in (False, True)]
    for feature in chosen:
        book = note_book()
        book.change(book.note(feature_key(scope, 0, feature)), starred=True)
    for within, expected in (("lists?sort=feature", max(chosen)), ("lists?sort=feature&up=1", min(chosen))):
        app = open_page("feature", gpt=0, feature=expected, within=within)
        assert back_to_the_list(app)[0] == "1 of 2"


@pytest.mark.parametrize(
    "within", ["nowhere?x=1", "features?models=99", "features?sort=<b>", "groups?size=12", "lists?sort=x"]
)
def test_a_link_to_no_list_is_a_friendly_page(open_page, within):
    app = open_page("feature", gpt=0, feature=0, within=within)
    assert not app.exception
    assert "There is no" in app.warning[0].value
