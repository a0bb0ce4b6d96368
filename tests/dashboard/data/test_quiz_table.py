"""The answered quizzes as a table agree with the answers they are made from."""

import itertools
from dataclasses import asdict

import numpy as np
import pytest
import torch

from culture_core.answers.browse import BrowseSet
from culture_core.culture.reader import CultureSet
from culture_core.culture.settings import RoundSettings, VerdictSettings
from culture_core.culture.store import empty_table
from culture_core.culture.verdicts import FAILS, NOT_ASKED, UNDERSTANDS
from culture_core.world.quizzes import batch_from_tokens, concatenate, generate_stream
from culture_core.world.vocabulary import WORLD_TASKS
from dashboard.data import tables
from dashboard.data.quiz import quiz_sets
from dashboard.data.quiz.inventions import invention_of, inventions, kept_words
from dashboard.data.quiz.quiz_table import (
    DISPUTED,
    EASIEST,
    HARDEST,
    IN_TURN,
    agreement,
    in_order,
    quiz_table,
)


@pytest.fixture(scope="module")
def browse() -> BrowseSet:
    """Eight world and two culture quizzes with the made-up answers of three GPTs."""
    world = generate_stream(WORLD_TASKS, 0, 8, 3)
    invented = batch_from_tokens(generate_stream(WORLD_TASKS, 8, 2, 3).clean)
    invented.index[:] = torch.tensor([40, 12])
    quizzes = concatenate([world, invented])
    draw = np.random.default_rng(0)
    predicted = np.repeat(quizzes.tokens[None, :, -100:].numpy(), 3, axis=0)
    predicted[1, 3:] = 1
    predicted[2, 5:] = 1
    predicted[2, 9] = 2
    correct = (predicted == quizzes.tokens[:, -100:].numpy()).all(2)
    probability = draw.uniform(0.9, 1, (3, 10, 100)).astype(np.float16)
    return BrowseSet(quizzes, [0, 2, 5], predicted, correct, probability)


@pytest.fixture(scope="module")
def culture(browse) -> CultureSet:
    table = empty_table(3, 3)
    table.number[:] = [12, 13, 40]
    table.author[:] = [5, 0, -1]
    table.probability[:] = [[0.99, 0.2, 0.98], [0.5, 0.5, 0.5], [0.97, np.nan, np.nan]]
    table.verdict[:] = [[UNDERSTANDS, FAILS, UNDERSTANDS], [FAILS] * 3, [UNDERSTANDS, NOT_ASKED, NOT_ASKED]]
    return CultureSet(browse.quizzes[8:], table, (0, 2, 5), ())


def test_author_and_verdicts_are_found_by_the_number_of_the_candidate(browse, culture):
    found = inventions(browse, culture)
    assert found[9].words() == "invented by GPT 5, understood by 0 5, failed by 2"
    assert found[8].words() == "its author is not known, understood by 0"
    assert set(found) == {8, 9}
    assert invention_of(culture, 0) == found[9]
    assert inventions(browse, None) == {}


def test_runs_tell_what_was_kept_and_by_which_bounds():
    run = {"candidates": 1280, "counts": {"0": {"fresh": {"kept": 4, "trivial": 9}, "grown": {"kept": 1}}}}
    strict = {**run, "settings": asdict(RoundSettings())}
    loose = VerdictSettings(0.5, 0.1, noise=0.0)
    two_loose = [{**run, "settings": asdict(RoundSettings(seed=seed, verdicts=loose))} for seed in (0, 1)]
    empty = {**strict, "counts": {"0": {"fresh": {"trivial": 9}, "grown": {}}}}
    words = kept_words([strict, {"candidates": 3, "imported": "c_quizzes.pth"}, empty, *two_loose])
    assert len(words) == 2
    assert words[0].startswith("Culture: of 1,280 quizzes that the GPTs invented, 5 were kept")
    assert words[1].startswith("Culture: of 2,560 quizzes that the GPTs invented, 10 were kept")
    assert words[0].endswith("of 0.95 or more and fails it at 0.5 or less, shown with 5% noise.")
    assert words[1].endswith(
        "0.5 or more and fails it at 0.1 or less, shown without noise (published: 0.95, 0.5, with 5% noise)."
    )


def test_rows_tell_what_was_answered(browse, culture):
    table = quiz_table(browse, inventions(browse, culture))
    for i, row in enumerate(table.itertuples()):
        answers = {browse.predicted[m, i].tobytes() for m in range(3)}
        assert row.answers == len(answers)
        assert row.right == sum(browse.correct[:, i])
        assert row.right_2 == browse.correct[1, i]
        assert row.probability_5 == pytest.approx(np.prod(browse.probability[2, i].astype(float)), rel=1e-6)
    assert table.verdict_2.tolist()[8:] == ["", "fails"]
    assert table.author.tolist() == [-1] * 9 + [5]


def test_orders_keep_every_quiz_and_put_the_right_ones_first(browse):
    table = quiz_table(browse, {})
    assert in_order(table, IN_TURN).quiz.tolist() == list(range(10))
    assert in_order(table, DISPUTED).answers.is_monotonic_decreasing
    hardest = in_order(table, HARDEST)
    assert sorted(hardest.quiz) == list(range(10))
    assert hardest.filter(like="probability_").mean(axis=1).is_monotonic_increasing
    assert in_order(table, EASIEST).filter(like="probability_").mean(axis=1).is_monotonic_decreasing


def test_agreement_is_that_of_counting_pairs(browse):
    chosen = np.array([1, 3, 4, 6, 9])
    same, same_wrong = agreement(browse, chosen)
    for a, b in itertools.product(range(3), repeat=2):
        equal = [(browse.predicted[a, i] == browse.predicted[b, i]).all() for i in chosen]
        wrong = [not browse.correct[a, i] and not browse.correct[b, i] for i in chosen]
        assert same.iloc[a, b] == pytest.approx(np.mean(equal))
        both = [e for e, w in zip(equal, wrong, strict=True) if w]
        assert np.isnan(same_wrong.iloc[a, b]) if not both else same_wrong.iloc[a, b] == np.mean(both)


def test_the_answers_of_a_population_make_a_table(population):
    table = tables.quizzes(population)
    assert len(table) == len(quiz_sets.browse(population).quizzes)
