"""Sparse encoding against the SAE's own dense one."""

import pytest
import torch

from culture_core.features.index.firing import firing
from culture_core.saes.plain import PlainSAE


def plain(architecture, n_features, k=None, *, norm=False):
    generator = torch.Generator().manual_seed(n_features)
    rand = lambda *shape: torch.randn(*shape, generator=generator)  # noqa: E731
    return PlainSAE(
        architecture=architecture,
        W_enc=rand(16, n_features),
        b_enc=rand(n_features) - 2,
        W_dec=rand(n_features, 16),
        b_dec=rand(16),
        b_in=rand(16),
        threshold=rand(n_features) if architecture == "jumprelu" else None,
        norm=rand(n_features).abs() if norm else None,
        k=k,
    )


@pytest.mark.parametrize(
    "sae",
    [
        plain("standard", 96),
        plain("jumprelu", 96),
        plain("jumprelu", 100, norm=True),
        plain("topk", 96, 3),
        plain("topk", 256, 8, norm=True),
        plain("topk", 100, 7),  # no groups of equal size
        plain("topk", 64, 40),  # more than are above 0 on most tokens
    ],
    ids=lambda sae: f"{sae.architecture}-{len(sae.W_dec)}-{sae.k}",
)
def test_sparse_codes_equal_the_dense_ones_bit_for_bit(sae):
    x = torch.randn(500, 16, generator=torch.Generator().manual_seed(1))
    dense = sae.encode(x)
    place, value = firing(sae, x)
    assert (place[1:] > place[:-1]).all()
    rebuilt = torch.zeros_like(dense)
    rebuilt.view(-1)[torch.from_numpy(place)] = torch.from_numpy(value)
    assert torch.equal(rebuilt, dense)


def test_features_that_are_level_at_the_end_of_the_top_k_all_fire():
    sae = plain("topk", 96, 1)
    sae.W_enc[:, 95], sae.b_enc[95] = sae.W_enc[:, 2], sae.b_enc[2]
    x = 10 * sae.W_enc[:, 2][None] + sae.b_in
    place, value = firing(sae, x)
    assert place.tolist() == [2, 95]
    assert value[0] == value[1]
