"""The Lab as a reader uses it: its state is the link, junk is told, steering is measured."""

import json

import numpy as np
import pytest
import torch

from culture_core.culture.settings import InventingSettings
from culture_core.features.interventions import Change, Intervention
from culture_core.models.checkpoints import read_culture_quizzes
from culture_core.world.codes import decode_quiz, encode_quiz
from culture_core.world.structures import reconfigure
from dashboard.data.circuit import steered_accuracy
from dashboard.data.feature.firing_features import short_words
from dashboard.data.population import gpts
from dashboard.data.quiz import answers, quiz_sets
from dashboard.data.quiz.candidates import InventedQuizzes, as_json, as_published
from dashboard.data.quiz.lab_quizzes import start_quiz

QUIZ = start_quiz("grow", "f_A,A,f_B,B", 5).tokens[0]


def shown_tokens(app) -> list[int]:
    """The quiz that the page shows as text."""
    return json.loads(f"[{app.code[0].value}]")


def texts(app) -> str:
    return " ".join(block.value for block in (*app.markdown, *app.caption))


def test_the_start_is_the_quiz_of_the_link(open_page):
    app = open_page("lab", task="grow", structure="f_A,A,f_B,B", seed=5)
    assert shown_tokens(app) == QUIZ.tolist()
    app.number_input[0].set_value(6).run()
    assert app.query_params["seed"] == "6"
    assert shown_tokens(app) == start_quiz("grow", "f_A,A,f_B,B", 6).tokens[0].tolist()


def test_an_edited_quiz_is_restored_from_its_link_and_can_be_left(open_page):
    edited = QUIZ.clone()
    edited[[7, 350]] = 9
    app = open_page("lab", quiz=encode_quiz(edited))
    assert not app.exception
    assert shown_tokens(app) == edited.tolist()
    next(button for button in app.button if button.label == "Back to the start").click().run()
    assert "quiz" not in app.query_params
    assert shown_tokens(app) == start_quiz("frame", "A,f_A,B,f_B", 0).tokens[0].tolist()


def button(app, label: str):
    return next(one for one in app.button if one.label == label)


def test_a_quiz_of_a_set_is_told_as_what_it_is_and_measured_on_its_own_task(open_page, population):
    quizzes = quiz_sets.browse_quizzes(population)
    number = next(i for i, task in enumerate(quizzes.task) if task == "grow")
    app = open_page("lab", set="browse", number=number, part="steer", features="0.3")
    assert f"**grow** :small[quiz {number} with answers]" in texts(app)
    assert shown_tokens(app) == quizzes.tokens[number].tolist()
    assert app.selectbox(key="bound.on").value == "grow"
    assert "frame" not in texts(app)


def test_a_changed_quiz_is_the_readers_own_and_measuring_asks_for_a_task(open_page):
    changed = QUIZ.clone()
    changed[[7, 350]] = (changed[[7, 350]] + 1) % 10
    start = {"task": "grow", "structure": "f_A,A,f_B,B", "seed": 5}
    app = open_page("lab", **start, quiz=encode_quiz(changed), part="steer", features="0.3")
    assert "**your quiz** :small[2 cells differ from grow, seed 5]" in texts(app)
    assert app.selectbox(key="bound.on").value is None
    assert button(app, "Measure").disabled
    app.selectbox(key="bound.on").set_value("contact").run()
    assert not button(app, "Measure").disabled


@pytest.mark.parametrize("changed", [False, True])
def test_another_structure_keeps_the_grids(open_page, changed):
    tokens = QUIZ.clone()
    tokens[7] = 9 if changed else tokens[7]
    start = {"task": "grow", "structure": "f_A,A,f_B,B", "seed": 5}
    app = open_page("lab", **start, **({"quiz": encode_quiz(tokens)} if changed else {}))
    app.selectbox(key="bound.order_of_grids").set_value("B,f_B,A,f_A").run()
    assert shown_tokens(app) == reconfigure(tokens[None], "B,f_B,A,f_A")[0].tolist()
    assert ("your quiz" in texts(app)) == changed


def test_emptying_keeps_the_structure(open_page):
    app = open_page("lab", task="grow", structure="f_A,A,f_B,B")
    next(button for button in app.button if button.label == "Empty").click().run()
    empty = decode_quiz(app.query_params["quiz"])
    assert empty[empty > 0].tolist() == [12, 11, 14, 13]


def test_a_pasted_quiz_enters_the_link_and_junk_is_told(open_page):
    app = open_page("lab")
    use = next(button for button in app.button if button.label == "Use this quiz")
    app.text_area[0].set_value("11, 5, what")
    use.click().run()
    assert "'what', number 3 of the list, is not a token" in app.error[0].value
    assert "quiz" not in app.query_params
    app.text_area[0].set_value(" ".join(map(str, QUIZ.tolist())))
    next(button for button in app.button if button.label == "Use this quiz").click().run()
    assert not app.error
    assert app.query_params["quiz"] == encode_quiz(QUIZ)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"quiz": "../../etc/passwd"}, "not the code of a quiz"),
        ({"quiz": "0" + "_" * 231}, "not the code of a quiz"),
        ({"task": "paint"}, "There is no task"),
        ({"seed": "-1"}, "There is no seed"),
        ({"structure": "f_B,f_A,A,B"}, "There is no structure"),
        ({"part": "x"}, "There is no part"),
        ({"part": "why", "cell": "404"}, "There is no cell"),
        ({"part": "why", "gpt": "9"}, "There is no GPT"),
        ({"part": "steer", "do": "explode"}, "There is no do"),
        ({"part": "steer", "by": "1e99"}, "is not a number"),
        ({"part": "steer", "top": "65"}, "There is no top"),
        ({"part": "watch", "features": "0.99999999"}, "is not a feature"),
        ({"part": "watch", "features": "0.999999"}, "has no feature"),
        ({"part": "invent", "hot": "-"}, "is not a number"),
    ],
)
def test_a_link_to_what_cannot_be_is_a_friendly_message(open_page, parameters, words):
    app = open_page("lab", **parameters)
    assert not app.exception
    assert words in app.warning[0].value


def test_steering_tells_how_many_cells_change(open_page, population):
    tokens, hook = QUIZ.numpy(), population.hooks[0]
    reading = gpts.reading(population, hook, 2, tokens)
    feature = int(reading.feature[reading.value.argmax()])
    link = {"quiz": encode_quiz(QUIZ), "part": "steer", "features": f"2.{feature}"}
    app = open_page("lab", **link, do="scale", by=15, top=3)
    assert not app.exception
    assert "multiplied by 15, only the top 3 features of a token kept" in texts(app)
    plan = {2: Intervention((Change(feature, scale=15.0),), keep_top=3)}
    after = answers.steered_answers(population, hook, plan, tokens).predicted[0]
    changed = int((after != answers.answers(population, tokens).predicted[2]).sum())
    assert f"by GPT: **{changed}**" in texts(app)
    plain = open_page("lab", **link, do="leave")
    assert "Nothing is changed yet" in plain.info[0].value


def strongest(population, tokens, model_k: int) -> int:
    reading = gpts.reading(population, population.hooks[0], model_k, tokens)
    return int(reading.feature[reading.value.argmax()])


def test_steering_at_one_cell_is_told_and_changes_no_cell_before_it(open_page, population):
    tokens, hook = QUIZ.numpy(), population.hooks[0]
    feature = strongest(population, tokens, 2)
    link = {"quiz": encode_quiz(QUIZ), "part": "steer", "features": f"2.{feature}", "do": "scale", "by": 50}
    app = open_page("lab", **link, at="cell", cell=350)
    assert not app.exception
    assert "only at this cell" in texts(app)
    plan = {2: Intervention((Change(feature, scale=50.0),))}
    intact = answers.answers(population, tokens).predicted[2]
    after = answers.steered_answers(population, hook, plan, tokens, range(350, 351)).predicted[0]
    assert f"by GPT: **{int((after != intact).sum())}**" in texts(app)
    assert np.array_equal(after[: 350 - 304], intact[: 350 - 304])


def test_the_curve_of_strength_is_drawn_when_asked_for(open_page, population):
    feature = strongest(population, QUIZ.numpy(), 2)
    link = {"quiz": encode_quiz(QUIZ), "part": "steer", "features": f"2.{feature}", "cell": 350}
    app = open_page("lab", **link)
    assert "GPT 2 expects" not in texts(app)
    app.toggle(key="bound.curve").set_value(True).run()
    assert not app.exception
    assert app.query_params["curve"] == "1"
    assert "GPT 2 expects" in texts(app)


def test_features_to_choose_from_say_what_they_detect(open_page, population):
    feature = strongest(population, QUIZ.numpy(), 2)
    app = open_page("lab", quiz=encode_quiz(QUIZ), features=f"2.{feature}")
    words = short_words(population, population.hooks[0], 2, feature)
    assert words
    assert f"2.{feature} · {words}" in app.multiselect[0].options


def test_accuracy_is_measured_on_demand(open_page, monkeypatch):
    monkeypatch.setattr(steered_accuracy, "MEASURED", 4)
    steered_accuracy._bench.clear()
    app = open_page("lab", part="steer", features="0.3", do="zero", error="0", on="frame")
    next(button for button in app.button if button.label == "Measure").click().run()
    assert not app.exception
    assert app.query_params["measured"] == "1"
    table = app.dataframe[0].value
    assert table.GPT.tolist() == [0]
    assert set(table["right before"]) <= {"0%", "25%", "50%", "75%", "100%"}
    steered_accuracy._bench.clear()


def test_why_explains_the_deciding_cell_and_another_one(open_page):
    app = open_page("lab", task="frame", seed=0, part="why", gpt=1)
    assert not app.exception
    assert "**f(B), row 5, column 7**, GPT 1 expects" in texts(app)
    table = app.dataframe[0].value
    assert (table["by ablation"].abs().diff().dropna() <= 1e-6).all()
    other = open_page("lab", task="frame", seed=0, part="why", gpt=1, cell=310)
    assert "**f(B), row 0, column 6**" in texts(other)


def why(open_page, **parameters):
    return open_page("lab", task="frame", seed=0, part="why", gpt=1, **parameters)


def selected(app) -> list[int]:
    """The rows that the page last told its first table to select."""
    proto = app.dataframe[0].proto
    return json.loads(proto.selection_state or proto.selection_default)["selection"]["rows"]


def test_a_selected_feature_enters_the_link(open_page, select_row):
    app = select_row(why(open_page), 0, 2)
    assert not app.exception
    assert app.query_params["shown"] == str(app.dataframe[0].value.feature[2])


def test_the_selected_feature_follows_the_link(open_page, select_row):
    app = select_row(why(open_page), 0, 2)
    app.query_params["shown"] = str(app.dataframe[0].value.feature[1])
    app.run()
    assert not app.exception
    assert selected(app) == [1]


def test_another_quiz_has_a_table_of_its_own(open_page):
    app = why(open_page, cell=350)
    before = app.dataframe[0].key
    app.query_params["seed"] = "1"
    assert app.run().dataframe[0].key != before


def test_kept_quizzes_can_be_imported_where_the_file_goes(tmp_path):
    tokens = QUIZ.numpy()[None].repeat(3, 0)
    (tmp_path / "c_quizzes.pth").write_bytes(as_published(tokens))
    train, test = read_culture_quizzes(tmp_path / "c_quizzes.pth")
    assert torch.equal(train.to(torch.uint8), torch.from_numpy(tokens))
    assert len(test) == 0


def test_kept_quizzes_carry_author_and_verdicts():
    found = InventedQuizzes(
        QUIZ.numpy()[None],
        np.array([[0.99, np.nan]]),
        np.array([[2, 3]], np.uint8),
        np.array([0], np.uint8),
    )
    record = json.loads(as_json(found, [0], [4, 7], 4, InventingSettings(), 11))[0]
    assert (record["author"], record["seed"], record["outcome"]) == (4, 11, "kept")
    assert record["probability"] == {"4": 0.99, "7": None}
    assert record["verdict"] == {"4": "understands", "7": "not asked"}
    assert record["tokens"] == QUIZ.tolist()
