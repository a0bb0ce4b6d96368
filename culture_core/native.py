"""C++ kernels: compiled on first use for this processor, and kept in the user's cache."""

import ctypes
import hashlib
import os
import shutil
import subprocess
import warnings
from pathlib import Path

from culture_core.errors import CultureError
from culture_core.processor import cpuinfo
from culture_core.writing import atomic_file

COMPILERS = ("g++", "clang++", "c++")
FLAGS = ("-O3", "-march=native", "-std=c++17", "-fPIC", "-shared", "-w")


def find_compiler() -> str | None:
    """The C++ compiler of this machine: $CXX, or the first there is."""
    return os.environ.get("CXX") or next(filter(shutil.which, COMPILERS), None)


def load_kernels(source: Path, instead: str) -> ctypes.CDLL | None:
    """The compiled kernels of a source file, or None if they cannot be compiled here.

    instead: what is done without them, for the warning when a compiler fails.
    """
    compiler = find_compiler()
    if compiler is None:
        return None
    try:
        return ctypes.CDLL(str(_compiled(source, compiler)))
    except (OSError, CultureError, subprocess.CalledProcessError) as error:
        warnings.warn(
            f"{source.name} cannot be compiled, so {instead}, which is slower: {error}", stacklevel=3
        )
        return None


def _folder() -> Path:
    """Where kernels are kept: the user's cache, ~/.cache/culture on Linux.

    Errors: OSError for a user without a home, or without platformdirs, as where only `culture train-stacked`
    is to run.
    """
    try:
        from platformdirs import user_cache_path
    except ImportError as error:
        raise OSError(f"{error}") from None
    try:
        folder = user_cache_path("culture", appauthor=False)
    except RuntimeError as error:
        raise OSError("this user has no home folder to keep it in") from error
    if not folder.is_absolute():
        raise OSError("this user has no home folder to keep it in")
    return folder


def _compiled(source: Path, compiler: str) -> Path:
    """The shared library of this source, compiler and processor; made when it is not there yet."""
    version = subprocess.run([compiler, "--version"], capture_output=True, check=True).stdout
    made_of = (source.read_bytes(), version, " ".join(FLAGS).encode(), cpuinfo("model name").encode())
    key = hashlib.sha256(b"".join(made_of)).hexdigest()
    path = _folder() / f"{source.stem}-{key[:16]}.so"
    if not path.exists():
        with atomic_file(path) as partial:
            command = [compiler, *FLAGS, str(source), "-o", str(partial)]
            subprocess.run(command, check=True, capture_output=True)
    return path
