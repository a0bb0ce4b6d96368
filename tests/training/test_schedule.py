from dataclasses import replace

import pytest
from training_helpers import RECIPE

from culture_core.errors import CultureError
from culture_core.training.recipes import RECIPES, find_recipe
from culture_core.training.schedule import Budget, Decay, parse_budget, planned_decay, rate_at


def test_rate_rises_stays_and_falls_to_zero():
    recipe = replace(RECIPE, batch_size=10, warmup=100)
    decay = Decay(first=500, last=1000)
    assert rate_at(0, recipe, decay) == pytest.approx(0.1)
    assert rate_at(90, recipe, decay) == rate_at(490, recipe, decay) == rate_at(500, recipe, decay) == 1.0
    assert rate_at(750, recipe, decay) == pytest.approx(0.5)
    assert rate_at(990, recipe, decay) == pytest.approx(0.02)
    assert rate_at(10**9, recipe, None) == 1.0


def test_published_recipe_trains_at_one_rate():
    recipe = RECIPES["published"]
    assert {rate_at(seen, recipe, Decay(0, 0)) for seen in (0, 10, 10**7)} == {1.0}


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("2h", Budget(seconds=7200)),
        ("1.5m", Budget(seconds=90)),
        ("300_000", Budget(quizzes=300_000)),
        ("5000-quizzes", Budget(quizzes=5000)),
    ],
)
def test_budget_reads_times_and_quizzes(text, budget):
    assert parse_budget(text) == budget


@pytest.mark.parametrize("text", ["", "soon", "-3h", "0", "5 weeks"])
def test_budget_refuses_anything_else(text):
    with pytest.raises(CultureError, match="is not a budget"):
        parse_budget(text)


def test_decay_of_a_budget_of_quizzes_is_known_at_once_and_in_whole_batches():
    recipe = replace(RECIPE, batch_size=32, decay_share=0.25)
    assert planned_decay(Budget(quizzes=1000), recipe, seen=0, elapsed=0) == Decay(23 * 32, 31 * 32)


def test_decay_of_a_budget_of_seconds_is_put_off_until_the_stable_share_is_spent():
    recipe = replace(RECIPE, batch_size=10, decay_share=0.25)
    budget = Budget(seconds=1000)
    assert planned_decay(budget, recipe, seen=300, elapsed=749) is None
    assert planned_decay(budget, recipe, seen=300, elapsed=750) == Decay(300, 400)


def test_unknown_recipe_is_refused_with_the_names_there_are():
    with pytest.raises(CultureError, match="muon, muon-gpu, published"):
        find_recipe("adamw")
