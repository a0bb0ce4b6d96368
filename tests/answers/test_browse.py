import numpy as np
import pytest
import torch

from culture_core import artifacts
from culture_core.answers.browse import BrowseSettings, browse_is_current, open_browse
from culture_core.cli.main import main
from culture_core.culture.published import adopt
from culture_core.culture.store import load_store, save_store
from culture_core.errors import CultureError
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import CULTURE, LAST_GRID, UNSEEN_TASKS, WORLD_TASKS

SIZES = ("--n", "16", "--unseen", "7", "--culture", "6")


def test_answers_are_marked_right_exactly_when_they_equal_the_truth(answered_population):
    browse = open_browse(answered_population)
    truth = browse.quizzes.tokens[:, LAST_GRID]
    for predicted, correct in zip(browse.predicted, browse.correct, strict=True):
        assert torch.equal((torch.from_numpy(predicted) == truth).all(1), torch.from_numpy(correct))


def test_world_quizzes_come_first_then_every_unseen_task_then_what_the_gpts_invented(answered_population):
    browse = open_browse(answered_population)
    assert browse.quizzes.source_names() == ["world"] * 16 + ["unseen"] * 7 + ["culture"] * 6
    assert browse.quizzes.task_names() == [*WORLD_TASKS, *WORLD_TASKS, *UNSEEN_TASKS, *[CULTURE] * 6]
    assert browse.predicted.shape == (5, 29, 100)


@pytest.fixture
def with_culture(answered_population, copy_population):
    """A population that has come by six other culture quizzes."""
    population = copy_population(answered_population)
    tokens = generate_stream(WORLD_TASKS, 0, 6, 5).clean
    save_store(population, adopt(load_store(population), tokens[:4], tokens[4:], "a test"))
    return population


def test_culture_quizzes_that_are_new_are_answered_and_others_left_alone(with_culture):
    settings = BrowseSettings(16, 7, 6)
    models = list(range(5))
    assert not browse_is_current(with_culture, models, settings)
    assert main(["answers", "--population", str(with_culture.root), *SIZES, "--if-stale"]) == 0
    assert browse_is_current(with_culture, models, settings)
    quizzes = open_browse(with_culture).quizzes
    assert quizzes.source_names()[-6:] == ["culture"] * 6
    assert quizzes.index[-6:].tolist() == [0, 1, 2, 3, 4, 5]
    assert np.array_equal(quizzes.tokens[-6:].numpy(), load_store(with_culture).table.tokens)
    made_at = (with_culture.browse / artifacts.MANIFEST).stat().st_mtime_ns
    assert main(["answers", "--population", str(with_culture.root), *SIZES, "--if-stale"]) == 0
    assert (with_culture.browse / artifacts.MANIFEST).stat().st_mtime_ns == made_at


def test_answers_that_lack_an_entry_or_an_array_name_it_and_the_command(answered_population, copy_population):
    old = copy_population(answered_population)
    path = old.browse / artifacts.MANIFEST
    manifest = artifacts.read_json(path)
    artifacts.write_json(path, {name: value for name, value in manifest.items() if name != "n_unseen"})
    with pytest.raises(CultureError, match=r"manifest\.json lacks 'n_unseen'; run `culture answers"):
        open_browse(old)
    artifacts.write_json(path, manifest)
    arrays = artifacts.read_arrays(old.browse / "answers.npz", "")
    del arrays["culture_number"]
    artifacts.write_arrays(old.browse / "answers.npz", arrays)
    with pytest.raises(CultureError, match=r"answers\.npz lacks 'culture_number'; run `culture answers"):
        open_browse(old)


def test_answers_of_other_models_are_refused(answered_population, copy_population):
    other = copy_population(answered_population)
    manifest = artifacts.read_json(other.browse / artifacts.MANIFEST)
    manifest["model_sha256"][0] = "0" * 64
    artifacts.write_json(other.browse / artifacts.MANIFEST, manifest)
    with pytest.raises(CultureError, match="run `culture answers"):
        open_browse(other)
