"""What is done to features is read from a link, and told in words."""

import pytest

from culture_core.errors import CultureError
from culture_core.features.interventions import Change, Intervention
from dashboard.data.circuit.steering import ADD, ANSWER, CELL, LEAVE, SCALE, ZERO, Steering, read_amount
from dashboard.data.feature.feature_names import FeatureName

NAMES = [FeatureName(0, 5), FeatureName(2, 31), FeatureName(0, 63)]


@pytest.mark.parametrize("text", ["1e9", "nan", "inf", "--1", "", "1001", "1.2345", "1,5", "٣"])
def test_what_is_not_an_amount_is_refused(text):
    with pytest.raises(CultureError, match="not a number"):
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


def test_the_chosen_positions_are_those_that_predict_the_answer_or_the_cell():
    assert Steering().positions(350) is None
    assert Steering(where=ANSWER).positions(350) == range(304, 404)
    assert Steering(where=CELL).positions(350) == range(350, 351)
    assert Steering(where=CELL).words() == "set to zero, only at this cell"
