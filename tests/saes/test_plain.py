"""SAEs read without SAELens encode and decode as SAELens does."""

import pytest
import torch
from sae_lens import (
    SAE,
    BatchTopKTrainingSAE,
    BatchTopKTrainingSAEConfig,
    GatedTrainingSAE,
    GatedTrainingSAEConfig,
    JumpReLUTrainingSAE,
    JumpReLUTrainingSAEConfig,
    StandardTrainingSAE,
    StandardTrainingSAEConfig,
    TopKTrainingSAE,
    TopKTrainingSAEConfig,
)

from culture_core.errors import CultureError
from culture_core.saes.plain import PlainSAE, read_sae

SIZES = {"d_in": 12, "d_sae": 40}
SAES = {
    "topk": lambda: TopKTrainingSAE(TopKTrainingSAEConfig(**SIZES, k=5)),
    "topk, rescaled": lambda: TopKTrainingSAE(
        TopKTrainingSAEConfig(**SIZES, k=5, rescale_acts_by_decoder_norm=True)
    ),
    "topk, bias not subtracted": lambda: TopKTrainingSAE(
        TopKTrainingSAEConfig(**SIZES, k=5, apply_b_dec_to_input=False)
    ),
    "batchtopk": lambda: BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(**SIZES, k=5)),
    "jumprelu": lambda: JumpReLUTrainingSAE(JumpReLUTrainingSAEConfig(**SIZES)),
    "standard": lambda: StandardTrainingSAE(StandardTrainingSAEConfig(**SIZES)),
}


def randomised(sae):
    """The SAE with every weight drawn anew, so that no term of a formula is zero."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in sae.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
        if hasattr(sae, "topk_threshold"):
            sae.topk_threshold.fill_(0.7)
    return sae


@pytest.mark.parametrize("name", SAES)
def test_a_plain_sae_encodes_and_decodes_as_saelens(name, tmp_path):
    randomised(SAES[name]()).save_inference_model(tmp_path)
    theirs, ours = SAE.load_from_disk(str(tmp_path)), read_sae(tmp_path)
    x = torch.randn(3, 7, 12, generator=torch.Generator().manual_seed(1))
    assert isinstance(ours, PlainSAE)
    with torch.inference_mode():
        features = theirs.encode(x)
        assert 0 < (features > 0).float().mean() < 1
        torch.testing.assert_close(ours.encode(x), features)
        torch.testing.assert_close(ours.decode(features), theirs.decode(features))


def test_an_sae_of_another_kind_is_left_to_saelens(tmp_path):
    randomised(GatedTrainingSAE(GatedTrainingSAEConfig(**SIZES))).save_inference_model(tmp_path)
    sae = read_sae(tmp_path)
    assert not isinstance(sae, PlainSAE)
    assert sae.encode(torch.randn(2, 12)).shape == (2, 40)


def test_a_missing_or_damaged_sae_is_told_with_its_folder(tmp_path):
    with pytest.raises(CultureError, match=str(tmp_path)):
        read_sae(tmp_path)
    randomised(SAES["topk"]()).save_inference_model(tmp_path)
    (tmp_path / "sae_weights.safetensors").write_bytes(b"not weights")
    with pytest.raises(CultureError, match="cannot be read as an SAE"):
        read_sae(tmp_path)
