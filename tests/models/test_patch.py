"""The patch for upstream, on a copy of the installed TransformerLens, does what our conversion does."""

import pytest
import torch
import torch.nn.functional as F
from model_helpers import ASYM, expected, relative_error
from patched_copy import logits_of_patched

PATCH = "transformer_lens-3.9.0-final_ln.patch"

RUN_PATCHED = """
import sys, torch, transformer_lens
from pathlib import Path
from safetensors.torch import load_file, save_file
from transformer_lens import HookedTransformer, HookedTransformerConfig
from culture_core import load_culture
from culture_core.models.hooked import hooked_config

folder, fixture = Path(sys.argv[1]), sys.argv[2]
assert Path(transformer_lens.__file__).is_relative_to(folder), transformer_lens.__file__
given = load_file(folder / "given.safetensors")
inputs = given.pop("inputs")
settings = hooked_config(load_culture(0, fixture)[0]).to_dict()
logits = {}
for fold_ln in (False, True):
    model = HookedTransformer(HookedTransformerConfig(**{**settings, "final_ln": False}))
    processing = {"center_writing_weights": False, "center_unembed": False, "fold_value_biases": False}
    model.load_and_process_state_dict(dict(given), fold_ln=fold_ln, **processing)
    with torch.inference_mode():
        logits["folded" if fold_ln else "plain"] = model(inputs)
save_file(logits, folder / "logits.safetensors")
"""


@pytest.fixture(scope="module")
def patched_logits(tmp_path_factory):
    """Logits (n, 405, 15) of the patched release: plain, and with LayerNorms folded."""
    return logits_of_patched(tmp_path_factory.mktemp("patched"), PATCH, RUN_PATCHED)


@pytest.mark.parametrize("way", ["plain", "folded"])
def test_the_patched_release_gives_the_logits_of_the_public_code(patched_logits, way):
    assert relative_error(patched_logits[way][:, :-1], expected(ASYM, 0).logits) < 1e-4


def test_the_patched_release_matches_our_conversion(patched_logits):
    from culture_core import load_hooked

    with torch.inference_mode():
        ours = load_hooked(0, ASYM)[0](F.pad(expected(ASYM, 0).tokens.long(), (1, 0)))
    assert torch.allclose(ours, patched_logits["plain"], atol=1e-6)
