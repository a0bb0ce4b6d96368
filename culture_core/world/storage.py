"""Quiz sets on disk: one compressed npz file with the tokens, the truth and a manifest.

Arrays, N quizzes: tokens uint8 (N, 404), clean uint8 (N, 404), noise bool (N, 404), task, structure and
source as names (N,), id int64 (N,), rectangles int8 (N, 2, 4, 4), colours uint8 (N, 2, 6), param_NAME int8
(N,), and manifest, a JSON string.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.places import check_file
from culture_core.world.quizzes import PARAM_NAMES, QuizBatch
from culture_core.world.vocabulary import LABELS, SOURCES, STRUCTURE_NAMES
from culture_core.writing import atomic_file

_NAMES = {"task": LABELS, "structure": STRUCTURE_NAMES, "source": SOURCES}
_ARRAYS = {
    "tokens": "tokens",
    "clean": "clean",
    "noise": "noise",
    "index": "id",
    "rectangles": "rectangles",
    "colours": "colours",
}
_COLUMNS = (*_ARRAYS.values(), *_NAMES, *(f"param_{name}" for name in PARAM_NAMES))
_MANIFEST = "manifest"


def save_quizzes(batch: QuizBatch, path: Path | str, manifest: dict[str, Any]) -> None:
    """Write quizzes and what made them to an npz file, atomically."""
    arrays = {name: getattr(batch, field).cpu().numpy() for field, name in _ARRAYS.items()}
    for field, names in _NAMES.items():
        arrays[field] = np.array(names)[getattr(batch, field).cpu().numpy()]
    for name, values in batch.params.items():
        arrays[f"param_{name}"] = values.cpu().numpy()
    arrays["manifest"] = np.array(json.dumps(manifest))
    with atomic_file(Path(path)) as partial, partial.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def check_quiz_file(path: Path | str) -> None:
    """Errors: CultureError when there is another kind of file at this path, or it cannot be written."""
    check_file(path, _is_quiz_file, "a quiz file")


def _is_quiz_file(path: Path) -> bool:
    try:
        return isinstance(load_quiz_manifest(path), dict)
    except (CultureError, ValueError):
        return False


def load_quiz_file(path: Path | str) -> QuizBatch:
    """Read the quizzes of a file that save_quizzes wrote.

    Errors: CultureError when the file is missing or of another kind.
    """
    return _batch(_read(path), path)


def load_quizzes_and_manifest(path: Path | str) -> tuple[QuizBatch, dict[str, Any]]:
    """Read both of one version of the file, which may be replaced at any moment; errors as load_quiz_file."""
    arrays = _read(path, (*_COLUMNS, _MANIFEST))
    return _batch(arrays, path), json.loads(str(arrays[_MANIFEST]))


def _batch(arrays: dict[str, np.ndarray], path: Path | str) -> QuizBatch:
    fields = {field: torch.from_numpy(arrays[name]) for field, name in _ARRAYS.items()}
    for field, names in _NAMES.items():
        fields[field] = _indices(arrays[field], names, path)
    params = {name: torch.from_numpy(arrays[f"param_{name}"]) for name in PARAM_NAMES}
    return QuizBatch(params=params, **fields)


def load_quiz_manifest(path: Path | str) -> dict[str, Any]:
    """Read only the manifest of a quiz file; errors as load_quiz_file."""
    return json.loads(str(_read(path, (_MANIFEST,))[_MANIFEST]))


def _read(path: Path | str, names: tuple[str, ...] = _COLUMNS) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except FileNotFoundError:
        raise CultureError(f"{path} does not exist: make it with the quizzes command") from None
    except KeyError as error:
        raise CultureError(f"{path} is not a quiz file: {error.args[0]}") from None
    except Exception as error:  # numpy, zipfile and zlib raise many kinds for a file that is not theirs
        raise CultureError(f"{path} cannot be read as a quiz file: {error}") from None


def _indices(values: np.ndarray, names: tuple[str, ...], path: Path | str) -> Tensor:
    """Names to their indices: (N,) str -> (N,) uint8."""
    order = np.argsort(names)
    found = order[np.searchsorted(names, values, sorter=order).clip(max=len(names) - 1)]
    unknown = np.array(names)[found] != values
    if unknown.any():
        raise CultureError(f"{path} is not a quiz file: it names {str(values[unknown][0])!r}")
    return torch.from_numpy(found.astype(np.uint8))
