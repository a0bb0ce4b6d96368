"""Which hook point a command takes where none, or one, is named."""

import pytest

from culture_core.artifacts import PopulationFolder, provenance
from culture_core.errors import CultureError
from culture_core.models.mygpt import PRESETS, MyGPT
from culture_core.models.population import save_population
from culture_core.saes.choice import the_hook

MLP, USUAL, OTHER = "blocks.0.hook_mlp_out", "blocks.1.hook_resid_post", "blocks.0.hook_resid_post"


@pytest.fixture
def population(tmp_path):
    """Two blocks, so that blocks.1 is at 2/3 depth; no SAEs yet."""
    model = MyGPT(PRESETS["17K"])
    model.id = 0
    return save_population(tmp_path / "small", [model], made_by=provenance("test"))


def with_saes(population: PopulationFolder, *hooks: str) -> PopulationFolder:
    for hook in hooks:
        population.sae(hook, 0).mkdir(parents=True)
    return population


def test_the_only_one_is_taken(population):
    assert the_hook(with_saes(population, MLP)) == MLP


def test_of_several_the_residual_stream_at_two_thirds_is_taken(population):
    assert the_hook(with_saes(population, MLP, USUAL)) == USUAL
    assert the_hook(population, MLP) == MLP


def test_of_several_others_one_must_be_named(population):
    with pytest.raises(CultureError, match=f"choose one with --hook; there are: {MLP}, {OTHER}"):
        the_hook(with_saes(population, MLP, OTHER))


def test_one_without_saes_is_refused(population):
    with pytest.raises(CultureError, match="there are: none; run `culture train-sae`"):
        the_hook(population)
    with pytest.raises(CultureError, match=f"none at '{OTHER}'; there are: {MLP}"):
        the_hook(with_saes(population, MLP), OTHER)
