"""Maps between states against scipy and numpy; sums over firing against dense numpy."""

import numpy as np
import torch
from scipy.linalg import orthogonal_procrustes

from culture_core.saes.plain import read_sae
from culture_core.universality.matching.codes import other_places
from culture_core.universality.transfer.figures import Spread, Target, TransferSums
from culture_core.universality.transfer.maps import AFFINE, NONE, ORTHOGONAL, fit_map
from culture_core.universality.transfer.moments import StateMoments

HOOK = "blocks.1.hook_resid_post"


def some_states(n_models: int = 3, quizzes: int = 12, positions: int = 9, d: int = 5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(4)
    common = torch.randn(quizzes, positions, d, generator=generator)
    mixed = [common @ torch.randn(d, d, generator=generator) + number for number in range(n_models)]
    return torch.stack(mixed) + 0.3 * torch.randn(n_models, quizzes, positions, d, generator=generator)


def moments_of(states: torch.Tensor, order: torch.Tensor | None = None) -> StateMoments:
    order = torch.arange(states.shape[1]).roll(1) if order is None else order
    moments = StateMoments(len(states), states.shape[-1])
    half = states.shape[1] // 2
    moments.add(states[:, :half], order[:half] % half)
    moments.add(states[:, half:], order[half:] % half)
    return moments


def test_the_orthogonal_map_is_scipys_procrustes_solution():
    states = some_states()
    b, a = (states[k].flatten(0, 1).double().numpy() for k in (2, 0))
    expected, _ = orthogonal_procrustes(b - b.mean(0), a - a.mean(0))
    found = fit_map(ORTHOGONAL, moments_of(states), 0, 2)
    np.testing.assert_allclose(found.matrix.numpy(), expected, atol=1e-5)
    np.testing.assert_allclose((found.matrix @ found.matrix.T).numpy(), np.eye(5), atol=1e-5)
    np.testing.assert_allclose(found(states[2]).flatten(0, 1).mean(0).numpy(), a.mean(0), atol=1e-5)


def test_the_affine_map_is_least_squares_and_none_only_moves_the_mean():
    states = some_states()
    moments = moments_of(states)
    b, a = (states[k].flatten(0, 1).double().numpy() for k in (1, 0))
    expected, *_ = np.linalg.lstsq(np.c_[b, np.ones(len(b))], a, rcond=None)
    found = fit_map(AFFINE, moments, 0, 1)(states[1]).flatten(0, 1).numpy()
    np.testing.assert_allclose(found, np.c_[b, np.ones(len(b))] @ expected, atol=1e-4)
    moved = fit_map(NONE, moments, 0, 1)(states[1]).flatten(0, 1).numpy()
    np.testing.assert_allclose(moved, b - b.mean(0) + a.mean(0), atol=1e-5)


def test_the_shuffled_map_is_fitted_on_other_quizzes_at_the_same_positions():
    states = some_states(quizzes=12)
    moments = StateMoments(3, 5)
    order = other_places(12, np.random.default_rng(0))
    assert not (order == torch.arange(12)).any() and sorted(order.tolist()) == list(range(12))
    moments.add(states, order)
    b, a = states[1][order].flatten(0, 1).double().numpy(), states[0].flatten(0, 1).double().numpy()
    expected, *_ = np.linalg.lstsq(np.c_[b, np.ones(len(b))], a, rcond=None)
    found = fit_map(AFFINE, moments, 0, 1, shuffled=True)
    np.testing.assert_allclose(found.matrix.numpy(), expected[:-1], atol=1e-4)


def test_figures_equal_those_of_dense_activations(built_population):
    sae = read_sae(built_population.sae(HOOK, 0))
    generator = torch.Generator().manual_seed(2)
    x = 4 * torch.randn(90, sae.W_enc.shape[0], generator=generator)
    mapped = x + torch.randn(x.shape, generator=generator)
    sums, own, spread = (TransferSums(*sae.W_enc.shape), TransferSums(*sae.W_enc.shape), Spread(x.shape[1]))
    for part in (slice(0, 50), slice(50, 90)):
        target = Target(sae, x[part])
        spread.add(x[part])
        own.add(target, x[part])
        sums.add(target, mapped[part])
    codes, mapped_codes = sae.encode(x).double().numpy(), sae.encode(mapped).double().numpy()
    decoded = sae.decode(sae.encode(mapped))
    varies = (codes.std(0) > 0) & (mapped_codes.std(0) > 0)
    assert varies.sum() > 5
    found = sums.r(own.codes).numpy()
    expected = [np.corrcoef(codes[:, i], mapped_codes[:, i])[0, 1] for i in np.flatnonzero(varies)]
    np.testing.assert_allclose(found[varies], expected, atol=1e-6)
    assert not found[~varies].any()
    variance = (x - x.mean(0)).square().sum()
    np.testing.assert_allclose(sums.explained(spread), 1 - (decoded - x).square().sum() / variance, rtol=1e-4)
    own_variance = (mapped - mapped.mean(0)).square().sum()
    fitted = 1 - (decoded - mapped).square().sum() / own_variance
    np.testing.assert_allclose(sums.fitted(), fitted, rtol=1e-4)
