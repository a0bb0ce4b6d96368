"""The files of the published run: gpt_NNN.pth (a model) and c_quizzes.pth (the quizzes the GPTs invented).

gpt_NNN.pth is a pair (state dict, test accuracy). The public code and the study's fork wrap their modules
differently (`trunk.0.f.1.w_q`, `trunk.0.f.f.1.w_q`), but only by path components named `f`; compiled and
data-parallel models add `_orig_mod` and `module`. Without these all give the same names, and every size can
be read off the shapes. Source: docs/reference/models.md, "Published files".

Files are only ever read with weights_only=True: a pickle that would run code is refused.
"""

import math
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.finite import check_finite
from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.world.vocabulary import N_TOKENS, QUIZ_LENGTH
from culture_core.writing import atomic_file

CULTURE_QUIZZES_FILE = "c_quizzes.pth"
CHECKPOINT_PATTERN = re.compile(r"gpt_(\d+)\.pth")
QUIZZES_PER_CHUNK = 15
WRAPPERS = {"f", "_orig_mod", "module"}


@dataclass(frozen=True)
class Checkpoint:
    """A model as read from a file: its shape, weights in MyGPT's names (float32), and accuracy (None
    where it is NaN)."""

    config: MyGPTConfig
    state: dict[str, Tensor]
    accuracy: float | None

    def model(self) -> MyGPT:
        """The MyGPT, in eval mode."""
        model = MyGPT(self.config)
        model.load_state_dict(self.state)
        model.main_test_accuracy = self.accuracy
        return model.eval()


def checkpoint_name(model_k: int) -> str:
    """The published file name of a model."""
    return f"gpt_{model_k:03d}.pth"


def read_checkpoint(path: Path | str) -> Checkpoint:
    """Read a published gpt_NNN.pth, in either key layout and of any size.

    Errors: CultureError naming the file and the reason when it is missing, damaged, unsafe or not such
    a checkpoint.
    """
    path = Path(path)
    pair = load_tensors(path)
    if not (isinstance(pair, tuple | list) and len(pair) == 2 and isinstance(pair[0], dict)):
        raise CultureError(f"{path} is not a GPT checkpoint: it must hold a pair (state dict, accuracy)")
    published = {_unwrapped(str(key)): value for key, value in pair[0].items()}
    if len(published) < len(pair[0]):
        raise CultureError(f"{path} is not a GPT checkpoint: it holds a tensor under two names")
    config = _infer_config(path, published)
    return Checkpoint(config, _take_weights(path, config, published), _accuracy(path, pair[1]))


def write_checkpoint(path: Path | str, model: MyGPT, accuracy: float | None = None) -> None:
    """Write a model as a published gpt_NNN.pth (float32) that the original code can load.

    accuracy: stored beside the weights; the model's own main_test_accuracy when None, 0 when it has none.
    """
    if accuracy is None:
        accuracy = model.main_test_accuracy or 0.0
    weights = model.state_dict()
    state = OrderedDict(
        (published, weights[ours].detach().float().cpu().clone())
        for ours, published in _published_names(model.config.n_blocks)
    )
    with atomic_file(Path(path)) as partial:
        torch.save((state, torch.tensor(float(accuracy))), partial)


def read_culture_quizzes(path: Path | str) -> tuple[Tensor, Tensor]:
    """Read a published c_quizzes.pth: (train, test), each uint8 (n, 404).

    Errors: CultureError naming the file and the reason.
    """
    path = Path(path)
    pair = load_tensors(path)
    if not (isinstance(pair, tuple | list) and len(pair) == 2):
        raise CultureError(f"{path} is not a culture quiz file: it must hold a pair (train list, test list)")
    return _stack_quizzes(path, pair[0]), _stack_quizzes(path, pair[1])


def write_culture_quizzes(path: Path | str, train: Tensor, test: Tensor) -> None:
    """Write quizzes (n, 404) as a published c_quizzes.pth: a pair of lists of int64 tensors."""
    lists = tuple(list(part.long().cpu().split(QUIZZES_PER_CHUNK)) for part in (train, test))
    with atomic_file(Path(path)) as partial:
        torch.save(lists, partial)


def load_tensors(path: Path) -> Any:
    """torch.load of a file that may hold tensors and plain containers only.

    Errors: CultureError naming the file and the reason.
    """
    if not path.is_file():
        raise CultureError(f"{path} does not exist or is not a file")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise CultureError(f"{path} cannot be read: {_load_failure(path, error)}") from None


def _load_failure(path: Path, error: Exception) -> str:
    if path.stat().st_size == 0:
        return "the file is empty"
    if "Unsupported global" in str(error) or "WeightsUnpickler" in str(error):
        return (
            "it holds objects other than plain tensors, which are refused because loading them could run code"
        )
    if "zip archive" in str(error) or "PytorchStreamReader" in str(error):
        return "it is truncated or damaged; fetch it again"
    return "it is not a PyTorch file of tensors"


def _unwrapped(key: str) -> str:
    """A published key without the components that only wrap: 'module.trunk.0.f.1.w_q' -> 'trunk.0.1.w_q'."""
    return ".".join(part for part in key.split(".") if part not in WRAPPERS)


def _published_names(n_blocks: int) -> Iterator[tuple[str, str]]:
    """(MyGPT's name, published name) of every tensor, in the published order."""
    yield "token_embedding.weight", "embedding.0.f.0.weight"
    for b in range(n_blocks):
        attention, mlp = f"trunk.{2 * b}.f", f"trunk.{2 * b + 1}.f.f"
        for part in ("weight", "bias"):
            yield f"blocks.{b}.ln_attention.{part}", f"{attention}.0.f.0.{part}"
        for part in ("w_q", "w_k", "w_v", "w_o"):
            yield f"blocks.{b}.attention.{part}", f"{attention}.1.{part}"
        for ours, position in (("ln_mlp", 0), ("mlp_in", 2), ("mlp_out", 4)):
            for part in ("weight", "bias"):
                yield f"blocks.{b}.{ours}.{part}", f"{mlp}.{position}.{part}"
    yield "readout.weight", "readout.f.weight"
    yield "readout.bias", "readout.f.bias"


def _infer_config(path: Path, published: dict[str, Any]) -> MyGPTConfig:
    """Read every size off the shapes of the embedding and the first block."""

    def shape(key: str, n_dims: int) -> tuple[int, ...]:
        tensor = published.get(key)
        if not isinstance(tensor, Tensor) or tensor.dim() != n_dims:
            raise CultureError(f"{path} is not a GPT checkpoint: it has no {n_dims}-d tensor for {key}")
        return tuple(tensor.shape)

    n_tokens, d_model = shape("embedding.0.0.weight", 2)
    n_heads, dim_keys, _ = shape("trunk.0.1.w_q", 3)
    dim_hidden, _ = shape("trunk.1.2.weight", 2)
    n_blocks = sum(key.startswith("trunk.") and key.endswith(".w_q") for key in published)
    if n_tokens != N_TOKENS:
        raise CultureError(f"{path} is a GPT for {n_tokens} tokens; a quiz has {N_TOKENS}")
    try:
        return MyGPTConfig(d_model, dim_keys, dim_hidden, n_heads, n_blocks)
    except CultureError as error:
        raise CultureError(f"{path} is not a GPT checkpoint: {error}") from None


def _take_weights(path: Path, config: MyGPTConfig, published: dict[str, Any]) -> dict[str, Tensor]:
    """The weights in MyGPT's names, every one present, of the right shape and finite, and none left over."""
    with torch.device("meta"):
        expected = MyGPT(config).state_dict()
    names = {ours: _unwrapped(name) for ours, name in _published_names(config.n_blocks)}
    unknown = sorted(set(published) - set(names.values()))
    if unknown:
        raise CultureError(f"{path} is not a GPT checkpoint: it holds an unknown tensor {unknown[0]}")
    state = {}
    for ours, name in names.items():
        tensor, shape = published.get(name), tuple(expected[ours].shape)
        if not isinstance(tensor, Tensor) or tuple(tensor.shape) != shape:
            raise CultureError(f"{path} is not a GPT checkpoint: {name} is missing or not of shape {shape}")
        state[ours] = tensor.float()
    check_finite(state, str(path))
    return state


def _accuracy(path: Path, value: Any) -> float | None:
    try:
        accuracy = float(value)
        return round(accuracy, 6) if math.isfinite(accuracy) else None
    except (TypeError, ValueError, RuntimeError):
        raise CultureError(f"{path} is not a GPT checkpoint: its accuracy is not a number") from None


def _stack_quizzes(path: Path, chunks: Any) -> Tensor:
    """One uint8 tensor (n, 404) from a list of chunks (n, 404) (or single quizzes (404,))."""
    if isinstance(chunks, Tensor):
        chunks = [chunks]
    if not isinstance(chunks, list | tuple):
        raise CultureError(f"{path} is not a culture quiz file: it must hold a pair (train list, test list)")
    rows = [torch.empty(0, QUIZ_LENGTH, dtype=torch.uint8)]
    for chunk in chunks:
        if not isinstance(chunk, Tensor) or chunk.dim() not in (1, 2) or chunk.shape[-1] != QUIZ_LENGTH:
            raise CultureError(
                f"{path} is not a culture quiz file: its quizzes are not tensors of {QUIZ_LENGTH} tokens"
            )
        if chunk.is_floating_point() or (
            chunk.numel() and not 0 <= int(chunk.min()) <= int(chunk.max()) < N_TOKENS
        ):
            raise CultureError(
                f"{path} is not a culture quiz file: it holds tokens outside 0..{N_TOKENS - 1}"
            )
        rows.append(chunk.reshape(-1, QUIZ_LENGTH).to(torch.uint8))
    return torch.cat(rows)
