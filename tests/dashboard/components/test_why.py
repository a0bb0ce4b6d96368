"""What the Lab says a feature does for an answer is what its ablation did."""

import numpy as np

from culture_core.features.attribution import Attribution, Margin
from dashboard.components.lab.why import effect_words, places_row
from dashboard.data.quiz.lab_quizzes import start_quiz


def test_a_feature_is_for_the_answer_when_its_ablation_lowers_the_margin_whatever_the_gradient_says():
    by_token = np.zeros((1, 404), np.float32)
    by_token[0, 20] = -0.7
    found = Attribution(
        margin=Margin(365, 3, 0),
        value=8.0,
        n_firing=1,
        feature=np.array([421]),
        ablation=np.array([6.3], np.float32),
        gradient=np.array([-0.7], np.float32),
        by_token=by_token,
    )
    row = places_row(found, 0, start_quiz("frame", "A,f_A,B,f_B", 0).tokens[0].numpy())
    assert row.detail == "for the answer: without it the margin drops by 6.30"
    assert found.disagree.tolist() == [True]


def test_the_side_of_a_feature_follows_its_measured_effect():
    assert effect_words(-1.5) == "against the answer: without it the margin grows by 1.50"
    assert effect_words(0.001).startswith("hardly matters")
