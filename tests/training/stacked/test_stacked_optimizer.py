import pytest
import torch
from stacked_helpers import NARROW_KEYS, lively_gpts

from culture_core.processor import fast_dtype
from culture_core.training.optimizers import Optimizers
from culture_core.training.recipes import find_recipe
from culture_core.training.stacked.optimizer import StackedOptimizer
from culture_core.training.stacked.weights import stack, unstack

RATES = (1.0, 0.5, 0.25)


def random_gradients(models, generator):
    for model in models:
        for parameter in model.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=generator)


@pytest.mark.parametrize("changes", [{}, {"weight_decay": 0.1}], ids=["plain", "weight decay"])
def test_steps_of_each_gpt_are_those_of_its_own_optimizers(changes):
    from dataclasses import replace

    recipe = replace(find_recipe("muon"), **changes)
    models = lively_gpts(NARROW_KEYS)
    weights = stack(models)
    before = {name: tensor.clone() for name, tensor in weights.items()}
    optimizer, alone = StackedOptimizer(weights, recipe), [Optimizers(model, recipe) for model in models]
    generator = torch.Generator().manual_seed(1)
    for rate in RATES:
        random_gradients(models, generator)
        gradients = stack_gradients(models)
        optimizer.rate.fill_(rate)
        optimizer.step(gradients)
        for one in alone:
            one.step(rate)
    tolerance = 1e-4 if fast_dtype("cpu") == torch.float32 else 0.03
    for k, model in enumerate(models):
        for name, tensor in unstack(weights, k).items():
            moved = model.state_dict()[name] - unstack(before, k)[name]
            error = (tensor - model.state_dict()[name]).norm() / moved.norm()
            assert moved.norm() > 0 and error < tolerance, name


def stack_gradients(models):
    import copy

    shadows = copy.deepcopy(models)
    for shadow, model in zip(shadows, models, strict=True):
        with torch.no_grad():
            for mine, parameter in zip(shadow.parameters(), model.parameters(), strict=True):
                mine.copy_(parameter.grad)
    return stack(shadows)


def test_average_of_weights_follows_them_by_its_blend():
    weights = stack(lively_gpts(NARROW_KEYS))
    first = weights["readout.weight"].clone()
    optimizer = StackedOptimizer(weights, find_recipe("muon"))
    optimizer.blend.fill_(0.25)
    optimizer.step({name: torch.ones_like(tensor) for name, tensor in weights.items()})
    expected = 0.75 * first + 0.25 * weights["readout.weight"]
    torch.testing.assert_close(optimizer.average["readout.weight"], expected)
