"""What this machine's processor can do, read once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import torch

from culture_core.errors import CultureError

CPUINFO = Path("/proc/cpuinfo")
BF16_FEATURES = ("avx512_bf16", "amx_bf16")


@lru_cache
def cpuinfo(field: str) -> str:
    """A field of the first processor in /proc/cpuinfo; empty where there is no such file or field."""
    lines = CPUINFO.read_text().splitlines() if CPUINFO.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(field)), "")


def cpu_features() -> frozenset[str]:
    """Names of the instruction sets the processor has."""
    return frozenset(cpuinfo("flags").split())


@contextmanager
def torch_threads(n: int) -> Iterator[None]:
    """Compute with n threads of torch inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def fast_dtype(device: torch.device | str) -> torch.dtype:
    """The dtype matrix products are fastest in: bfloat16, but float32 on a CPU that has to emulate it."""
    if torch.device(device).type == "cpu" and cpu_features().isdisjoint(BF16_FEATURES):
        return torch.float32
    return torch.bfloat16


def find_device(name: str) -> torch.device:
    """The device that "auto", "cpu", "cuda" or "cuda:N" means. Errors: CultureError if it does not exist."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise CultureError(f"no device {name!r}: choose auto, cpu or cuda")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise CultureError("this machine has no CUDA GPU; choose --device cpu or auto")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise CultureError(
            f"no device {name!r}: this machine has {torch.cuda.device_count()}, from cuda:0 on"
        )
    return device


def n_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
