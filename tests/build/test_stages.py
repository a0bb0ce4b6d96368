"""What a build does, in which order, and that a second hook point leaves the SAEs of the first alone."""

import json
from dataclasses import replace

import pytest

from culture_core.artifacts import PopulationFolder
from culture_core.build import BuildOptions, BuildPlan, Stage, build_stages
from culture_core.cli import build
from culture_core.cli.build import SHOW
from culture_core.cli.main import main
from culture_core.errors import CultureError, NothingToMeasure
from culture_core.saes.store import sae_manifest
from culture_core.saes.training_stage import DEFAULTS, train_population_saes

FIRST, SECOND = "blocks.0.hook_resid_post", "blocks.1.hook_mlp_out"
SMALL = replace(DEFAULTS, width=2, k=2, tokens=2048, batch_size=512, finetune_quizzes=0)


def stages_of(population: PopulationFolder):
    return build_stages(population, BuildPlan((FIRST, SECOND)), BuildOptions())


def test_each_hook_point_passes_all_its_stages_before_the_next(built_population):
    stages = stages_of(built_population)
    names = [stage.name for stage in stages]
    of_hook = ["evaluate-sae", "index", "index", "index", "grade", "match", "causal", "families"]
    assert names == [
        "evaluate",
        "answers",
        "novelty",
        "train-sae",
        *(*of_hook, "transfer"),
        *(*of_hook, "transfer"),
        *("joint", "layers"),
        "probe",
        "circuits",
        "heads",
        *("trace", "trace"),
        "results",
    ]
    assert [FIRST in stage.words for stage in stages[4:13]] == [True] * 9
    assert [SECOND in stage.words for stage in stages[13:22]] == [True] * 9
    assert [stage.name for stage in stages if stage.left_out] == ["trace", "trace"]
    two = BuildPlan((FIRST, "blocks.1.hook_resid_post"))
    assert not any(stage.left_out for stage in build_stages(built_population, two, BuildOptions()))


def test_one_gpt_is_not_matched_and_where_nothing_was_invented_nothing_is_compared(
    built_population, copy_population
):
    population = copy_population(built_population)
    manifest = json.loads(population.manifest.read_text())
    manifest["models"] = manifest["models"][:1]
    population.manifest.write_text(json.dumps(manifest))
    population.quizzes("culture").unlink()
    assert {stage.name for stage in stages_of(population) if stage.left_out} == {
        *("novelty", "match", "causal", "families", "joint", "transfer", "trace"),
    }


def test_a_further_hook_point_leaves_the_saes_of_the_first_alone(built_population, copy_population):
    population = copy_population(built_population)
    both = [replace(SMALL, hook=hook) for hook in (FIRST, SECOND)]
    train_population_saes(population, both[:1], models=[0], if_stale=True)
    first = sae_manifest(population, FIRST, 0)
    trained = train_population_saes(population, both, models=[0], if_stale=True)
    assert [manifest["settings"]["hook"] for manifest in trained] == [SECOND]
    assert sae_manifest(population, FIRST, 0) == first
    assert sae_manifest(population, SECOND, 0)["settings"]["k"] == 2


def test_a_hook_point_that_is_not_there_ends_the_build_before_it_begins(
    built_population, copy_population, capsys
):
    population = copy_population(built_population)
    assert main(["build", "--population", str(population.root), "--hooks", "blocks.9.hook_resid_post"]) == 2
    assert "no hook point 'blocks.9.hook_resid_post'" in capsys.readouterr().err
    assert not population.plan.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--k", "100000"], "--k 100000 is out of range"),
        (["--hooks", "blocks.1.ln2.hook_normalized"], "allows no finetuning"),
    ],
)
def test_settings_that_cannot_be_end_the_build_before_it_begins(
    built_population, copy_population, capsys, options, said
):
    population = copy_population(built_population)
    assert main(["build", "--population", str(population.root), *options]) == 2
    assert said in capsys.readouterr().err
    assert not population.plan.exists()


def test_a_build_goes_on_where_there_is_nothing_to_measure_and_stops_at_errors(capsys):
    def fails(error):
        raise error

    stages = [
        Stage("causal", "--hook A", lambda: fails(NothingToMeasure("no group is sparse enough"))),
        Stage("index", "--hook A", lambda: fails(CultureError("damaged"))),
    ]
    assert build._run(stages[0])["stage"] == "causal"
    assert "left out: no group is sparse enough" in capsys.readouterr().out
    with pytest.raises(CultureError, match="damaged"):
        build._run(stages[1])


def test_gpts_are_not_changed_at_hook_points_that_a_mygpt_does_not_show(built_population):
    plan = BuildPlan(("blocks.1.ln2.hook_normalized",))
    stages = build_stages(built_population, plan, BuildOptions())
    assert {stage.name for stage in stages if stage.left_out} == {
        *("causal", "families", "transfer", "joint", "layers", "trace"),
    } - ({"layers"} if len(built_population.indexed_hooks()) else set())


def test_the_result_of_every_stage_can_be_shown(built_population):
    assert {stage.name for stage in stages_of(built_population)} == set(SHOW)
