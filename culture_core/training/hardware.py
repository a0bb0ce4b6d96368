"""What a worker computes on, and how it is set up for speed."""

import os
from dataclasses import dataclass

import torch

from culture_core.errors import CultureError
from culture_core.memory import keep_freed_memory


@dataclass(frozen=True)
class Hardware:
    """A device, the dtype of forward and backward, whether to compile, and threads of a CPU worker."""

    device: torch.device
    dtype: torch.dtype
    compiled: bool = False
    threads: int = 1

    def prepare(self) -> None:
        """Set this process up: call it once, first."""
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
            torch.set_float32_matmul_precision("high")
            return
        torch.set_num_threads(self.threads)
        keep_freed_memory()


def find_device(name: str) -> torch.device:
    """The device "auto", "cpu", "cuda" or "cuda:N" stands for. Errors: CultureError when it is not there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise CultureError(f"no device {name!r}: choose auto, cpu or cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise CultureError("there is no CUDA GPU here: choose --device cpu or auto")
    return device


def n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
