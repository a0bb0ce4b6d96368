"""What this machine's processor can do, read once."""

from functools import lru_cache
from pathlib import Path

import torch

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


def fast_dtype(device: torch.device | str) -> torch.dtype:
    """The dtype matrix products are fastest in: bfloat16, but float32 on a CPU that has to emulate it."""
    if torch.device(device).type == "cpu" and cpu_features().isdisjoint(BF16_FEATURES):
        return torch.float32
    return torch.bfloat16
