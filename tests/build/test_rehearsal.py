"""The time a build takes is measured on small trials, which leave nothing behind."""

from dataclasses import replace

from culture_core.build import BuildPlan
from culture_core.build.part import Part
from culture_core.build.parts import parts_of
from culture_core.build.rehearsal import _scaled, rehearse
from culture_core.saes.training_stage import DEFAULTS

FIRST, SECOND = "blocks.0.hook_resid_post", "blocks.1.hook_resid_post"


def files_of(population):
    return sorted(path.relative_to(population.root) for path in population.root.rglob("*"))


def few(*args) -> list[Part]:
    """The parts of a build, tried even smaller."""
    smaller = {"evaluate", "answers", "circuits", "heads", "grade", "match"}
    return [replace(part, sizes=(4, 8)) if part.name in smaller else part for part in parts_of(*args)]


def test_every_stage_is_tried_and_the_population_is_left_alone(answered_population, monkeypatch):
    before = files_of(answered_population)
    sae = replace(DEFAULTS, width=4, k=4, batch_size=128, finetune_quizzes=8)
    monkeypatch.setattr("culture_core.build.rehearsal.parts_of", few)
    found = rehearse(answered_population, BuildPlan((FIRST, SECOND), sae, n=200))
    names = [stage.name for stage in found.stages]
    gpts = ["evaluate", "answers", "probe", "circuits", "heads", "train-sae", "evaluate-sae"]
    features = ["index", "grade", "match", "causal", "families", "joint", "transfer", "layers", "trace"]
    assert names == [*gpts, *features]
    assert all(stage.seconds > 0 for stage in found.stages)
    assert found.sae_bytes > 2 * 5 * 4 * 2 * 32 * 128
    assert files_of(answered_population) == before


def test_time_is_scaled_from_what_each_job_and_each_quiz_take():
    clock = [0.0]

    def run(size: int) -> None:
        clock[0] += 2.0 + 0.5 * size

    part = Part("anything", run, (4, 12), jobs=3, size=100)
    assert _scaled(part, lambda: clock[0]) == 3 * (2.0 + 0.5 * 100)


def test_a_cold_start_is_not_scaled():
    clock, runs = [0.0], []

    def run(size: int) -> None:
        clock[0] += (0.5 if runs else 9.0) * size / 4
        runs.append(size)

    part = Part("anything", run, (4, 12), jobs=3, size=100, cold=True)
    assert _scaled(part, lambda: clock[0]) == 3 * 0.125 * 100
    assert runs == [4, 4, 12]


def test_a_long_trial_is_run_once():
    clock, runs = [0.0], []

    def run(size: int) -> None:
        clock[0] += 2.0 + 4.0 * size
        runs.append(size)

    part = Part("anything", run, (4, 12), jobs=3, size=100, cold=True)
    assert _scaled(part, lambda: clock[0]) == 3 * 100 * 18.0 / 4
    assert runs == [4]
