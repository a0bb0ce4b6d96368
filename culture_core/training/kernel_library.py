"""The kernels for CPUs that multiply bf16: compiled on first use, and kept in the user's cache."""

import ctypes
from functools import lru_cache
from pathlib import Path

from culture_core.native import load_kernels
from culture_core.processor import cpu_features

SOURCE = Path(__file__).parent / "kernels" / "bf16.cpp"
CPU_FEATURES = ("avx512_bf16", "avx512bw", "avx512vl")


@lru_cache
def kernel_library() -> ctypes.CDLL | None:
    """The compiled kernels, or None if they cannot be compiled here."""
    library = load_kernels(SOURCE, "PyTorch trains") if can_run_kernels() else None
    if library is None:
        return None
    pointer = ctypes.c_void_p
    library.culture_engine_new.argtypes = (pointer,)
    library.culture_engine_new.restype = pointer
    library.culture_engine_free.argtypes = (pointer,)
    library.culture_engine_run.argtypes = (pointer, pointer, pointer, pointer, ctypes.c_int, pointer, pointer)
    library.culture_orthogonalise.argtypes = (pointer, *(ctypes.c_int,) * 4, pointer)
    library.culture_orthogonalise.restype = ctypes.c_bool
    return library


def can_run_kernels() -> bool:
    """Whether the processor has the instructions the kernels use."""
    return cpu_features().issuperset(CPU_FEATURES)
