"""Pages of a population with SAEs at two hook points, of which the earlier has those of GPTs 0 and 1 alone,
and neither grades nor matches."""

from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from culture_core.errors import CultureError
from culture_core.results.hook_figures import hook_figures
from culture_core.world.codes import encode_quiz
from dashboard.components.feature.layers import AFTER, BEFORE, layer_panels
from dashboard.components.page.scope import Scope
from dashboard.data.population import measurements, populations
from dashboard.data.population.hook_table import hook_table
from dashboard.data.population.populations import CACHE_VARIABLE

FIRST, SECOND = "blocks.0.hook_resid_post", "blocks.1.hook_resid_post"


@pytest.fixture(autouse=True)
def layered(layered_population, monkeypatch):
    """The population that pages show."""
    monkeypatch.setenv(CACHE_VARIABLE, str(layered_population.root.parent))
    return populations.population(layered_population.name)


def selector(app: AppTest):
    """The first widget of a page."""
    return next(iter(app.get("button_group")))


@pytest.mark.parametrize("page", ["home", "feature", "cell", "lists"])
def test_hook_points_are_chosen_by_depth_at_the_top_of_every_page_with_features(open_page, page):
    app = open_page(page, hook=SECOND)
    assert not app.exception
    assert selector(app).options == ["block 0", "block 1"]
    assert selector(app).value == SECOND
    assert f"SAEs at `{SECOND}`" in app.caption[0].value


def test_pages_without_features_have_the_line_alone_and_keep_the_hook_point_in_their_links(open_page):
    app = open_page("quizzes", hook=SECOND)
    assert all(group.label != "Hook point" for group in app.get("button_group"))
    links = app.get("page_link")
    assert links and all(f"hook={SECOND}" in link.proto.query_string for link in links)


def test_another_hook_point_keeps_the_gpt_and_drops_the_feature(open_page):
    app = open_page("feature", hook=SECOND, gpt=1, feature=200)
    selector(app).set_value(FIRST).run()
    assert not app.exception
    asked = app.query_params
    assert "feature" not in asked and "hook" not in asked  # the main one needs no word
    assert asked["gpt"] in ("1", ["1"])
    assert f"SAEs at `{FIRST}`" in app.caption[0].value


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "before"},
        {"sort": "universality"},
        {"gain": "0.1.."},
        {"universality": "0.1.."},
        {"matched": 2},
        {"gpts": 3},
        {"models": 3},
        {"task": "frame"},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_another_hook_point_drops_filters_that_it_may_not_have(open_page, asked):
    app = open_page("features", hook=SECOND, words="x", **asked)
    selector(app).set_value(FIRST).run()
    assert not app.exception and not app.warning
    assert dict(app.query_params) in ({"words": "x"}, {"words": ["x"]})


def test_another_hook_point_keeps_the_quiz_and_the_part_of_the_lab(open_page, layered):
    tokens = layered.browse().quizzes.tokens[0]
    quiz = {"task": "grow", "seed": "5", "part": "why", "quiz": encode_quiz(tokens)}
    app = open_page("lab", hook=SECOND, **quiz)
    selector(app).set_value(FIRST).run()
    assert not app.exception
    assert {name: app.query_params[name] for name in quiz} == quiz


@pytest.mark.parametrize("asked", [{"gpt": 9}, {"hook": "blocks.9.x"}])
def test_a_page_that_is_reset_keeps_the_hook_point_that_is_there(open_page, asked):
    app = open_page("feature", **{"hook": SECOND} | asked)
    home = next(link.proto for link in app.get("page_link") if link.proto.label == "Back to Home")
    app.button[0].click().run()
    assert not app.exception and not app.warning
    kept = {} if "hook" in asked else {"hook": SECOND}
    assert dict(parse_qsl(home.query_string)) == kept
    assert app.query_params.get("hook") in (kept.get("hook"), [SECOND] if kept else None)


@pytest.mark.parametrize(
    ("page", "asked", "said"),
    [
        ("universal", {"hook": FIRST}, f"--hook {FIRST}"),
        ("feature", {"hook": FIRST, "gpt": 3}, f"--hook {FIRST}"),
        ("feature", {"hook": "blocks.9.x"}, "There is no hook point"),
        ("home", {"hook": "blocks.9.x"}, "There is no hook point"),
    ],
)
def test_what_a_hook_point_lacks_is_told_in_one_line(open_page, page, asked, said):
    app = open_page(page, **asked)
    assert not app.exception
    assert len(app.warning) == 1
    assert said in app.warning[0].value


def test_an_sae_that_was_not_measured_is_told_with_what_to_run(layered):
    with pytest.raises(
        CultureError, match=rf"GPT 0 .* not been measured; run `culture evaluate-sae .*{FIRST}"
    ):
        measurements.saes(layered, FIRST)


def test_a_feature_shows_what_it_was_made_from_and_goes_on_as(layered):
    reader = layered.layers(0)
    feature = reader.after(FIRST, next(f for f in range(64) if reader.after(FIRST, f)))[0].feature
    before, after = layer_panels(Scope(layered, SECOND), 0, feature)
    found = reader.before(SECOND, feature)
    assert (before["title"], after["title"]) == (BEFORE, AFTER)
    assert [row["label"] for row in before["rows"]] == [f"block 0 · {one.feature}" for one in found]
    assert before["rows"][0]["href"] == f"feature?gpt=0&feature={found[0].feature}"
    assert before["rows"][0]["badges"][0]["text"] == f"r {found[0].r:.2f}"
    assert after["kind"] == "words"
    (missing,) = layer_panels(Scope(layered, SECOND), 3, 0)
    assert missing["command"].startswith("culture layers --population")


def test_home_has_a_row_for_each_hook_point(layered):
    table = hook_table(layered)
    assert list(table.index) == ["block 0", "block 1"]
    saes = [manifest["figures"] for manifest in measurements.saes(layered, SECOND)]
    mean = sum(figures["explained_variance"] for figures in saes) / len(saes)
    assert table.loc["block 1", "Explained variance"] == f"{mean:.1%}"
    grades = [layered.grades(SECOND, k).coverage["sae"] for k in layered.models]
    assert table.loc["block 1", "Coverage"] == f"{sum(grades) / len(grades):.2f}"
    assert set(table.loc["block 0"].drop(["Features", "Probes"])) == {"–"}


def test_shares_of_matched_features_are_those_of_the_tables_of_matches(layered):
    figures, matches = hook_figures(layered, SECOND), layered.matches(SECOND)
    tables = [matches.table(k)[matches.alive[k]] for k in matches.models]
    in_all = [(table.n_mutual == len(matches.models) - 1).mean() for table in tables]
    above = [(table[["excess_permutation", "excess_rotation"]].min(axis=1) > 0.5).mean() for table in tables]
    assert figures.in_all == pytest.approx(sum(in_all) / len(in_all))
    assert figures.above_baselines == pytest.approx(sum(above) / len(above))
