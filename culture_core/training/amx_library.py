"""The kernels for CPUs with AMX: compiled on first use, and kept in the user's cache."""

import ctypes
import hashlib
import os
import shutil
import subprocess
import warnings
from functools import lru_cache
from pathlib import Path

from culture_core.artifacts import atomic_file
from culture_core.processor import cpu_features, cpuinfo

SOURCE = Path(__file__).parent / "kernels" / "amx.cpp"
COMPILERS = ("g++", "clang++", "c++")
FLAGS = ("-O3", "-march=native", "-std=c++17", "-fPIC", "-shared", "-w")
CPU_FEATURES = ("amx_bf16", "avx512_bf16", "avx512bw", "avx512vl")


@lru_cache
def amx_library() -> ctypes.CDLL | None:
    """The compiled kernels, or None where they cannot be had."""
    compiler = find_compiler()
    if compiler is None or not has_amx():
        return None
    try:
        library = ctypes.CDLL(str(_compiled(compiler)))
    except (OSError, subprocess.CalledProcessError) as error:
        warnings.warn(f"{SOURCE.name} cannot be compiled, so PyTorch trains, slower: {error}", stacklevel=2)
        return None
    pointer = ctypes.c_void_p
    library.culture_engine_new.argtypes = (pointer,)
    library.culture_engine_new.restype = pointer
    library.culture_engine_free.argtypes = (pointer,)
    library.culture_engine_run.argtypes = (pointer, pointer, pointer, pointer, ctypes.c_int, pointer, pointer)
    library.culture_orthogonalise.argtypes = (pointer, *(ctypes.c_int,) * 4, pointer)
    library.culture_orthogonalise.restype = ctypes.c_bool
    return library


def _compiled(compiler: str) -> Path:
    """The shared library of this source, compiler and processor; made when it is not there yet."""
    version = subprocess.run([compiler, "--version"], capture_output=True, check=True).stdout
    made_of = (SOURCE.read_bytes(), version, " ".join(FLAGS).encode(), cpuinfo("model name").encode())
    key = hashlib.sha256(b"".join(made_of)).hexdigest()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "culture"
    path = folder / f"amx-{key[:16]}.so"
    if not path.exists():
        with atomic_file(path) as partial:
            command = [compiler, *FLAGS, str(SOURCE), "-o", str(partial)]
            subprocess.run(command, check=True, capture_output=True)
    return path


def find_compiler() -> str | None:
    """The C++ compiler of this machine: $CXX, or the first there is."""
    return os.environ.get("CXX") or next(filter(shutil.which, COMPILERS), None)


def has_amx() -> bool:
    """Whether the processor has the instructions the kernels use."""
    return cpu_features().issuperset(CPU_FEATURES)
