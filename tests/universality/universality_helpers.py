"""Small sparse codes, dense and sparse, for the tests of this folder."""

import numpy as np

from culture_core.features.index.sparse import SparseActivations
from culture_core.universality.matching.codes import Codes
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import QUIZ_LENGTH, WORLD_TASKS


def dense_codes(n_quizzes, n_features, seed):
    """Random sparse codes (n_quizzes, 404, f); feature 0 never fires, nothing fires on the last token."""
    generator = np.random.default_rng(seed)
    codes = generator.random((n_quizzes, QUIZ_LENGTH, n_features), dtype=np.float32)
    codes *= generator.random(codes.shape) < 0.1
    codes[:, :, 0] = 0
    codes[:, -1] = 0
    return codes


def as_sparse(codes):
    flat = codes.reshape(-1, codes.shape[2])
    token, feature = flat.nonzero()
    values = flat[token, feature]
    return SparseActivations.from_entries(feature, token.astype(np.int32), values, codes.shape[2], len(codes))


def quiz_tokens(n_quizzes, seed=3):
    return generate_stream(WORLD_TASKS, 0, n_quizzes, seed).tokens.numpy()


def as_codes(*dense):
    """The codes of each dense array."""
    return [Codes.of(as_sparse(codes), len(codes)) for codes in dense]


def read_tokens(codes):
    """The activations of the tokens that are read: (n * 403, f) float64."""
    return codes[:, :-1].reshape(-1, codes.shape[2]).astype(np.float64)
