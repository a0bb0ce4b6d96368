"""Arrays of an index in one small file that is read piece by piece.

A compressed npz file; arrays with much data per feature are cut into blocks of features, one member each, so
that reading one feature unpacks one block and no more.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core import artifacts
from culture_core.errors import CultureError
from culture_core.features.index.sparse import Overlays

BLOCK = 64


def write_packed(
    path: Path,
    whole: Mapping[str, NDArray[Any]],
    rows: Mapping[str, NDArray[Any]],
    overlays: Mapping[str, Overlays],
) -> None:
    """Write arrays that are read whole, arrays (f, ...) that are read by feature, and overlays whose pairs
    are m a feature, read by feature too."""
    pieces: dict[str, NDArray[Any]] = {}
    n_features = len(next(iter(rows.values()), ()))
    for first in range(0, n_features, BLOCK):
        stop, number = min(first + BLOCK, n_features), first // BLOCK
        pieces |= {f"{name}.{number}": array[first:stop] for name, array in rows.items()}
        for name, packed in overlays.items():
            each = (len(packed.indptr) - 1) // n_features
            entries = slice(packed.indptr[first * each], packed.indptr[stop * each])
            pieces[f"{name}_gap.{number}"] = to_gaps(packed.position[entries])
            pieces[f"{name}_value.{number}"] = packed.value[entries]
    starts = {f"{name}_indptr": packed.indptr for name, packed in overlays.items()}
    artifacts.write_arrays(path, {**whole, **starts, **pieces}, tight=pieces)


def to_gaps(position: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Positions as steps from each to the next, which pack better; a step back wraps around."""
    return np.diff(position, prepend=np.uint16(0))


def from_gaps(gaps: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """The positions that `to_gaps` was given."""
    return np.cumsum(gaps, dtype=np.uint16)


def to_bytes(shares: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Numbers from 0 to 1 in a byte each, finer near 0: off by at most 0.004 of the square root."""
    return np.rint(255 * np.sqrt(shares)).astype(np.uint8)


def to_halves(shares: NDArray[np.floating]) -> NDArray[np.float16]:
    """Numbers from 0 to 1 in two bytes each: off by at most 0.0005 of themselves."""
    return shares.astype(np.float16)


def from_shares(packed: NDArray[Any]) -> NDArray[np.float32]:
    """Numbers from 0 to 1 that were kept by `to_bytes` or `to_halves`."""
    if packed.dtype == np.uint8:
        return np.square(packed.astype(np.float32) / 255)
    return packed.astype(np.float32)


class PackedArrays:
    """A file of `write_packed`, opened.

    remedy: what to do about a damaged file, for its error.
    Errors: CultureError with the file and `remedy` when it is missing or damaged, here and in every method.
    """

    def __init__(self, path: Path, remedy: str) -> None:
        self._path, self._remedy = path, remedy
        try:
            self._file = np.load(path, allow_pickle=False)
            self._names = frozenset(self._file.files)
        except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
            raise self._damaged(error) from None
        self._whole: dict[str, NDArray[Any]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def whole(self, name: str) -> NDArray[Any]:
        """An array that is read whole; kept from then on."""
        if name not in self._whole:
            self._whole[name] = self._read(name)
        return self._whole[name]

    def row(self, name: str, feature: int) -> NDArray[Any]:
        """The row of one feature in an array (f, ...)."""
        return self._read(f"{name}.{feature // BLOCK}")[feature % BLOCK]

    def rows(self, name: str, n_features: int) -> NDArray[Any]:
        """The rows of all features in an array (f, ...)."""
        return np.concatenate([self._read(f"{name}.{b}") for b in range(-(-n_features // BLOCK))])

    def overlay(self, name: str, feature: int, each: int) -> NDArray[np.float32]:
        """(each, 404) shares of the pairs of one feature, each feature having `each`."""
        indptr = self.whole(f"{name}_indptr")
        number = feature // BLOCK
        gaps, value = (self._read(f"{name}_{part}.{number}") for part in ("gap", "value"))
        pairs = indptr[feature * each : (feature + 1) * each + 1] - indptr[number * BLOCK * each]
        return Overlays(pairs, from_gaps(gaps), from_shares(value)).dense(0, each)

    def _read(self, name: str) -> NDArray[Any]:
        try:
            return self._file[name]
        except Exception as error:  # numpy, zipfile and zlib raise many kinds for a damaged file
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> CultureError:
        return CultureError(f"{self._path} cannot be read ({error}); {self._remedy}")
