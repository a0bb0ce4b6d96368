import numpy as np
import pytest
import torch

from culture_core.training.muon import Muon, _by_torch, orthogonalise


@pytest.mark.parametrize("shape", [(128, 128), (512, 128), (48, 160)])
def test_orthogonalised_matrix_keeps_singular_vectors_and_has_values_near_one(shape):
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(shape, generator=generator)
    result = orthogonalise(matrix[None])[0].float().numpy()
    assert result.shape == shape
    values = np.linalg.svd(result, compute_uv=False)
    assert np.quantile(values, 0.05) > 0.5 and values.max() < 1.3
    left, _, right = np.linalg.svd(matrix.numpy(), full_matrices=False)
    nearest = left @ right
    cosine = (result * nearest).sum() / np.linalg.norm(result) / np.linalg.norm(nearest)
    assert cosine > 0.97


def test_step_moves_every_matrix_by_its_rate_whatever_the_size_of_its_gradient():
    generator = torch.Generator().manual_seed(1)
    small, large = (torch.zeros(32, 32, requires_grad=True) for _ in range(2))
    gradient = torch.randn(32, 32, generator=generator)
    small.grad, large.grad = 1e-4 * gradient, 1e4 * gradient
    Muon([small, large], lr=0.02).step()
    torch.testing.assert_close(small, large, rtol=0.05, atol=1e-3)
    assert torch.linalg.matrix_norm(large.detach(), 2) == pytest.approx(0.02, rel=0.3)


def test_heads_are_one_matrix_and_weight_decay_shrinks_weights():
    weights = torch.ones(2, 8, 16, requires_grad=True)
    weights.grad = torch.zeros(2, 8, 16)
    Muon([weights], lr=0.5, weight_decay=0.1).step()
    torch.testing.assert_close(weights.detach(), torch.full((2, 8, 16), 0.95))


def test_kernels_and_pytorch_orthogonalise_alike():
    matrices = torch.randn(3, 64, 96, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(orthogonalise(matrices), _by_torch(matrices, 5), rtol=0, atol=0.02)
