import numpy as np
import pytest
import torch

from culture_core.comparison.cka import StateSums
from culture_core.comparison.states import StateSettings, state_similarities
from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.saes.hooks import activations_at
from culture_core.universality.matching.codes import other_places

N_MODELS, N_QUIZZES, N_POSITIONS, D = 3, 30, 7, 5


@pytest.fixture(scope="module")
def states():
    """States (3, 30, 7, 5): the second GPT's are the first's turned, the third's on their own."""
    generator = torch.Generator().manual_seed(4)
    first = torch.randn(N_QUIZZES, N_POSITIONS, D, generator=generator) + torch.randn(N_POSITIONS, D) + 3
    rotation = torch.linalg.qr(torch.randn(D, D, generator=generator))[0]
    other = torch.randn(N_QUIZZES, N_POSITIONS, D, generator=generator)
    return torch.stack([first, 2.5 * first @ rotation - 1, other])


@pytest.fixture(scope="module")
def shuffled():
    return other_places(N_QUIZZES, np.random.default_rng(1))


@pytest.fixture(scope="module")
def found(states, shuffled):
    sums = StateSums(N_MODELS, D, N_POSITIONS)
    sums.add(states, shuffled)
    return sums.similarity()


def centred(rows):
    rows = rows.double().numpy()
    return rows - rows.mean(0)


def by_kernels(x, y):
    """Linear CKA from the kernels of tokens (t, t): HSIC with the centring matrix written out."""
    centring = np.eye(len(x)) - 1 / len(x)
    k, m = (centring @ (z @ z.T) @ centring for z in (x, y))
    return np.trace(k @ m) / np.sqrt(np.trace(k @ k) * np.trace(m @ m))


def by_canonical_directions(x, y):
    """Linear CKA from the principal components of each (Kornblith et al. 2019, equation 14)."""
    u_x, s_x, _ = np.linalg.svd(x, full_matrices=False)
    u_y, s_y, _ = np.linalg.svd(y, full_matrices=False)
    overlap = (u_x.T @ u_y) ** 2
    return s_x**2 @ overlap @ s_y**2 / np.sqrt((s_x**4).sum() * (s_y**4).sum())


def test_cka_is_that_of_the_dense_states(states, found):
    flat = [centred(one.flatten(0, 1)) for one in states]
    for a in range(N_MODELS):
        for b in range(N_MODELS):
            assert found.cka[a, b] == pytest.approx(by_kernels(flat[a], flat[b]), abs=1e-10)
            assert found.cka[a, b] == pytest.approx(by_canonical_directions(flat[a], flat[b]), abs=1e-10)


def test_cka_by_position_is_that_of_states_centred_at_each_position(states, found):
    flat = [(one - one.mean(0)).flatten(0, 1).double().numpy() for one in states]
    for a in range(N_MODELS):
        for b in range(N_MODELS):
            expected = by_canonical_directions(flat[a], flat[b])
            assert found.centred_by_position[a, b] == pytest.approx(expected, abs=1e-8)


def test_shuffled_cka_is_that_of_other_quizzes_at_the_same_positions(states, shuffled, found):
    for a in range(N_MODELS):
        for b in range(N_MODELS):
            expected = by_kernels(
                centred(states[a].flatten(0, 1)), centred(states[b][shuffled].flatten(0, 1))
            )
            assert found.shuffled[a, b] == pytest.approx(expected, abs=1e-10)


def test_cka_sees_through_rotation_scale_and_shift(found):
    assert found.cka[0, 1] == pytest.approx(1)
    assert found.centred_by_position[0, 1] == pytest.approx(1)
    assert found.cka[0, 2] < 0.7


def test_batches_add_up(states, found):
    sums = StateSums(N_MODELS, D, N_POSITIONS)
    for part in states.split(8, dim=1):
        sums.add(part, torch.arange(part.shape[1]))
    np.testing.assert_allclose(sums.similarity().cka, found.cka, atol=1e-10)
    np.testing.assert_allclose(sums.similarity().shuffled, found.cka, atol=1e-10)


@pytest.mark.parametrize("n", [2, 5, 16])
def test_shuffling_moves_every_quiz(n):
    order = other_places(n, np.random.default_rng(n))
    assert sorted(order.tolist()) == list(range(n))
    assert (order != np.arange(n)).all()


@pytest.fixture(scope="module")
def gpts():
    models = []
    for k in range(2):
        torch.manual_seed(k)
        models.append(MyGPT(MyGPTConfig(8, 4, 8, 2, 2)).eval())
    return models


def test_a_gpt_is_like_itself_after_every_block(gpts):
    same = state_similarities([gpts[0], gpts[0]], StateSettings(n_quizzes=6, n_untrained=1))
    assert len(same) == 2
    for block in same:
        assert block.cka.shape == (3, 3)
        assert block.cka[0, 1] == pytest.approx(1)
        assert block.centred_by_position[0, 1] == pytest.approx(1)
        assert block.cka[0, 2] < 0.999


def test_states_are_those_after_every_token_that_is_read(gpts):
    from culture_core.evaluation.accuracy import evaluation_quizzes

    tokens = evaluation_quizzes(5, 23).tokens
    x, y = (
        centred(activations_at(model, "blocks.1.hook_resid_post", tokens)[:, 1:].flatten(0, 1))
        for model in gpts
    )
    found = state_similarities(gpts, StateSettings(n_quizzes=5, seed=23, n_untrained=0))
    assert found[1].cka[0, 1] == pytest.approx(by_canonical_directions(x, y), abs=1e-6)
