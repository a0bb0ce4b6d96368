"""Generation by guessing and checking against generation cell by cell."""

import pytest
import torch
from model_helpers import FIXTURE_MODELS, expected, tiny_gpt

from culture_core import generate, load_culture
from culture_core.models.guessing import greedy_answers


@pytest.mark.parametrize(("folder", "model_k"), FIXTURE_MODELS)
def test_guessed_grids_match_the_public_code(folder, model_k):
    truth = expected(folder, model_k)
    model = load_culture(model_k, folder)[0]
    assert torch.equal(greedy_answers(model, truth.tokens).tokens, truth.greedy)


def test_the_answer_does_not_depend_on_the_guess():
    folder, model_k = FIXTURE_MODELS[0]
    tokens = expected(folder, model_k).tokens[:2]
    model = load_culture(model_k, folder)[0]
    guesses = [tokens.clone() for _ in range(3)]
    guesses[1][:, 304:] = 0
    guesses[2][:, 304:] = generate(model, tokens)[1][:, 304:]
    answers = [greedy_answers(model, guess).tokens for guess in guesses]
    assert all(torch.equal(answer, generate(model, tokens)[1]) for answer in answers)


def test_a_right_guess_takes_two_reads():
    model = tiny_gpt()
    answered = greedy_answers(model, torch.randint(11, (1, 404))).tokens
    reads = []
    read = model.read

    def count(*args):
        reads.append(args[0].shape[1])
        return read(*args)

    model.read = count
    assert torch.equal(greedy_answers(model, answered).tokens, answered)
    assert reads == [304, 100]


def test_probabilities_are_those_of_one_pass_over_the_answer():
    folder, model_k = FIXTURE_MODELS[1]
    model = load_culture(model_k, folder)[0]
    answers = greedy_answers(model, expected(folder, model_k).tokens[:2])
    with torch.inference_mode():
        best = model(answers.tokens)[:, 304:].softmax(-1).max(-1)
    assert torch.equal(best.indices, answers.tokens[:, 304:].long())
    assert torch.allclose(best.values, answers.probability, atol=1e-5)
