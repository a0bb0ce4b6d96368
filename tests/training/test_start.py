"""A run that starts from existing GPTs."""

from pathlib import Path

import pytest
from training_helpers import RECIPE, tiny_run

from culture_core.artifacts import read_json
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.models.api import load_culture
from culture_core.models.mygpt import preset
from culture_core.training.run_folder import RunFolder, Settings
from culture_core.training.start import begin_from
from culture_core.world.vocabulary import WORLD_TASKS

PUBLISHED = str(Path(__file__).parents[1] / "fixtures" / "mygpt_17K")


def test_a_run_begins_with_the_weights_of_the_source_and_nothing_else(tmp_path):
    run = RunFolder(tmp_path / "run")
    settings = begin_from(run, Settings("17K", preset("17K"), RECIPE, 1, 5, WORLD_TASKS), PUBLISHED)

    state = run.load_checkpoint(0)
    source = load_culture([0], source=PUBLISHED)[0].state_dict()
    assert all(state["model"][name].equal(tensor) for name, tensor in source.items())
    assert state["progress"]["seen"] == 0 and state["seed"] == 5
    assert run.read_settings() == settings
    assert settings.start["source"] == PUBLISHED and len(settings.start["sha256"]) == 1


def test_a_source_of_another_shape_is_refused_in_one_line(tmp_path):
    run, settings = tiny_run(tmp_path, n_models=1)
    with pytest.raises(CultureError, match="not of preset"):
        begin_from(run, settings, PUBLISHED)


def test_the_population_says_where_its_gpts_began(tmp_path):
    out = tmp_path / "longer"
    command = ["train", "--preset", "17K", "--models", "1", "--start", PUBLISHED, "--out", str(out)]
    small = ["--workers", "1", "--num-test-samples", "16", "--set", "batch_size=8", "--set", "warmup=8"]
    assert main([*command, *small, "--budget", "16-quizzes"]) == 0

    training = read_json(out / "manifest.json")["training"]
    assert training["start"]["source"] == PUBLISHED and training["progress"][0]["seen"] == 16
