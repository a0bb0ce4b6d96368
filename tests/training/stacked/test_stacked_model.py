import pytest
import torch
from stacked_helpers import NARROW_KEYS, WIDE_KEYS, lively_gpts, own_quizzes

from culture_core.training.engines import TorchEngine
from culture_core.training.recipes import find_recipe
from culture_core.training.stacked.model import Route, StackedModel
from culture_core.training.stacked.weights import stack, unstack
from culture_core.training.stream import loss_weights

ROUTES = [
    Route(torch.float32),
    Route(torch.float32, padded=True),
    Route(torch.float32, parts=2),
    Route(torch.float32, padded=True, parts=4),
]


@pytest.mark.parametrize("config", [NARROW_KEYS, WIDE_KEYS], ids=["narrow keys", "wide keys"])
@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_losses_and_gradients_of_each_gpt_are_those_it_has_alone(config, route):
    models, batches = lively_gpts(config), own_quizzes(2, 4)
    recipe = find_recipe("muon")
    weights = {name: tensor.requires_grad_() for name, tensor in stack(models).items()}
    tokens = torch.stack([batch.tokens for batch in batches])
    cell_weights = torch.stack([loss_weights(batch.structure, recipe) for batch in batches])
    losses = StackedModel(config, route).losses(weights, tokens)
    gradients = torch.autograd.grad((losses * cell_weights).sum(), list(weights.values()))
    stacked = dict(zip(weights, gradients, strict=True))
    for k, model in enumerate(models):
        alone = TorchEngine(model, torch.float32).gradients(tokens[k], cell_weights[k], 1.0)
        torch.testing.assert_close(losses[k], alone, rtol=1e-4, atol=1e-4)
        own = dict(model.named_parameters())
        for name, gradient in unstack(stacked, k).items():
            expected = own[name].grad
            assert expected is not None
            error = (gradient - expected).norm() / expected.norm()
            assert error < 1e-4, name


def test_padding_of_the_vocabulary_has_no_probability():
    models = lively_gpts(NARROW_KEYS)
    tokens = torch.stack([batch.tokens for batch in own_quizzes(2, 2)])
    logits = StackedModel(NARROW_KEYS, Route(torch.bfloat16)).logits(stack(models), tokens)
    assert logits.shape[-1] > NARROW_KEYS.n_tokens
    assert logits.float().softmax(-1)[..., NARROW_KEYS.n_tokens :].max() == 0


def test_stacked_weights_come_apart_exactly():
    models = lively_gpts(NARROW_KEYS, n=3)
    weights = stack(models)
    for k, model in enumerate(models):
        state = unstack(weights, k)
        assert state.keys() == model.state_dict().keys()
        assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())
