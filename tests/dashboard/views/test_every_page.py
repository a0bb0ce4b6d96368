"""The pages as a reader uses them: they open from links, steps write the link, problems are told."""

import json

import pytest
import torch

from culture_core.world.codes import encode_quiz
from dashboard.components.cell_view.columns import wrong_words
from dashboard.data.population import gpts, indexes
from dashboard.data.quiz import answers, quiz_sets

PAGES = (
    "home",
    "quizzes",
    "features",
    "feature",
    "cell",
    "universal",
    "compare",
    "lab",
    "circuits",
    "trace",
    "lists",
)


def headline(app) -> str:
    return app.title[0].value


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_without_an_error(open_page, page):
    app = open_page(page)
    assert not app.exception
    assert not app.warning
    assert headline(app)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("empty_cache")
def test_every_page_tells_what_to_run_when_there_is_nothing_to_show(open_page, page):
    app = open_page(page)
    assert not app.exception
    assert "culture build" in app.warning[0].value


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"feature": 10**9}, "There is no feature"),
        ({"feature": "-1"}, "There is no feature"),
        ({"feature": "7; drop"}, "There is no feature"),
        ({"gpt": 9}, "There is no GPT"),
        ({"population": "../.."}, "There is no population"),
        ({"hook": "blocks.99.hook_resid_post"}, "There is no hook point"),
    ],
)
@pytest.mark.parametrize("page", ["feature", "universal"])
def test_a_link_to_something_that_is_not_there_is_a_friendly_page(open_page, page, parameters, words):
    app = open_page(page, **parameters)
    assert not app.exception
    assert words in app.warning[0].value


@pytest.mark.parametrize(
    "parameters", [{"task": "paint"}, {"structure": "B"}, {"answers": "x"}, {"page": "0"}]
)
def test_a_filter_that_does_not_exist_is_a_friendly_page(open_page, parameters):
    app = open_page("quizzes", **parameters)
    assert not app.exception
    assert f"There is no {next(iter(parameters))}" in app.warning[0].value


def test_a_problem_can_be_left_by_opening_the_page_afresh(open_page):
    app = open_page("feature", gpt=9)
    app.button[0].click().run()
    assert not app.warning
    assert app.selectbox[0].value == 0


def test_a_link_restores_gpt_and_feature(open_page):
    app = open_page("feature", gpt=2, feature=17)
    assert app.selectbox[0].value == 2
    assert app.number_input[0].value == 17


def test_choosing_a_feature_writes_the_link(open_page):
    app = open_page("feature", gpt=1)
    other = app.number_input[0].value ^ 1
    app.number_input[0].set_value(other).run()
    assert app.query_params["feature"] == str(other)
    assert app.query_params["gpt"] == "1"
    assert app.number_input[0].value == other


def test_another_gpt_starts_at_one_of_its_own_features(open_page):
    app = open_page("feature", gpt=1, feature=5)
    app.selectbox[0].set_value(3).run()
    assert app.query_params["gpt"] == "3"
    assert "feature" not in app.query_params
    assert not app.exception


def test_next_and_previous_step_over_features_that_fire(open_page, population):
    alive = indexes.index(population, population.hooks[0], 0).table.query("not dead").feature.tolist()
    app = open_page("feature", gpt=0, feature=alive[3])
    app.button(key="step.Next").click().run()
    assert app.number_input[0].value == alive[4]
    app.button(key="step.Previous").click().run()
    assert app.number_input[0].value == alive[3]


def test_a_cell_in_the_link_is_told_and_a_cell_that_cannot_be_is_ignored(open_page):
    assert "(token 137)" in open_page("feature", cell="0-137").info[0].value
    assert not open_page("feature", cell="0-404").info
    assert not open_page("feature", cell="nothing").info


def test_filters_narrow_the_quizzes_and_are_kept_in_the_link(open_page, population):
    quizzes = quiz_sets.browse_quizzes(population)
    app = open_page("quizzes")
    assert f"of {len(quizzes.tokens)} quizzes" in app.markdown[0].value
    next(box for box in app.selectbox if box.label == "Task").set_value("frame").run()
    assert app.query_params["task"] == "frame"
    assert f"of {quizzes.task.count('frame')} quizzes" in app.markdown[0].value
    assert open_page("quizzes", task="frame").markdown[0].value == app.markdown[0].value


def test_a_page_too_far_shows_the_last(open_page):
    app = open_page("quizzes", page=10**5)
    assert not app.exception
    assert app.number_input[0].value == app.number_input[0].max


def test_a_link_to_a_cell_restores_quiz_and_cell(open_page):
    app = open_page("cell", set="browse", number=7, position=340)
    assert not app.exception
    assert app.selectbox[0].value == "browse"
    assert app.number_input[0].value == 7
    assert app.subheader[0].value.endswith("row 3, column 6")


def test_a_quiz_opens_at_its_deciding_cell_and_the_next_does_too(open_page):
    app = open_page("cell", set="browse", number=7, position=340)
    app.button[1].click().run()
    assert app.query_params["number"] == "8"
    assert "position" not in app.query_params
    assert "must decide" in app.markdown[0].value


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"set": "cache"}, "There is no set"),
        ({"number": 10**9}, "There is no number"),
        ({"position": 404}, "There is no position"),
        ({"when": "now"}, "There is no when"),
    ],
)
def test_a_link_to_a_cell_that_is_not_there_is_a_friendly_page(open_page, parameters, words):
    app = open_page("cell", **parameters)
    assert not app.exception
    assert words in app.warning[0].value


@pytest.mark.parametrize("show", ["gpt-9", "7-1", "0-99999999", "0-", "x", "0-12345"])
def test_a_drawing_that_cannot_be_is_left_out(open_page, show):
    assert not open_page("cell", show=show).exception


def test_quizzes_are_chosen_by_who_answers_right(open_page, population):
    correct = quiz_sets.browse(population).correct
    app = open_page("quizzes", gpt0="wrong")
    assert not app.exception
    n = int((~correct[0]).sum())
    assert f"of {n} quizzes" in app.markdown[0].value
    app.button_group(key="bound.gpt1").set_value("right").run()
    assert app.query_params["gpt1"] == "right"
    n = int((~correct[0] & correct[1]).sum())
    words = app.info[0].value if n == 0 else app.markdown[0].value
    assert ("No quiz fits" if n == 0 else f"of {n} quizzes") in words


def test_wrong_cells_agree_with_the_answers_where_a_gpt_writes_by_itself(population):
    browse = quiz_sets.browse(population)
    for number in range(4):
        tokens = browse.quizzes.tokens[number].numpy()
        alone = answers.answers(population, tokens).predicted
        for place, k in enumerate(population.models):
            reading = gpts.reading(population, population.hooks[0], k, tokens)
            words = wrong_words(reading.predicted[304:], alone[place], tokens[304:])
            stored = int((browse.predicted[place, number] != tokens[304:]).sum())
            right = bool(browse.correct[place, number])
            assert words == "all right" if right else words.endswith(f" wrong, {stored} by itself")


def test_a_quiz_of_the_readers_own_is_read_with_every_feature_that_fires(open_page, population):
    tokens = quiz_sets.browse_quizzes(population).tokens[7].copy()
    tokens[[3, 340]] = (tokens[[3, 340]] + 1) % 10
    app = open_page("cell", set="browse", number=7, quiz=encode_quiz(torch.from_numpy(tokens)), position=341)
    assert not app.exception
    assert app.subheader[0].value.endswith("row 3, column 7")
    boards = [json.loads(board.proto.json) for board in app.get("bidi_component")]
    columns = [board for board in boards if "features" in board]
    for k, column in zip(population.models, columns, strict=True):
        features, _ = gpts.reading(population, population.hooks[0], k, tokens).at(341)
        assert [feature["id"] for feature in column["features"]] == features.tolist()
        assert column["lab"]["quiz"] == app.query_params["quiz"]
    captions = [row["caption"] for board in boards for row in board.get("rows", [])]
    assert captions[0] == "your quiz"
    back = next(button for button in app.button if button.label == "Back to the start")
    back.click().run()
    assert "quiz" not in app.query_params
    assert app.query_params["number"] == "7"


def test_an_order_and_a_drawing_are_restored_from_the_link(open_page):
    app = open_page("quizzes", order="hardest", show="unsure", answers="some-wrong")
    assert not app.exception
    chosen = {box.label: box.value for box in app.selectbox}
    assert (chosen["Order"], chosen["On the answers"]) == ("hardest", "unsure")


@pytest.mark.parametrize("parameters", [{"order": "x"}, {"show": "x"}, {"source": "elsewhere"}])
def test_an_order_or_source_that_does_not_exist_is_a_friendly_page(open_page, parameters):
    app = open_page("quizzes", **parameters)
    assert not app.exception
    assert f"There is no {next(iter(parameters))}" in app.warning[0].value
