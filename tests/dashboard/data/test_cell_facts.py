"""What is told of a cell agrees with how its quiz was made."""

import numpy as np
import pytest

from culture_core.features.quiz_reading import QuizReading
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import COLOUR_NAMES, WORLD_TASKS
from dashboard.data.feature.firing_features import feature_frame, firing_features
from dashboard.data.population import gpts, indexes
from dashboard.data.quiz.cell_facts import cell_facts, deciding_position, true_concepts
from dashboard.data.quiz.doubt import doubt
from dashboard.data.words.token_names import token_name


@pytest.fixture(scope="module")
def batch():
    return generate_stream(WORLD_TASKS, 0, 40, 3, structure="mixed", noise=0.05)


def test_what_the_rule_did_to_a_cell_is_read_from_the_other_grid_of_its_pair(batch):
    clean, grids = batch.clean.numpy(), batch.canonical().numpy()
    for quiz in range(len(batch)):
        tokens = batch.tokens[quiz].numpy()
        for position in range(0, 404, 7):
            facts = cell_facts(tokens, clean[quiz], position)
            grid, cell = int(tokens[position // 101 * 101]) - 11, position % 101 - 1
            assert facts.token == tokens[position]
            assert facts.clean == clean[quiz, position]
            assert facts.label == ("A", "f(A)", "B", "f(B)")[grid]
            if cell < 0 or grid % 2 == 0:
                assert facts.source is None
            elif (tokens == clean[quiz]).all():
                assert facts.source == grids[quiz, grid - 1, cell]


def test_the_deciding_cell_is_the_first_of_the_last_grid_that_differs_from_its_partner(batch):
    for quiz, clean in enumerate(batch.clean.numpy()):
        blocks = {int(block[0]): block[1:] for block in clean.reshape(4, 101)}
        last = int(clean[303])
        partner = blocks[{11: 12, 12: 11, 13: 14, 14: 13}[last]]
        position = deciding_position(clean)
        same = [int(a) == int(b) for a, b in zip(blocks[last], partner, strict=True)]
        assert position == 304 + same.index(False), quiz
        assert cell_facts(clean, clean, position).deciding


def test_firing_features_carry_their_share_of_the_largest_activation():
    starts = np.array([0, 2, *[2] * 403])
    reading = QuizReading(np.zeros((404, 15)), starts, np.array([7, 3]), np.array([4.0, 1.0]))

    def words(feature: int) -> tuple[str, str]:
        return f"words {feature}", ""

    first, second = firing_features(reading, 0, words, lambda f: float(f + 1))
    assert (first.feature, first.share, first.words) == (7, 0.5, "words 7")
    assert (second.feature, second.share) == (3, 0.25)
    assert firing_features(reading, 1, words) == []
    assert firing_features(reading, 0, words)[0].share is None


def test_only_doubt_that_can_be_seen_is_drawn():
    assert doubt(np.array([1.0, 0.995, 0.98, 0.25])) == pytest.approx([0, 0, 0.02, 0.75])


def test_every_token_has_a_name():
    assert token_name(0, COLOUR_NAMES) == "background (0)"
    assert token_name(10, COLOUR_NAMES) == "gray (a)"
    assert token_name(12, COLOUR_NAMES) == "the marker of f(A)"


def test_a_quiz_is_read_once_and_equals_the_index(population):
    hook, model_k = population.hooks[0], population.models[1]
    index = indexes.index(population, hook, model_k)
    feature = int(index.table.fires.idxmax())
    top = index.top(feature)
    tokens = indexes.index_quizzes(index).tokens[top.quiz[0]]
    reading = gpts.reading(population, hook, model_k, tokens)
    # the index keeps an activation in a byte, to within 0.4% of the feature's maximum
    step = 0.004 * index.max_activation(feature)
    assert reading.of_feature(feature) == pytest.approx(top.activations[0], abs=step)
    assert gpts.reading(population, hook, model_k, tokens) is reading


def test_what_is_told_of_a_cell_is_true_of_it(batch):
    for quiz in range(0, 40, 8):
        one = batch[quiz : quiz + 1]
        tokens, clean = one.tokens[0].numpy(), one.clean[0].numpy()
        for position in range(1, 403, 67):
            told = true_concepts(one, position)
            assert ("a red cell" in told) == (tokens[position] == 1)
            assert not any(words.startswith("before") for words in told)
            facts = cell_facts(tokens, clean, position)
            if facts.deciding and not facts.is_marker:
                assert any("first changed cell" in words for words in told)


def test_the_table_of_features_has_those_of_every_gpt():
    starts = np.array([0, 2, *[2] * 403])
    reading = QuizReading(np.zeros((404, 15)), starts, np.array([7, 3]), np.array([4.0, 1.0]))
    fired = firing_features(reading, 0, lambda f: (f"words {f}", ""))
    frame = feature_frame({1: fired, 4: fired[:1], 2: []})
    assert frame.gpt.tolist() == [1, 1, 4]
    assert frame.feature.tolist() == [7, 3, 7]
    assert frame.detects.tolist() == ["words 7", "words 3", "words 7"]
