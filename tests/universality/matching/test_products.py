"""Products of sparse codes against scipy's."""

import numpy as np
import pytest
from scipy import sparse

from culture_core.native import find_compiler
from culture_core.universality.matching import products
from culture_core.universality.matching.products import add_products, cofiring_library


@pytest.mark.parametrize("shape", [(5, 7), (1, 9), (8, 1)])
def test_products_are_scipys_with_the_kernel_and_without_it(monkeypatch, shape):
    a, b = (sparse.random_array((50, f), density=0.3, rng=f) for f in shape)
    expected = 1 + (a.T @ b).toarray()
    if find_compiler() is not None:
        assert cofiring_library() is not None
    for library in (cofiring_library(), None):
        monkeypatch.setattr(products, "cofiring_library", lambda library=library: library)
        total = np.ones(shape)
        add_products(total, a.tocsc(), b.tocsr())
        assert np.allclose(total, expected, atol=1e-12)
