"""A copy of the installed TransformerLens with a patch of patches/ applied, and code run on it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
import transformer_lens
from model_helpers import ASYM, FIXTURES, expected
from safetensors.torch import load_file, save_file
from torch import Tensor

from culture_core import load_culture
from culture_core.models.hooked import hooked_state

ROOT = FIXTURES.parents[1]


def logits_of_patched(folder: Path, patch: str, code: str) -> dict[str, Tensor]:
    """What `code` writes to FOLDER/logits.safetensors, run in its own process on a patched copy.

    It is called with the folder, which holds given.safetensors (the weights of the first fixture GPT in
    HookedTransformer's names, and "inputs"), and the folder of the fixture.
    """
    package = Path(transformer_lens.__file__).parent
    shutil.copytree(package, folder / "transformer_lens", ignore=shutil.ignore_patterns("__pycache__"))
    no_repository = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    command = ["git", "apply", str(ROOT / "patches" / patch)]
    subprocess.run(command, cwd=folder, env=no_repository, check=True)
    state = hooked_state(load_culture(0, ASYM)[0])
    given = {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in state.items()}
    inputs = F.pad(expected(ASYM, 0).tokens.long(), (1, 0))
    save_file({**given, "inputs": inputs}, folder / "given.safetensors")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    command = [sys.executable, "-c", code, str(folder), str(ASYM)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return load_file(folder / "logits.safetensors")
