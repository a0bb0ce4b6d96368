"""The bf16 kernels against PyTorch's own gradients; elsewhere, that PyTorch takes over."""

from dataclasses import replace

import pytest
import torch

from culture_core.models.mygpt import PRESETS, MyGPT, MyGPTConfig
from culture_core.native import find_compiler
from culture_core.training.engines import TorchEngine, make_engine
from culture_core.training.kernel_engine import KernelEngine
from culture_core.training.kernel_library import can_run_kernels, kernel_library
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import WORLD_TASKS

SHAPES = {
    "1M": replace(PRESETS["1M"], n_blocks=2, dropout=0.0),
    "keys narrower than values": MyGPTConfig(128, 32, 96, 2, 1, dropout=0.0),
    "keys wider than values": MyGPTConfig(64, 64, 64, 2, 1, dropout=0.0),
}


def _model(config: MyGPTConfig) -> MyGPT:
    torch.manual_seed(3)
    model = MyGPT(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "ln_" in name or name.endswith("bias"):
                parameter.add_(0.2 * torch.randn_like(parameter))
        model.token_embedding.weight.mul_(20)
    return model


@pytest.mark.parametrize("shape", SHAPES)
def test_fastest_engine_agrees_with_float32_gradients(shape):
    model = _model(SHAPES[shape])
    tokens = generate_stream(WORLD_TASKS, 0, 3, seed=1).tokens
    weights = torch.rand(3, 404, generator=torch.Generator().manual_seed(0))
    reference_losses = TorchEngine(model, torch.float32).gradients(tokens, weights, 0.5)
    reference = {name: parameter.grad for name, parameter in model.named_parameters()}
    losses = make_engine(model, torch.bfloat16).gradients(tokens, weights, 0.5)
    torch.testing.assert_close(losses, reference_losses, rtol=0, atol=0.1)
    for name, parameter in model.named_parameters():
        assert (parameter.grad - reference[name]).norm() < 0.02 * reference[name].norm(), name


def test_kernels_compile_where_the_machine_can_run_them():
    can_run = can_run_kernels() and find_compiler() is not None
    assert (kernel_library() is not None) == can_run
    assert isinstance(make_engine(MyGPT(SHAPES["1M"]), torch.bfloat16), KernelEngine) == can_run


def test_losses_without_gradients_are_the_same_and_leave_gradients_alone():
    model = _model(SHAPES["1M"])
    engine = KernelEngine.make(model)
    if engine is None:
        assert kernel_library() is None
        return
    tokens = generate_stream(WORLD_TASKS, 0, 3, seed=2).tokens
    losses = engine.losses(tokens)
    assert model.readout.weight.grad is None
    assert torch.equal(engine.gradients(tokens, torch.ones(3, 404), 1.0), losses)


def test_pytorch_takes_over_where_the_kernels_cannot_go():
    dropout = MyGPT(replace(SHAPES["1M"], dropout=0.1))
    narrow = MyGPT(replace(PRESETS["17K"], dropout=0.0))
    exact = MyGPT(SHAPES["1M"])
    assert isinstance(make_engine(dropout, torch.bfloat16), TorchEngine)
    assert isinstance(make_engine(narrow, torch.bfloat16), TorchEngine)
    assert isinstance(make_engine(exact, torch.float32), TorchEngine)
