"""The fast training passes against SAELens' own, loss by loss and gradient by gradient."""

import pytest
import torch
from sae_lens import (
    BatchTopKTrainingSAE,
    BatchTopKTrainingSAEConfig,
    TopKTrainingSAE,
    TopKTrainingSAEConfig,
)
from sae_lens.saes.sae import TrainStepInput

from culture_core.saes.fast_topk import FastBatchTopKTrainingSAE, FastTopKTrainingSAE

SIZES = {"d_in": 12, "d_sae": 40, "k": 5, "normalize_activations": "expected_average_only_in"}
KINDS = {
    "topk": (TopKTrainingSAE, FastTopKTrainingSAE, TopKTrainingSAEConfig),
    "batchtopk": (BatchTopKTrainingSAE, FastBatchTopKTrainingSAE, BatchTopKTrainingSAEConfig),
}


def passes(kind: str, n_dead: int):
    """The same pass by SAELens and by the fast class, after backward: (sae, output) of each."""
    theirs_class, ours_class, config = KINDS[kind]
    generator = torch.Generator().manual_seed(n_dead)
    torch.manual_seed(3)
    theirs, ours = theirs_class(config(**SIZES)), ours_class(config(**SIZES))
    with torch.no_grad():
        theirs.b_enc.normal_(std=0.3)
        theirs.b_dec.normal_()
        theirs.W_dec.mul_(torch.rand(SIZES["d_sae"], 1) + 0.5)
    ours.load_state_dict(theirs.state_dict())
    dead = torch.zeros(SIZES["d_sae"], dtype=torch.bool)
    dead[torch.randperm(SIZES["d_sae"], generator=generator)[:n_dead]] = True
    x = torch.randn(31, SIZES["d_in"], generator=generator) * 2
    step = TrainStepInput(x, {}, dead, 0, False)
    outputs = []
    for sae in (theirs, ours):
        output = sae.training_forward_pass(step)
        output.loss.backward()
        outputs.append((sae, output))
    return outputs


@pytest.mark.parametrize("n_dead", [0, 1, 4, 25])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_losses_and_gradients_are_those_of_saelens(kind, n_dead):
    (theirs, expected), (ours, got) = passes(kind, n_dead)
    assert torch.allclose(got.sae_out, expected.sae_out, atol=1e-5)
    assert torch.allclose(got.feature_acts, expected.feature_acts, atol=1e-5)
    assert got.losses.keys() == expected.losses.keys()
    for name, loss in expected.losses.items():
        assert torch.allclose(got.losses[name], loss, rtol=1e-5), name
    gradients = {name: parameter.grad for name, parameter in ours.named_parameters()}
    for name, parameter in theirs.named_parameters():
        assert torch.allclose(gradients[name], parameter.grad, atol=1e-4, rtol=1e-4), name


def test_the_threshold_of_batchtopk_follows_that_of_saelens():
    (theirs, _), (ours, _) = passes("batchtopk", 0)
    assert float(theirs.topk_threshold) > 0
    assert torch.allclose(ours.topk_threshold, theirs.topk_threshold)


def test_a_saved_fast_sae_is_the_same_file_as_one_of_saelens(tmp_path):
    for kind in KINDS:
        files = []
        for number, (sae, _) in enumerate(passes(kind, 0)):
            folder = tmp_path / f"{kind}{number}"
            files.append([path.read_bytes() for path in sae.save_inference_model(folder)])
        assert files[0] == files[1]
