"""The patch for upstream, on a copy of TransformerLens 4.3.0, does what our adapter does."""

from importlib.metadata import version

import pytest
import torch
import torch.nn.functional as F
from model_helpers import ASYM, expected, relative_error
from patched_copy import logits_of_patched

from culture_core import load_hooked

PATCH = "transformer_lens-4.3.0-final_ln.patch"

pytestmark = pytest.mark.skipif(version("transformer_lens") != "4.3.0", reason="the patch is for 4.3.0")

RUN_PATCHED = """
import math, sys, torch, transformer_lens
from pathlib import Path
from safetensors.torch import load_file, save_file
from transformer_lens.config import TransformerBridgeConfig
from transformer_lens.model_bridge import TransformerBridge
from transformer_lens.utilities.tl_checkpoint_conversion import convert_tl_checkpoint
from culture_core import load_culture

folder, fixture = Path(sys.argv[1]), sys.argv[2]
assert Path(transformer_lens.__file__).is_relative_to(folder), transformer_lens.__file__
given = load_file(folder / "given.safetensors")
inputs = given.pop("inputs")
shape = load_culture(0, fixture)[0].config
config = TransformerBridgeConfig(
    n_layers=shape.n_blocks,
    n_heads=shape.n_heads,
    d_model=shape.d_model,
    d_head=max(shape.dim_keys, shape.dim_values),
    d_mlp=shape.dim_hidden,
    d_vocab=shape.n_tokens,
    n_ctx=405,
    act_fn="relu",
    attn_scale=math.sqrt(shape.dim_keys),
    final_ln=False,
)
logits = {}
for way in ("plain", "folded"):
    bridge = TransformerBridge.boot_native(config)
    bridge.load_state_dict(convert_tl_checkpoint(given, config))
    if way == "folded":
        bridge.enable_compatibility_mode(center_unembed=False)
    with torch.inference_mode():
        logits[way] = bridge(inputs)
save_file(logits, folder / "logits.safetensors")
"""


@pytest.fixture(scope="module")
def patched_logits(tmp_path_factory):
    """Logits (n, 405, 15) of boot_native in the patched release: plain, and with LayerNorms folded."""
    return logits_of_patched(tmp_path_factory.mktemp("patched"), PATCH, RUN_PATCHED)


@pytest.mark.parametrize("way", ["plain", "folded"])
def test_the_patched_native_model_gives_the_logits_of_the_public_code(patched_logits, way):
    assert relative_error(patched_logits[way][:, :-1], expected(ASYM, 0).logits) < 1e-5


def test_the_patched_native_model_matches_our_adapter(patched_logits):
    with torch.inference_mode():
        ours = load_hooked(0, ASYM, kind="bridge")[0](F.pad(expected(ASYM, 0).tokens.long(), (1, 0)))
    assert torch.allclose(ours, patched_logits["plain"], atol=1e-5)
