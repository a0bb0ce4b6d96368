"""Products of sparse matrices added to a dense one: a kernel of our own where there is a C++ compiler, else
scipy.

scipy goes over the products twice and builds a sparse result; the kernel adds each product where it belongs.
"""

import ctypes
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from culture_core.native import load_kernels

SOURCE = Path(__file__).parent / "kernels" / "cofiring.cpp"


@lru_cache
def cofiring_library() -> ctypes.CDLL | None:
    """The compiled kernel, or None where it cannot be had."""
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
