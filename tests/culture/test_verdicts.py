import itertools

import pytest
import torch
from culture_helpers import POOR, SURE, leaning_gpt

from culture_core.culture.settings import VerdictSettings
from culture_core.culture.verdicts import (
    FAILS,
    KEPT,
    NOT_ASKED,
    REASONS,
    UNDECIDED,
    UNDERSTANDS,
    VERDICTS,
    ask,
    decide,
    judge,
    noisy_views,
    understanding,
)
from culture_core.errors import CultureError
from culture_core.models.mygpt import MyGPT
from culture_core.world.quizzes import generate_quizzes
from culture_core.world.structures import canonical_grids, structure_of
from culture_core.world.vocabulary import WORLD_TASKS

PUBLISHED = VerdictSettings()


def quizzes(n: int = 6) -> torch.Tensor:
    return generate_quizzes(WORLD_TASKS, 1, seed=2).tokens[:n]


@torch.inference_mode()
def slow_log_probability(model: MyGPT, quiz: list[int]) -> float:
    """Log-probability of the last grid of one quiz, a cell at a time."""
    logits = model(torch.tensor([quiz]))[0].double()
    return sum(float(logits[t].log_softmax(0)[quiz[t]]) for t in range(304, 404))


def slow_understanding(model: MyGPT, number: int, tokens: torch.Tensor, seed: int) -> float:
    """The probability as the rule says it: one quiz, one draw, one direction at a time."""
    probabilities = []
    for draw in range(3):
        views = noisy_views(tokens[None], torch.tensor([number]), seed, PUBLISHED)[draw, :, 0]
        log_probability = sum(slow_log_probability(model, view.tolist()) for view in views)
        probabilities.append(torch.tensor(log_probability, dtype=torch.float64).exp())
    return float(torch.stack(probabilities).mean())


def test_understanding_matches_the_rule_applied_one_draw_at_a_time():
    tokens, number = quizzes(), torch.arange(10, 16)
    views = noisy_views(tokens, number, 7, PUBLISHED)
    for model in (leaning_gpt(0, SURE), leaning_gpt(1, POOR)):
        slow = [slow_understanding(model, 10 + i, tokens[i], 7) for i in range(6)]
        for batch_size in (64, 4):
            fast = understanding(model, views, batch_size=batch_size)
            torch.testing.assert_close(fast, torch.tensor(slow, dtype=torch.float64), rtol=1e-3, atol=0)


def test_understanding_reads_keys_of_another_width_than_values(fixture_gpts):
    from culture_core.models.sources import resolve_source

    model = resolve_source(fixture_gpts).load_models([2])[0]
    tokens = quizzes(2)
    fast = understanding(model, noisy_views(tokens, torch.arange(2), 7, PUBLISHED))
    slow = [slow_understanding(model, i, tokens[i], 7) for i in range(2)]
    torch.testing.assert_close(fast, torch.tensor(slow, dtype=torch.float64), rtol=1e-3, atol=0)


def test_noise_goes_into_the_third_grid_of_both_directions_alone():
    tokens = quizzes(6).repeat(20, 1)
    views = noisy_views(tokens, torch.arange(120), 7, PUBLISHED)
    for d, (name, noisy_grid) in enumerate((("A,f_A,B,f_B", 2), ("f_A,A,f_B,B", 3))):
        for shown in views[:, d]:
            assert set(structure_of(shown).tolist()) == {d}, name
            changed = canonical_grids(shown, structure_of(shown)) != canonical_grids(
                tokens, structure_of(tokens)
            )
            rate = changed.double().mean(dim=(0, 2))
            assert rate[[g for g in range(4) if g != noisy_grid]].sum() == 0
            assert 0.04 < rate[noisy_grid] * 11 / 10 < 0.06


def test_noise_depends_on_the_number_of_a_quiz_and_the_seed_alone():
    tokens, number = quizzes(), torch.arange(30, 36)
    views = noisy_views(tokens, number, 7, PUBLISHED)
    assert torch.equal(noisy_views(tokens[[4, 1]], number[[4, 1]], 7, PUBLISHED), views[:, :, [4, 1]])
    assert not torch.equal(noisy_views(tokens, number, 8, PUBLISHED), views)
    assert not torch.equal(views[0], views[1])


def test_the_bounds_of_a_verdict_are_included():
    probability = torch.tensor([0.0, 0.5, 0.500001, 0.949999, 0.95, 1.0, torch.nan], dtype=torch.float64)
    expected = [FAILS, FAILS, UNDECIDED, UNDECIDED, UNDERSTANDS, UNDERSTANDS, NOT_ASKED]
    assert judge(probability, PUBLISHED).tolist() == expected


def test_a_quiz_is_kept_when_one_or_two_of_five_fail_and_all_others_understand():
    every = list(itertools.product((FAILS, UNDECIDED, UNDERSTANDS), repeat=5))
    reasons = decide(torch.tensor(every, dtype=torch.uint8), PUBLISHED).tolist()
    for verdicts, reason in zip(every, reasons, strict=True):
        n_failed = verdicts.count(FAILS)
        kept = UNDECIDED not in verdicts and 1 <= n_failed <= 2
        assert (REASONS[reason] == "kept") == kept, verdicts
        if n_failed == 0 and UNDECIDED not in verdicts:
            assert REASONS[reason] == "too few fail"
        if n_failed <= 2 and UNDECIDED in verdicts:
            assert REASONS[reason] == "undecided"
        if n_failed >= 3 and UNDECIDED not in verdicts:
            assert REASONS[reason] == "too many fail"


def test_asking_no_more_than_needed_changes_no_decision_and_no_probability_but_of_failures():
    models = [leaning_gpt(0, SURE), leaning_gpt(1, POOR), leaning_gpt(2, SURE), leaning_gpt(3, 3.0)]
    settings = VerdictSettings(understands=1e-120, fails=1e-180, max_failures=1)
    tokens, number = quizzes(8), torch.arange(8)
    in_full = torch.ones(8, dtype=torch.bool)
    full = ask(models, tokens, number, 7, settings, in_full=in_full)
    brief = ask(models, tokens, number, 7, settings, batch_size=3)
    assert not full.isnan().any()
    asked = ~brief.isnan()
    assert 0 < asked.sum() < asked.numel()
    exact = asked & (brief > settings.fails)
    torch.testing.assert_close(brief[exact], full[exact], rtol=1e-4, atol=0)
    assert (brief[asked] >= full[asked] * (1 - 1e-4)).all()
    assert torch.equal(decide(judge(brief, settings), settings), decide(judge(full, settings), settings))
    for m, model in enumerate(models):
        views = noisy_views(tokens, number, 7, settings)
        torch.testing.assert_close(full[:, m], understanding(model, views), rtol=1e-4, atol=0)


def test_every_probability_of_a_kept_quiz_is_of_both_directions():
    models = [leaning_gpt(0, SURE), leaning_gpt(1, SURE), leaning_gpt(2, POOR)]
    settings = VerdictSettings(understands=1e-40, fails=1e-45, max_failures=1)
    tokens, number = torch.zeros(5, 4, 101, dtype=torch.uint8), torch.arange(5)
    tokens[:, :, 0] = torch.tensor([11, 12, 13, 14])
    tokens[:, ::2, 1:9] = torch.arange(5, dtype=torch.uint8)[:, None, None] + 1
    tokens = tokens.flatten(1)
    probability = ask(models, tokens, number, 7, settings)
    assert (decide(judge(probability, settings), settings) == KEPT).all()
    views = noisy_views(tokens, number, 7, settings)
    expected = torch.stack([understanding(model, views) for model in models], dim=1)
    torch.testing.assert_close(probability, expected, rtol=1e-4, atol=0)


def test_every_verdict_and_reason_has_a_name():
    assert [VERDICTS[v] for v in (FAILS, UNDECIDED, UNDERSTANDS, NOT_ASKED)] == list(VERDICTS)


@pytest.mark.parametrize(
    "change", [{"understands": 0.4}, {"min_failures": 3}, {"noise": 2.0}, {"n_draws": 0}, {"fails": -0.1}]
)
def test_settings_that_make_no_sense_are_refused(change):
    with pytest.raises(CultureError):
        VerdictSettings(**change)
