"""Sums over tokens of the products of every feature of one SAE with every feature of another.

They come from the tokens where both fire, so nothing dense of size tokens x features is made. A kernel of our
own multiplies where there is a C++ compiler, else scipy, which goes over the products twice and builds a
sparse result; the kernel adds each product where it belongs.

Memory, whatever the number of quizzes: one matrix of f_a x f_b products in float64, and the activations of a
chunk of quizzes of both models.
"""

import ctypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from culture_core.native import load_kernels
from culture_core.universality.matching.codes import Codes

SOURCE = Path(__file__).parent / "kernels" / "cofiring.cpp"


@dataclass(frozen=True)
class Products:
    """Two SAEs over the same tokens, with the sums of x y for every feature x of a and y of b: (f_a, f_b)."""

    a: Codes
    b: Codes
    sums: NDArray[np.float64]

    @classmethod
    def of(cls, a: Codes, b: Codes) -> "Products":
        assert a.n_quizzes == b.n_quizzes
        sums = np.zeros((a.n_features, b.n_features))
        for (_, left), (_, right) in zip(a.chunks(), b.chunks(), strict=True):
            add_products(sums, left.tocsc(), right)
        return cls(a, b, sums)


@lru_cache
def cofiring_library() -> ctypes.CDLL | None:
    """The compiled kernel, or None if it cannot be compiled here."""
    library = load_kernels(SOURCE, "scipy multiplies sparse activations")
    if library is not None:
        pointer, size = ctypes.c_void_p, ctypes.c_int64
        library.culture_cofiring.argtypes = (size, size, *(pointer,) * 7)
        library.culture_cofiring.restype = None
    return library


def add_products(
    total: NDArray[np.float64], by_feature: sparse.csc_array, by_token: sparse.csr_array
) -> None:
    """Add x'y to total (f_a, f_b) in place, for sparse float64 x (tokens, f_a) and y (tokens, f_b)."""
    library = cofiring_library()
    if library is None:
        total += (by_feature.T @ by_token).toarray()
        return
    assert total.flags.c_contiguous
    assert by_feature.shape[0] == by_token.shape[0]
    assert total.shape == (by_feature.shape[1], by_token.shape[1])
    arrays = [
        np.ascontiguousarray(array, dtype=dtype)
        for matrix in (by_feature, by_token)
        for array, dtype in ((matrix.indptr, np.int64), (matrix.indices, np.int32), (matrix.data, np.float64))
    ]
    library.culture_cofiring(*total.shape, *(array.ctypes.data for array in arrays), total.ctypes.data)
