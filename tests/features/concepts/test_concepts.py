"""The vectorised concepts against the same facts told cell by cell."""

import numpy as np
import pytest
from plain_facts import PlainQuiz, facts

from culture_core.features.concepts import BY_NAME, CONCEPTS, concept_mask
from culture_core.features.concepts.registry import pack_concepts
from culture_core.world.quizzes import (
    NO_COLOUR,
    NO_PARAM,
    NO_RECTANGLE,
    batch_from_tokens,
    concatenate,
    generate_stream,
)
from culture_core.world.vocabulary import TASKS


@pytest.fixture(scope="module")
def batch():
    """75 quizzes of all tasks, in all structures, with noise; and two of which only the tokens are known."""
    quizzes = generate_stream(TASKS, 0, 75, seed=3, structure="mixed", noise=0.1)
    return concatenate([quizzes, batch_from_tokens(quizzes.tokens[:2])])


@pytest.fixture(scope="module")
def told(batch):
    """For every quiz and token the names that hold, told cell by cell."""
    return [facts(quiz) for quiz in plain(batch)]


def plain(batch):
    for q, (task, structure) in enumerate(zip(batch.task_names(), batch.structure_names(), strict=True)):
        rectangles = [
            [tuple(box) if box[0] != NO_RECTANGLE else None for box in pair]
            for pair in batch.rectangles[q].tolist()
        ]
        colours = [
            [colour if colour != NO_COLOUR else None for colour in pair] for pair in batch.colours[q].tolist()
        ]
        params = {name: int(values[q]) for name, values in batch.params.items() if values[q] != NO_PARAM}
        cells = (values[q].tolist() for values in (batch.tokens, batch.clean, batch.noise))
        yield PlainQuiz(*cells, task, structure, rectangles, colours, params)


@pytest.mark.parametrize("name", BY_NAME)
def test_concept_holds_where_it_is_told_cell_by_cell(name, batch, told):
    expected = np.array([[name in holds for holds in quiz] for quiz in told])
    assert np.array_equal(concept_mask(name, batch), expected)


def test_every_fact_told_is_a_listed_concept(told):
    assert {name for quiz in told for holds in quiz for name in holds} <= set(BY_NAME)


def test_names_and_words_are_unique():
    assert len(BY_NAME) == len({concept.words for concept in CONCEPTS}) == len(CONCEPTS)


def test_packed_concepts_match_their_masks_but_for_the_token_that_is_never_read(batch):
    packed = pack_concepts(batch)
    bits = packed.unpack(slice(None)).reshape(len(batch), 404, -1)
    for k in range(0, len(CONCEPTS), 7):
        expected = concept_mask(CONCEPTS[k].name, batch)
        assert np.array_equal(bits[:, :403, k], expected[:, :403])
    assert not bits[:, 403].any()


def test_counts_and_columns_of_packed_concepts_match_the_unpacked_bits(batch):
    packed = pack_concepts(batch)
    tokens = np.random.default_rng(0).choice(len(batch) * 404, 3000)
    bits = packed.unpack(tokens)
    assert np.array_equal(packed.count(tokens), bits.sum(0))
    assert np.array_equal(packed.count(tokens[:0]), np.zeros(len(CONCEPTS)))
    chosen = np.array([5, 250, 17])
    assert np.array_equal(packed.columns(chosen, tokens), bits[:, chosen])
