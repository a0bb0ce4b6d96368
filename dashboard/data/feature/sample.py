"""What an SAE does on the first quizzes of its index, read by its GPT: for what the index does not keep."""

import numpy as np

from culture_core.features.index.sparse import SparseActivations
from culture_core.features.quiz_reading import read_quiz
from culture_core.world.vocabulary import QUIZ_LENGTH
from dashboard.data.cached import changed, shared
from dashboard.data.population import gpts, indexes
from dashboard.data.population.populations import Population
from dashboard.data.workers import side_by_side

SAMPLE = 128


def _made_from(chosen: Population, hook: str, model_k: int) -> tuple[int | None, ...]:
    manifest = changed(chosen.folder.manifest)
    return manifest, gpts.sae_written(chosen, hook, model_k), indexes.index_written(chosen, hook, model_k)


@shared(_made_from, at_most=10, spinner=f"Reading {SAMPLE} quizzes")
def sample_activations(chosen: Population, hook: str, model_k: int) -> SparseActivations:
    """Activations of all features of a GPT on the first SAMPLE quizzes of its index, or on all if fewer."""
    quizzes = indexes.index_quizzes(indexes.index(chosen, hook, model_k)).tokens[:SAMPLE]
    model, sae = gpts.model(chosen, model_k), gpts.sae(chosen, hook, model_k)
    readings = side_by_side(lambda tokens: read_quiz(model, tokens, sae, hook), list(quizzes))
    tokens = [
        quiz * QUIZ_LENGTH + np.repeat(np.arange(QUIZ_LENGTH), np.diff(reading.starts))
        for quiz, reading in enumerate(readings)
    ]
    return SparseActivations.from_entries(
        np.concatenate([reading.feature for reading in readings]),
        np.concatenate(tokens).astype(np.int32),
        np.concatenate([reading.value for reading in readings]),
        len(sae.W_dec),
        len(quizzes),
    )
