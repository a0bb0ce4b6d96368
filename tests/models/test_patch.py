"""The patch for upstream, on a copy of the installed TransformerLens, does what our conversion does."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
import transformer_lens
from model_helpers import ASYM, FIXTURES, expected, relative_error
from safetensors.torch import load_file, save_file

from culture_core import load_culture
from culture_core.models.hooked import hooked_state

ROOT = FIXTURES.parents[1]
PATCH = ROOT / "patches" / "transformer_lens-3.9.0-final_ln.patch"

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
    """Logits (n, 405, 15) of the patched release, from its own process: plain, and with LayerNorms folded."""
    folder = tmp_path_factory.mktemp("patched")
    package = Path(transformer_lens.__file__).parent
    shutil.copytree(package, folder / "transformer_lens", ignore=shutil.ignore_patterns("__pycache__"))
    no_repository = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    subprocess.run(["git", "apply", str(PATCH)], cwd=folder, env=no_repository, check=True)
    state = hooked_state(load_culture(0, ASYM)[0])
    given = {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in state.items()}
    inputs = F.pad(expected(ASYM, 0).tokens.long(), (1, 0))
    save_file({**given, "inputs": inputs}, folder / "given.safetensors")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    command = [sys.executable, "-c", RUN_PATCHED, str(folder), str(ASYM)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return load_file(folder / "logits.safetensors")


@pytest.mark.parametrize("way", ["plain", "folded"])
def test_the_patched_release_gives_the_logits_of_the_public_code(patched_logits, way):
    assert relative_error(patched_logits[way][:, :-1], expected(ASYM, 0).logits) < 1e-4


def test_the_patched_release_matches_our_conversion(patched_logits):
    from culture_core import load_hooked

    with torch.inference_mode():
        ours = load_hooked(0, ASYM)[0](F.pad(expected(ASYM, 0).tokens.long(), (1, 0)))
    assert torch.allclose(ours, patched_logits["plain"], atol=1e-6)
