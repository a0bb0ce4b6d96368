"""A run that starts from existing GPTs."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from training_helpers import RECIPE, tiny_run

from culture_core.artifacts import read_json
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.models.api import load_culture
from culture_core.models.mygpt import MyGPT, preset
from culture_core.training.run_folder import RunFolder, Settings
from culture_core.training.start import begin_from, deepened, new_blocks
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


def test_deepened_gpts_compute_the_same_and_their_new_blocks_learn():
    source = load_culture([0], source=PUBLISHED)[0]
    torch.manual_seed(1)
    deep = deepened(source, MyGPT(replace(source.config, n_blocks=4))).eval()
    tokens = torch.randint(0, 11, (3, 404))

    assert torch.equal(deep(tokens), source(tokens))
    deep(tokens).square().mean().backward()
    for number in new_blocks(2, 4):
        block = deep.blocks[number]
        assert block.attention.w_o.grad.abs().sum() > 0 and block.mlp_out.weight.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("n_old", "n_new", "expected"),
    [(4, 4, []), (4, 5, [3]), (4, 6, [2, 4]), (4, 8, [0, 2, 4, 6]), (2, 7, [0, 1, 3, 4, 5])],
)
def test_new_blocks_go_before_the_last_ones_first(n_old, n_new, expected):
    assert new_blocks(n_old, n_new) == expected


def test_a_run_deepens_gpts_that_have_too_few_blocks_and_no_others(tmp_path):
    run = RunFolder(tmp_path / "run")
    deep = replace(preset("17K"), n_blocks=3)
    begin_from(run, Settings("17K", deep, RECIPE, 1, 5, WORLD_TASKS), PUBLISHED)
    model = MyGPT(deep).eval()
    model.load_state_dict(run.load_checkpoint(0)["model"])
    tokens = torch.randint(0, 11, (2, 404))
    assert torch.equal(model(tokens), load_culture([0], source=PUBLISHED)[0](tokens))

    shallow = replace(preset("17K"), n_blocks=1)
    with pytest.raises(CultureError, match="not of preset"):
        begin_from(
            RunFolder(tmp_path / "other"), Settings("17K", shallow, RECIPE, 1, 5, WORLD_TASKS), PUBLISHED
        )
