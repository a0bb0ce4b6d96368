"""Parts of an index: the activations of a few quizzes each, finished, on disk.

A part is all that ever needs the GPT. Parts are made in any order, by any process or machine; a killed
command keeps those that are whole; merging them is arithmetic alone (`merge.py`), so that an index does not
depend on who made its parts.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from culture_core import artifacts
from culture_core.errors import CultureError
from culture_core.features.index.firing import firing
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.sparse import starts_of
from culture_core.models.protocols import GPT
from culture_core.saes.hooks import activations_at
from culture_core.saes.protocols import Encoder
from culture_core.world.vocabulary import QUIZ_LENGTH
from culture_core.writing import atomic_file

TOKENS_READ = QUIZ_LENGTH - 1


@dataclass(frozen=True)
class Part:
    """The activations of quizzes first .. first + n - 1, in the order of tokens and in that of features.

    By token: token_indptr (n x 404 + 1), feature, token_value. By feature: indptr (f + 1), token (numbers in
    the whole set), value. The peak of each quiz a feature fires in, by feature: peak_indptr (f + 1),
    peak_token (the first token of the peak), peak_value. seconds: what it took to make.
    """

    first: int
    n: int
    seconds: float
    token_indptr: NDArray[np.int64]
    feature: NDArray[np.integer]
    token_value: NDArray[np.float32]
    indptr: NDArray[np.int64]
    token: NDArray[np.int32]
    value: NDArray[np.float32]
    peak_indptr: NDArray[np.int64]
    peak_token: NDArray[np.int32]
    peak_value: NDArray[np.float32]

    def save(self, path: Path) -> None:
        with atomic_file(path) as partial, partial.open("wb") as file:
            np.savez(file, **{name: getattr(self, name) for name in self.__dataclass_fields__})

    @classmethod
    def open(cls, path: Path) -> "Part":
        """Errors: CultureError when the file is damaged."""
        arrays: dict[str, Any] = artifacts.read_arrays(path, "delete it and run `culture index` again")
        arrays |= {name: arrays[name].item() for name in ("first", "n", "seconds")}
        return cls(**arrays)

    @staticmethod
    def seconds_of(path: Path) -> float:
        """Seconds of CPU time a saved part took."""
        with np.load(path) as file:
            return float(file["seconds"])


@torch.inference_mode()
def make_part(model: GPT, sae: Encoder, hook: str, quiz_set: QuizSet, span: range, batch_size: int) -> Part:
    """Run the GPT and the SAE over quizzes `span` of the set, in batches counted from its start."""
    started = time.process_time()
    feature, token, value = _encode(model, sae, hook, quiz_set, span, batch_size)
    order = np.argsort(feature, kind="stable")
    by_feature = feature[order], token[order], value[order]
    peak_feature, peak_token, peak_value = _peaks(*by_feature)
    n_features = len(sae.W_dec)
    return Part(
        first=span.start,
        n=len(span),
        seconds=time.process_time() - started,
        token_indptr=starts_of(token - span.start * QUIZ_LENGTH, len(span) * QUIZ_LENGTH),
        feature=feature,
        token_value=value,
        indptr=starts_of(feature, n_features),
        token=by_feature[1],
        value=by_feature[2],
        peak_indptr=starts_of(peak_feature, n_features),
        peak_token=peak_token,
        peak_value=peak_value,
    )


Entries = tuple[NDArray[np.integer], NDArray[np.int32], NDArray[np.float32]]


def _encode(model: GPT, sae: Encoder, hook: str, quiz_set: QuizSet, span: range, batch_size: int) -> Entries:
    """(feature, token, value) of every activation above 0, in the order of tokens, then of features."""
    n_features = len(sae.W_dec)
    dtype = feature_dtype(n_features)
    columns: list[Entries] = []
    quizzes = quiz_set.piece(span.start, len(span)).tokens
    for first in range(0, len(span), batch_size):
        batch = quizzes[first : first + batch_size].to(sae.W_dec.device)
        place, value = firing(sae, activations_at(model, hook, batch)[:, 1:].flatten(0, 1))
        row, feature = np.divmod(place, n_features)
        quiz, position = np.divmod(row, TOKENS_READ)
        token = ((span.start + first + quiz) * QUIZ_LENGTH + position).astype(np.int32)
        if not np.isfinite(value).all():
            raise CultureError(f"the activations of the SAE at {hook} are not all finite; train it again")
        columns.append((feature.astype(dtype), token, value))
    features, tokens, values = zip(*columns, strict=True)
    return np.concatenate(features), np.concatenate(tokens), np.concatenate(values)


def feature_dtype(n_features: int) -> type:
    """The smallest type for feature numbers."""
    return np.uint16 if n_features <= 2**16 else np.int32


def _peaks(feature: NDArray[np.integer], token: NDArray[np.int32], value: NDArray[np.float32]) -> Entries:
    """The peak of each (feature, quiz) among entries sorted by feature, then token: (feature, token, value),
    of equal peaks the first."""
    if len(feature) == 0:
        return feature, token, value
    quiz = token // QUIZ_LENGTH
    starts = np.flatnonzero(
        np.diff(quiz, prepend=quiz[0] - 1).astype(bool) | np.diff(feature, prepend=feature[0]).astype(bool)
    )
    peak = np.maximum.reduceat(value, starts)
    length = np.diff(starts, append=len(value))
    at_peak = np.flatnonzero(value == np.repeat(peak, length))
    pair = np.searchsorted(starts, at_peak, side="right")
    first = at_peak[np.diff(pair, prepend=0) != 0]
    return feature[first], token[first], peak
