"""What the Lab reads from a link and writes into one."""

import pytest
import torch

from culture_core.errors import CultureError
from culture_core.features.interventions import Change, Intervention
from culture_core.world.quizzes import generate_quizzes
from dashboard.data.feature_names import FeatureName, read_features, write_features
from dashboard.data.lab_quizzes import empty_cells, measured_quizzes, start_quiz
from dashboard.data.number_words import probability_words
from dashboard.data.steering import ADD, LEAVE, SCALE, ZERO, Steering, read_amount

SIZES = {0: 64, 2: 32}
NAMES = [FeatureName(0, 5), FeatureName(2, 31), FeatureName(0, 63)]


def test_a_list_of_features_is_read_as_it_was_written():
    assert write_features(NAMES) == "0.5,2.31,0.63"
    assert read_features("0.5,2.31,0.63", SIZES) == (NAMES, None)
    assert read_features(" 0.5 , 0.5,", SIZES) == ([FeatureName(0, 5)], None)
    assert read_features("", SIZES) == ([], None)
    assert write_features([]) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.64", "GPT 0 has no feature 64"),
        ("1.3", "there is no GPT 1"),
        ("0", "is no feature"),
        ("0.5;2.1", "is no feature"),
        ("0.-1", "is no feature"),
        ("٠.٥", "is no feature"),
        ("0." + "9" * 50, "is no feature"),
        ("<b>", "is no feature"),
    ],
)
def test_what_names_no_feature_is_left_out_and_told(text, words):
    names, problem = read_features(f"0.5,{text},2.31", SIZES)
    assert names == NAMES[:2]
    assert words in str(problem)


def test_too_many_features_are_cut_off_and_told():
    names, problem = read_features(",".join(f"0.{feature}" for feature in range(12)), SIZES)
    assert names == [FeatureName(0, feature) for feature in range(10)]
    assert "more than 10 features" in str(problem)


@pytest.mark.parametrize("text", ["1e9", "nan", "inf", "--1", "", "1001", "1.2345", "1,5", "٣"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(CultureError, match="no number"):
        read_amount(text, 1.0)


def test_amounts_are_read():
    assert [read_amount(text, 2.0) for text in ("15", "-0.5", "1000", None)] == [15.0, -0.5, 1000.0, 2.0]


@pytest.mark.parametrize(
    ("action", "change"),
    [
        (ZERO, Change(5, scale=0.0)),
        (SCALE, Change(5, scale=15.0)),
        (ADD, Change(5, add=15.0)),
        (LEAVE, Change(5)),
    ],
)
def test_every_action_changes_the_chosen_features_of_each_gpt(action, change):
    steering = Steering(action, 15.0, keep_top=3, keep_error=False)
    interventions = steering.interventions([FeatureName(2, 9), FeatureName(0, 5)], [0, 1, 2])
    assert list(interventions) == [0, 2]
    assert interventions[0] == Intervention((change,), keep_top=3, keep_error=False)
    assert interventions[2].changes[0].feature == 9


def test_nothing_is_steered_when_nothing_is_asked_for():
    assert Steering(LEAVE).interventions(NAMES, [0, 2]) == {}
    assert Steering(ZERO).interventions([], [0, 2]) == {}


def test_keeping_the_top_features_alone_is_done_in_every_gpt():
    interventions = Steering(LEAVE, keep_top=3).interventions([], [0, 1, 4])
    assert interventions == dict.fromkeys([0, 1, 4], Intervention(keep_top=3))


def test_steering_is_told_in_words():
    words = Steering(SCALE, 15.0, keep_top=3, keep_error=False).words()
    assert words == "multiplied by 15, only the top 3 features of a token kept, without the error term"


def test_a_start_is_the_quiz_of_its_task_structure_and_seed():
    quiz = start_quiz("contact", "f_A,A,f_B,B", 7)
    assert torch.equal(quiz, generate_quizzes(("contact",), 1, 7, structure="f_A,A,f_B,B").tokens[0])
    assert not torch.equal(quiz, start_quiz("contact", "f_A,A,f_B,B", 8))


def test_measured_quizzes_are_of_one_task_and_do_not_repeat():
    tokens = measured_quizzes("grow", 20, 1)
    assert len({bytes(quiz.tolist()) for quiz in tokens}) == 20


def test_an_emptied_quiz_keeps_its_markers():
    quiz = start_quiz("frame", "A,f_A,B,f_B", 0)
    empty = empty_cells(quiz)
    assert empty.nonzero()[:, 0].tolist() == [0, 101, 202, 303]
    assert torch.equal(empty[::101], quiz[::101])


def test_small_probabilities_are_told_as_such():
    assert [probability_words(p) for p in (1.0, 0.934, 0.005, 1e-29)] == ["1.00", "0.93", "0.01", "<0.01"]
