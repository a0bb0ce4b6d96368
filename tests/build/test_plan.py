"""The plan of a build: kept in the population's folder, read back as it was, refused when it is damaged."""

import json
from dataclasses import replace

import pytest

from culture_core.artifacts import PopulationFolder
from culture_core.build import BuildPlan, changed, hooks_named, plan_of, write_plan
from culture_core.errors import CultureError
from culture_core.models.population import MANIFEST_KIND
from culture_core.saes.training_stage import DEFAULTS

FIRST, SECOND = "blocks.0.hook_resid_post", "blocks.1.hook_mlp_out"


@pytest.fixture
def population(tmp_path):
    """A population of three blocks, of which only the manifest is there."""
    root = tmp_path / "mine"
    root.mkdir()
    (root / "manifest.json").write_text(
        json.dumps({"kind": MANIFEST_KIND, "config": {"n_blocks": 3}, "models": [{"id": 0}, {"id": 4}]})
    )
    return PopulationFolder(root)


def test_without_a_plan_the_residual_stream_at_two_thirds_depth_gets_saes(population):
    assert plan_of(population) == BuildPlan(("blocks.2.hook_resid_post",))


def test_a_plan_is_read_back_as_it_was_written(population):
    sae = replace(DEFAULTS, architecture="topk", k=24, lr=1e-3)
    plan = BuildPlan((FIRST, SECOND), sae, {SECOND: {"k": 32, "width": 8}}, 512)
    write_plan(population, plan)
    assert plan_of(population) == plan
    assert plan_of(population).sae_settings(FIRST) == replace(sae, hook=FIRST)
    assert plan_of(population).sae_settings(SECOND) == replace(sae, hook=SECOND, k=32, width=8)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hooks = [", "not a plan"),
        ("n = 3", "hooks is not a list"),
        ('hooks = "blocks.0.hook_resid_post"', "hooks is not a list"),
        (f'hooks = ["{FIRST}"]\nwidth = 3', "unknown entry width"),
        (f'hooks = ["{FIRST}"]\nn = 0', "not a number of quizzes"),
        (f'hooks = ["{FIRST}"]\n[sae]\nk = "many"', "sae.k = 'many' is not like 16"),
        (f'hooks = ["{FIRST}"]\n[sae]\nk = true', "sae.k = True is not like 16"),
        (f'hooks = ["{FIRST}"]\n[sae_at."{FIRST}"]\ntokens = 5', f"unknown entry sae_at.{FIRST}.tokens"),
        (
            f'hooks = ["{FIRST}"]\n[sae_at."{SECOND}"]\nk = 5',
            f"unknown entry sae_at.{SECOND}; known: {FIRST}",
        ),
        (f'hooks = ["{FIRST}"]\nsae = 5', "sae is not a table of settings"),
        (f'hooks = ["{FIRST}"]\nsae_at = 5', "sae_at is not a table of settings"),
        (f'hooks = ["{FIRST}"]\n[sae_at]\n"{FIRST}" = 5', f"sae_at.{FIRST} is not a table of settings"),
    ],
)
def test_a_damaged_plan_is_told_in_one_line(population, text, said):
    population.plan.write_text(text)
    with pytest.raises(CultureError, match="is not a plan of `culture build`") as error:
        plan_of(population)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_all_blocks_is_the_residual_stream_after_every_block(population):
    blocks = tuple(f"blocks.{block}.hook_resid_post" for block in range(3))
    assert hooks_named(population, "all-blocks") == blocks
    assert hooks_named(population, f" {SECOND}, all-blocks,{FIRST}") == (SECOND, *blocks)
    with pytest.raises(CultureError, match="--hooks takes"):
        hooks_named(population, " , ")


def test_a_setting_that_changes_changes_at_every_hook_point():
    plan = BuildPlan((FIRST, SECOND), DEFAULTS, {SECOND: {"k": 32, "width": 8}})
    wider = changed(plan, plan.hooks, replace(DEFAULTS, width=20), plan.n)
    assert wider.sae_at == {SECOND: {"k": 32}}
    assert changed(plan, (FIRST,), DEFAULTS, 100) == BuildPlan((FIRST,), DEFAULTS, {}, 100)


def test_a_plan_in_another_encoding_is_told_in_one_line(population):
    population.plan.write_bytes("hooks = [] # caf\u00e9".encode("latin-1"))
    with pytest.raises(CultureError, match="is not a plan of `culture build`"):
        plan_of(population)


def test_a_hook_point_named_twice_is_built_once(population):
    population.plan.write_text(f'hooks = ["{SECOND}", "{FIRST}", "{SECOND}"]')
    assert plan_of(population).hooks == (SECOND, FIRST)
