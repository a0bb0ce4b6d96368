"""How much arithmetic a step does, and how fast the device is at a bare product."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.world.vocabulary import QUIZ_LENGTH

SIDE_ON_GPU, SIDE_ON_CPU = 8192, 1024
REPEATS = 10


def flops_a_quiz(config: MyGPTConfig) -> float:
    """Operations that a training step cannot do without, for one quiz of one GPT: 6 x parameters x 404, and
    attention's own products on and below the diagonal (2 forward, 4 backward)."""
    with torch.device("meta"):
        parameters = MyGPT(config).n_parameters
    pairs = QUIZ_LENGTH * (QUIZ_LENGTH + 1) / 2
    attention = config.n_blocks * config.n_heads * pairs * (config.dim_keys + config.dim_values) * 2 * 3
    return 6 * parameters * QUIZ_LENGTH + attention


def matrix_rate(device: torch.device) -> float:
    """Operations a second of one large matrix product: bfloat16 on a GPU, float32 on a CPU."""
    on_gpu = device.type == "cuda"
    side, dtype = (SIDE_ON_GPU, torch.bfloat16) if on_gpu else (SIDE_ON_CPU, torch.float32)
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    return 2 * side**3 / seconds_of(lambda: a @ b, REPEATS, device)


def seconds_of(work: Callable[[], object], repeats: int, device: torch.device) -> float:
    """Seconds a call takes, as a mean of several after one that warms up."""
    work()
    with measured(device) as seconds:
        for _ in range(repeats):
            work()
    return seconds[0] / repeats


@contextmanager
def measured(device: torch.device) -> Iterator[list[float]]:
    """Measure the block's seconds, those of the device's work included, into the list that is yielded."""
    seconds: list[float] = []
    _wait(device)
    started = time.perf_counter()
    yield seconds
    _wait(device)
    seconds.append(time.perf_counter() - started)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
