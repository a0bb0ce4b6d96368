"""What the Lab computes live, against the core run by hand: on the shipped population, whose GPTs are
trained: only such invent quizzes."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from culture_core import generate, load_hooked
from culture_core.culture.settings import InventingSettings, VerdictSettings
from culture_core.culture.verdicts import ask
from culture_core.features.interventions import Change, Intervention, ablate
from culture_core.models.generation import fill_blocks
from dashboard.data.population import gpts
from dashboard.data.quiz import answers, candidates
from dashboard.data.quiz.lab_quizzes import start_quiz


@pytest.fixture
def population(shipped):
    return shipped


@pytest.fixture(scope="module")
def tokens():
    return start_quiz("contact", "A,f_A,B,f_B", 1).tokens[0].numpy()


@pytest.fixture
def strong(population, tokens):
    """The feature of GPT 0 that fires most on the quiz."""
    reading = gpts.reading(population, population.hooks[0], 0, tokens)
    return int(reading.feature[reading.value.argmax()])


def test_answers_are_those_of_cached_generation(population, tokens):
    given = answers.answers(population, tokens)
    for place, model_k in enumerate(population.models):
        model = gpts.model(population, model_k)
        _, truth = generate(model, torch.from_numpy(tokens.copy())[None])
        assert np.array_equal(given.predicted[place], truth[0, 304:].numpy())
        with torch.inference_mode():
            probability = model(truth)[0, 304:].softmax(-1).max(-1).values
        assert given.probability[place] == pytest.approx(probability.numpy(), abs=1e-4)


def test_steered_answers_match_transformer_lens_with_a_hook_set(population, tokens, strong):
    hook = population.hooks[0]
    intervention = Intervention((Change(strong, scale=15.0),), keep_top=3)
    given = answers.steered_answers(population, hook, {0: intervention}, tokens)
    hooked = load_hooked([0], source=population.folder.root)[0]
    replace = intervention.on(gpts.sae(population, hook, 0))
    hooked.add_hook(hook, lambda value, hook: replace(value))  # noqa: ARG005 - passed by name
    truth = fill_blocks(hooked, torch.from_numpy(tokens.copy())[None], [0.0])[0, 304:].numpy()
    assert np.array_equal(given.predicted[0], truth)
    assert not np.array_equal(given.predicted[0], answers.answers(population, tokens).predicted[0])


def test_sessions_that_steer_do_not_change_what_others_see(population, tokens, strong):
    hook = population.hooks[0]
    before = answers.answers(population, tokens)
    plans = [{0: ablate([strong])}, {0: Intervention((Change(strong, scale=50.0),))}, {0: Intervention()}]
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(answers.steered_answers, population, hook, plan, tokens) for plan in plans * 2]
        plain = pool.submit(answers.answers, population, tokens)
        results = [run.result() for run in runs]
    for first, again in zip(results[:3], results[3:], strict=True):
        assert np.array_equal(first.predicted, again.predicted)
    assert np.array_equal(plain.result().predicted, before.predicted)
    assert np.array_equal(results[2].predicted[0], before.predicted[0])
    answers._answers.clear()
    assert np.array_equal(answers.answers(population, tokens).predicted, before.predicted)


def test_activations_are_those_of_the_reading(population, tokens, strong):
    values = answers.activations(population, population.hooks[0], [(0, strong), (0, strong)], tokens)
    reading = gpts.reading(population, population.hooks[0], 0, tokens)
    assert np.array_equal(values[0], reading.of_feature(strong))
    assert values.shape == (2, 404)
    assert answers.activations(population, population.hooks[0], [], tokens).shape == (0, 404)


def test_invented_quizzes_carry_the_verdicts_of_every_gpt(population):
    settings = InventingSettings(hot=0.8, cold=0.5)
    found = candidates.invented(population, 1, settings, seed=4, n=2)
    valid = np.isfinite(found.probability[:, 0])
    models = [gpts.model(population, k) for k in population.models]
    numbers = torch.arange(2)[torch.from_numpy(valid)]
    truth = ask(
        models, torch.from_numpy(found.tokens[valid]), numbers, 4, VerdictSettings(), in_full=numbers >= 0
    )
    assert found.probability[valid] == pytest.approx(truth.numpy(), abs=1e-5)
    assert found.tokens.shape == (2, 404)
    assert valid.any()
