import pytest
import torch

from culture_core import artifacts
from culture_core.errors import CultureError
from culture_core.evaluation.browse import open_browse
from culture_core.world.vocabulary import LAST_GRID


def test_answers_are_marked_right_exactly_when_they_equal_the_truth(built_population):
    browse = open_browse(built_population)
    truth = browse.quizzes.tokens[:, LAST_GRID]
    for predicted, correct in zip(browse.predicted, browse.correct, strict=True):
        assert torch.equal((torch.from_numpy(predicted) == truth).all(1), torch.from_numpy(correct))


def test_answers_of_other_models_are_refused(built_population, copy_population):
    other = copy_population(built_population)
    manifest = artifacts.read_json(other.browse / artifacts.MANIFEST)
    manifest["model_sha256"][0] = "0" * 64
    artifacts.write_json(other.browse / artifacts.MANIFEST, manifest)
    with pytest.raises(CultureError, match="run `culture answers"):
        open_browse(other)
