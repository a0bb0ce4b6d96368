"""The links at the top of the pages: what they take along, and what they leave."""

from urllib.parse import parse_qsl

import pytest

from culture_core.world.codes import encode_quiz
from dashboard.components.page.navigation import tab_title
from dashboard.data.quiz.lab_quizzes import start_quiz


def links(app) -> dict[str, dict[str, str]]:
    """The query parameters of the links at the top, by label; those a page has below come later."""
    found = {}
    for link in app.get("page_link"):
        found.setdefault(link.proto.label, dict(parse_qsl(link.proto.query_string)))
    return found


def follow(app, name: str):
    """Click a link at the top."""
    parameters = links(app)[name]
    app.query_params.clear()
    app.switch_page(f"views/{name.split()[0].lower()}.py")
    for key, value in parameters.items():
        app.query_params[key] = value
    return app.run()


def test_from_a_feature_the_pages_about_features_open_on_it(open_page):
    app = open_page("feature", gpt=2, feature=3)
    assert links(app)["Universal"] == links(app)["Compare"] == {"gpt": "2", "feature": "3"}
    assert links(app)["Cell view"] == links(app)["Features"] == {}


def test_a_feature_and_a_quiz_are_kept_while_the_reader_is_elsewhere(open_page):
    app = open_page("cell", set="browse", number=7, position=340)
    app = follow(app, "Features")
    assert links(app)["Cell view"] == {"set": "browse", "number": "7", "position": "340"}
    app = follow(follow(app, "Cell view"), "Lists")
    assert links(app)["Cell view"]["number"] == "7"


def test_a_quiz_that_was_changed_in_the_lab_goes_along_to_circuits(open_page):
    app = open_page("lab", task="grow", seed=5)
    assert links(app)["Circuits"] == {"task": "grow", "seed": "5"}


def test_the_quiz_and_the_cell_of_the_cell_view_go_along_to_the_lab(open_page):
    app = open_page("cell", set="browse", number=7, position=340)
    assert links(app)["Lab"] == links(app)["Circuits"] == {"set": "browse", "number": "7", "cell": "340"}
    app = follow(app, "Lab")
    assert app.selectbox(key="bound.set").value == "browse"
    assert app.number_input(key="bound.number").value == 7
    assert links(app)["Cell view"] == {"set": "browse", "number": "7", "position": "340"}


def test_the_quiz_a_page_shows_without_being_asked_goes_along_too(open_page):
    assert links(open_page("cell"))["Lab"] == {"set": "index"}
    assert links(open_page("lab"))["Cell view"] == {"set": "new"}


def test_a_quiz_that_was_changed_in_the_lab_goes_along_to_the_cell_view(open_page):
    tokens = start_quiz("grow", "A,f_A,B,f_B", 5).tokens[0].clone()
    tokens[7] = (tokens[7] + 1) % 11
    code = encode_quiz(tokens)
    app = open_page("lab", task="grow", seed=5, quiz=code, cell=310)
    app = follow(app, "Cell view")
    kept = {"task": "grow", "seed": "5", "quiz": code}
    assert {name: app.query_params[name] for name in ("set", *kept, "position")} == {
        "set": "new",
        **kept,
        "position": "310",
    }
    assert links(app)["Lab"] == {**kept, "cell": "310"}


@pytest.mark.parametrize(
    ("page", "asked", "kept"),
    [
        ("lab", {"cell": 10**6}, {"set": "new"}),
        ("lab", {"cell": "<b>"}, {"set": "new"}),
        (
            "lab",
            {"set": "browse", "number": 1, "seed": "x", "task": "none"},
            {"set": "browse", "number": "1"},
        ),
        ("lab", {"seed": "x"}, {}),
        ("lab", {"set": "browse", "number": 10**6}, {}),
        ("lab", {"quiz": "abc"}, {}),
    ],
)
def test_of_a_quiz_only_what_there_is_goes_along(open_page, page, asked, kept):
    app = open_page(page, **asked)
    assert not app.exception
    last = [link.proto for link in app.get("page_link") if link.proto.label == "Cell view"][-1]
    assert dict(parse_qsl(last.query_string)) == kept


def test_a_link_to_a_feature_that_is_not_there_is_not_taken_along(open_page):
    app = open_page("feature", gpt=2, feature=10**8)
    assert "There is no feature" in app.warning[0].value
    assert all(link.proto.query_string == "" for link in app.get("page_link")[-11:])


def test_display_choices_stand_in_every_link(open_page):
    app = open_page("feature", gpt=1, colours="safe", digits=1, names=1)
    assert links(app)["Quizzes"] == {"colours": "safe", "digits": "1", "names": "1"}
    assert all("digits=1" in link.proto.query_string for link in app.get("page_link"))


def test_display_choices_are_restored_from_the_link_and_written_into_it(open_page):
    app = open_page("quizzes", digits=1)
    switches = {toggle.label: toggle for toggle in app.toggle}
    assert switches["Digits on the cells"].value
    switches["Digits on the cells"].set_value(False)
    switches["Names of the colours"].set_value(True).run()
    assert "digits" not in app.query_params
    assert app.query_params["names"] == "1"


def test_a_display_choice_that_does_not_exist_is_the_default(open_page):
    app = open_page("quizzes", digits="yes", colours="<b>")
    assert not app.exception
    assert not app.toggle[0].value
    assert links(app)["Home"] == {}


@pytest.mark.parametrize("page", ["home", "quizzes", "feature", "cell", "circuits", "lists"])
def test_one_quiet_line_says_which_population_hook_point_and_saes(open_page, page, population):
    line = open_page(page).caption[0].value
    assert population.name in line
    assert f"SAEs at `{population.hooks[0]}`: BatchTopK, 256 features, k 4" in line


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ({}, "Feature"),
        ({"gpt": "2", "feature": "833"}, "GPT 2 · 833 · Feature"),
        ({"gpt": "<b>", "feature": "1"}, "Feature"),
    ],
)
def test_the_tab_says_page_and_feature(asked, title):
    assert tab_title("Feature", asked) == title
