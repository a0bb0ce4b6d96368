"""Merging the parts of an index: arithmetic over the parts in order, without a GPT.

Memory: one part at a time, the statistics, a block of co-firing counts and of peaks; nothing grows with the
number of quizzes but the peaks of a single feature (8 bytes per quiz).
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core.artifacts import map_array
from culture_core.errors import CultureError
from culture_core.features.index.cofiring import Neighbours, cofiring_neighbours
from culture_core.features.index.parts import Part, feature_dtype
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.sparse import Overlays, SparseActivations, open_sparse
from culture_core.features.index.statistics import FeatureStatistics, linear_histogram
from culture_core.features.index.top import A_QUANTILE, QUANTILES, TOP_K, Examples, choose_examples
from culture_core.world.vocabulary import QUIZ_LENGTH

PEAKS = ("peak_indptr", "peak_token", "peak_value")


@dataclass(frozen=True)
class Merged:
    """What the parts say together; overlays belong to (feature, rank) pairs of the examples."""

    statistics: FeatureStatistics
    n_quizzes_fired: NDArray[np.int64]
    top: Examples
    spread: Examples
    top_overlays: Overlays
    spread_overlays: Overlays
    cofiring: Neighbours
    linear_histogram: NDArray[np.int64]


def merge(paths: Sequence[Path], quiz_set: QuizSet, folder: Path) -> Merged:
    """Merge all parts of a quiz set, in order; writes the sparse activations into an empty folder.

    Errors: CultureError when a part is damaged.
    """
    activations, peaks = write_activations(paths, quiz_set, folder)
    statistics = FeatureStatistics(quiz_set, activations.n_features)
    for part in _parts(paths):
        statistics.add(part)
    top, spread = choose_examples(peaks)
    return Merged(
        statistics,
        np.diff(peaks.indptr),
        top,
        spread,
        _overlays(activations, top, TOP_K),
        _overlays(activations, spread, len(QUANTILES) * A_QUANTILE),
        cofiring_neighbours(lambda: _parts(paths), statistics.overall.fires[:, 0]),
        linear_histogram(_parts(paths), statistics.overall.max[:, 0]),
    )


def _parts(paths: Sequence[Path]) -> Iterator[Part]:
    return (Part.open(path) for path in paths)


def _overlays(activations: SparseActivations, examples: Examples, each: int) -> Overlays:
    feature = np.repeat(np.arange(activations.n_features), each)
    return Overlays.extract(activations, feature, examples.quiz.ravel())


def write_activations(
    paths: Sequence[Path], quiz_set: QuizSet, folder: Path
) -> tuple[SparseActivations, SparseActivations]:
    """Write the activations of all parts, by feature and by token, and their peaks; returns both, mapped.

    The parts pass one at a time: a feature's run of each goes straight to its place in the file.
    """
    totals = [_total(paths, name) for name in ("indptr", "peak_indptr")]
    n_entries, n_peaks = (int(indptr[-1]) for indptr in totals)
    n_features = len(totals[0]) - 1
    types = {
        **dict.fromkeys(("token", "peak_token"), np.int32),
        **dict.fromkeys(("value", "peak_value", "token_value"), np.float32),
        "token_feature": feature_dtype(n_features),
        "token_indptr": np.int64,
    }
    sizes = {
        **dict.fromkeys(("token", "value", "token_feature", "token_value"), n_entries),
        **dict.fromkeys(("peak_token", "peak_value"), n_peaks),
        "token_indptr": quiz_set.n * QUIZ_LENGTH + 1,
    }
    for name, indptr in zip(("indptr", "peak_indptr"), totals, strict=True):
        np.save(folder / f"{name}.npy", indptr)
    with ExitStack() as stack:
        columns = {
            name: stack.enter_context(closing(Column(folder / f"{name}.npy", types[name], sizes[name])))
            for name in sizes
        }
        _fill(columns, paths, [indptr[:-1].copy() for indptr in totals])
    return open_sparse(folder, quiz_set.n), open_peaks(folder, quiz_set.n)


def open_peaks(folder: Path, n_quizzes: int, remedy: str = "run `culture index`") -> SparseActivations:
    """The peaks of every (feature, quiz), memory-mapped.

    Errors: CultureError with the file and `remedy` when one is damaged.
    """
    indptr, token, value = (map_array(folder / f"{name}.npy", remedy) for name in PEAKS)
    return SparseActivations(indptr, token, value, n_quizzes)


def _total(paths: Sequence[Path], name: str) -> NDArray[np.int64]:
    """The sum over parts of where each feature's run begins, which is where it begins in the whole."""
    total = None
    for path in paths:
        with np.load(path) as file:
            total = file[name] if total is None else total + file[name]
    if total is None:
        raise CultureError("there are no parts to merge")
    return total


def _fill(columns: dict[str, "Column"], paths: Sequence[Path], places: list[NDArray[np.int64]]) -> None:
    """Copy every part to its place; places: where the next run of each feature goes, entries and peaks."""
    entry = token = 0
    columns["token_indptr"].write(0, np.zeros(1, dtype=np.int64))
    for part in _parts(paths):
        columns["token_indptr"].write(token + 1, part.token_indptr[1:] + entry)
        columns["token_feature"].write(entry, part.feature)
        columns["token_value"].write(entry, part.token_value)
        for place, indptr, names in (
            (places[0], part.indptr, ("token", "value")),
            (places[1], part.peak_indptr, ("peak_token", "peak_value")),
        ):
            for name in names:
                columns[name].scatter(place, indptr, getattr(part, name))
            place += np.diff(indptr)
        entry += len(part.feature)
        token += len(part.token_indptr) - 1


class Column:
    """A one-dimensional npy file of known length, written at any place without holding it in memory."""

    def __init__(self, path: Path, dtype: type, n: int) -> None:
        self._dtype = np.dtype(dtype)
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": (n,)}
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            self._start = file.tell()
            file.truncate(self._start + n * self._dtype.itemsize)
        self._file = path.open("r+b", buffering=0)

    def write(self, place: int, values: NDArray[Any]) -> None:
        """Write a run of values from `place` on."""
        data = memoryview(np.ascontiguousarray(values, dtype=self._dtype)).cast("B")
        at = self._start + int(place) * self._dtype.itemsize
        while len(data):
            written = os.pwrite(self._file.fileno(), data, at)
            data, at = data[written:], at + written

    def scatter(self, place: NDArray[np.int64], indptr: NDArray[np.int64], values: NDArray[Any]) -> None:
        """Write the run of each feature, values[indptr[f] : indptr[f + 1]], from place[f] on."""
        for feature in np.flatnonzero(np.diff(indptr)):
            self.write(place[feature], values[indptr[feature] : indptr[feature + 1]])

    def close(self) -> None:
        self._file.close()
