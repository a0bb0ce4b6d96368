"""A cache with two populations: what another one takes out of the link, and what a reset leaves in it."""

from urllib.parse import parse_qsl

import pytest

from dashboard.data.population.populations import CACHE_VARIABLE


@pytest.fixture(autouse=True)
def two(full_population, tmp_path, monkeypatch):
    """The populations first and second, which are alike."""
    for name in ("first", "second"):
        (tmp_path / "two" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "two" / name).symlink_to(full_population.root, target_is_directory=True)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "two"))


def choose_second(app):
    app.selectbox(key="bound.population").set_value("second").run()
    assert not app.exception and not app.warning
    return {name: value for name, value in app.query_params.items() if name != "population"}


@pytest.mark.parametrize(
    ("page", "asked"),
    [
        (
            "quizzes",
            {"gpt0": "wrong", "gpt12": "right", "source": "world", "task": "frame", "order": "hardest"},
        ),
        ("features", {"models": "0,4", "absent": "3", "task": "frame"}),
        ("universal", {"view": "measures", "users": "5", "by": "norm_4"}),
        ("trace", {"part": "1", "against": "red"}),
    ],
)
def test_another_population_drops_what_names_things_of_the_one_before(open_page, page, asked):
    left = choose_second(open_page(page, **asked))
    assert set(left) <= {"view"}


def test_another_population_keeps_the_part_and_the_task_of_the_lab(open_page):
    left = choose_second(open_page("lab", task="grow", seed=5, part="steer"))
    assert set(left) == {"task", "seed", "part"}


def test_a_page_that_is_reset_stays_with_its_population(open_page):
    app = open_page("feature", population="second", gpt=99, digits=1)
    home = next(link.proto for link in app.get("page_link") if link.proto.label == "Back to Home")
    assert dict(parse_qsl(home.query_string)) == {"population": "second", "digits": "1"}
    app.button[0].click().run()
    assert not app.warning
    assert app.selectbox(key="bound.population").value == "second"
