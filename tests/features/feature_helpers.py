"""A small GPT with a small SAE of SAELens at its last hook point, both random."""

import torch

from culture_core.models.mygpt import MyGPT, MyGPTConfig

HOOK = "blocks.0.hook_resid_post"
D_SAE, K = 24, 4


def random_gpt(seed: int = 0) -> MyGPT:
    torch.manual_seed(seed)
    return MyGPT(MyGPTConfig(d_model=16, dim_keys=4, dim_hidden=24, n_heads=2, n_blocks=2)).eval()


def random_sae(seed: int = 0):
    """A TopK SAE with a bias, and decoder rows of different lengths."""
    from sae_lens import TopKSAE, TopKSAEConfig

    torch.manual_seed(seed)
    sae = TopKSAE(TopKSAEConfig(d_in=16, d_sae=D_SAE, k=K, rescale_acts_by_decoder_norm=True))
    for name, scale in (("W_enc", 1.0), ("W_dec", 0.3), ("b_enc", 0.1), ("b_dec", 0.1)):
        getattr(sae, name).data = torch.randn_like(getattr(sae, name)) * scale
    return sae.eval()
