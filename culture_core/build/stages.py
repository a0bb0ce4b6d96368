"""The stages that build a population, in order: everything the dashboard needs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from culture_core.answers.stage import answer_population
from culture_core.artifacts import RESEEDED, UNTRAINED, PopulationFolder
from culture_core.build.plan import BuildPlan, n_blocks
from culture_core.circuits.check_stage import check_population
from culture_core.circuits.heads.stage import measure_population_heads
from culture_core.circuits.profile_stage import profile_population
from culture_core.culture.nearest.store import save_nearest
from culture_core.evaluation.circuits_stage import measure_population_circuits
from culture_core.evaluation.stage import evaluate_population
from culture_core.features.grading.stage import grade_population
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.stage import IndexSettings, index_jobs, index_saes
from culture_core.features.probing.stage import probe_population
from culture_core.models.population import read_manifest
from culture_core.processes import Workers
from culture_core.results.stage import write_population_results
from culture_core.saes.evaluation_stage import evaluate_population_saes
from culture_core.saes.hook_order import main_hook
from culture_core.saes.hooks import block_of_residual, is_shown
from culture_core.saes.training_stage import train_population_saes
from culture_core.universality.causal.stage import check_causes
from culture_core.universality.families.stage import measure_families
from culture_core.universality.joint.stage import measure_joint_dictionary
from culture_core.universality.layers.stage import follow_layers
from culture_core.universality.matching.stage import match_saes
from culture_core.universality.transfer.stage import measure_population_transfer
from culture_core.world.vocabulary import CULTURE

NO_CULTURE = "the GPTs have invented no quizzes"
ONE_GPT = "one GPT has no others to be matched with"
NOT_SHOWN = "GPTs are changed only at hook points that a MyGPT shows"
ONE_HOOK = "one hook point has none before or after it"
ONE_BLOCK = "graphs with SAEs after fewer than two blocks are not checked"


@dataclass(frozen=True)
class Stage:
    """One step of a build. name: of its command; words: what its options are beside the population; run:
    makes its artifacts and returns what its function does; left_out: why there is nothing to make, if so."""

    name: str
    words: str
    run: Callable[[], Any]
    left_out: str = ""


@dataclass(frozen=True)
class BuildOptions:
    """How the stages run. if_stale: leave alone what is up to date. command: as typed, for manifests."""

    if_stale: bool = True
    device: str = "cpu"
    workers: Workers | None = None
    command: str = ""

    @property
    def alone(self) -> dict[str, Any]:
        """Of a stage that works in one process."""
        return {"if_stale": self.if_stale, "command": self.command}

    @property
    def on_device(self) -> dict[str, Any]:
        """Of a stage that runs GPTs one after the other."""
        return {**self.alone, "device": self.device}

    @property
    def side_by_side(self) -> dict[str, Any]:
        """Of a stage that runs GPTs in workers."""
        return {**self.on_device, "workers": self.workers}


def build_stages(population: PopulationFolder, plan: BuildPlan, options: BuildOptions) -> list[Stage]:
    """The stages that carry out a plan, in order."""
    return [
        *_of_gpts(population, plan, options),
        *(stage for hook in plan.hooks for stage in _of_hook(population, plan, hook, options)),
        _joint(population, plan, options),
        _layers(population, plan, options),
        Stage("probe", "", lambda: probe_population(population, **options.side_by_side)),
        Stage("circuits", "", lambda: measure_population_circuits(population, **options.side_by_side)),
        Stage("heads", "", lambda: measure_population_heads(population, **options.side_by_side)),
        *_trace(population, plan, options),
        _results(population, plan),
    ]


def _of_gpts(population: PopulationFolder, plan: BuildPlan, options: BuildOptions) -> Iterator[Stage]:
    """What is made of the GPTs for all hook points together."""
    side_by_side = options.side_by_side
    yield Stage("evaluate", "--save", lambda: evaluate_population(population, **side_by_side))
    yield Stage("answers", "", lambda: answer_population(population, **options.on_device))
    none = "" if population.quizzes(CULTURE).is_file() else NO_CULTURE
    yield Stage("novelty", "--save", lambda: save_nearest(population, **options.alone), none)
    settings = [plan.sae_settings(hook) for hook in plan.hooks]
    yield Stage(
        "train-sae",
        f"--hook {','.join(plan.hooks)} --baselines",
        lambda: train_population_saes(population, settings, baselines=True, **side_by_side),
    )


def _of_hook(
    population: PopulationFolder, plan: BuildPlan, hook: str, options: BuildOptions
) -> Iterator[Stage]:
    """What is made of the SAEs of one hook point."""
    words, side_by_side = f"--hook {hook}", options.side_by_side
    settings = IndexSettings(quiz_set=QuizSet(n=plan.n))
    alone = _alone(population)
    unchanged = alone or _not_shown(population, hook)

    def figures() -> Any:
        made = {name: value for name, value in side_by_side.items() if name != "command"}
        return evaluate_population_saes(population, hook, **made)

    def index(variant: str) -> Any:
        jobs = index_jobs(population, hook, settings, variant=variant, device=options.device)
        return index_saes(jobs, **options.alone, workers=options.workers)

    yield Stage("evaluate-sae", words, figures)
    yield Stage("index", words, lambda: index(""))
    yield Stage("index", f"{words} --variant {UNTRAINED}", lambda: index(UNTRAINED))
    yield Stage("index", f"{words} --variant {RESEEDED}", lambda: index(RESEEDED))
    yield Stage(
        "grade", words, lambda: grade_population(population, hook, **options.alone, workers=options.workers)
    )
    yield Stage("match", words, lambda: match_saes(population, hook, **options.alone), alone)
    yield Stage("causal", words, lambda: check_causes(population, hook, **side_by_side), unchanged)
    yield Stage("families", words, lambda: measure_families(population, hook, **side_by_side), unchanged)
    yield Stage(
        "transfer",
        words,
        lambda: measure_population_transfer(population, hook, **options.on_device),
        unchanged,
    )


def _joint(population: PopulationFolder, plan: BuildPlan, options: BuildOptions) -> Stage:
    """One dictionary of all GPTs, at one hook point: it weighs as much as all SAEs there together. `culture
    joint` makes more."""
    hook, made = _main_hook(population, plan), options.side_by_side
    run = partial(measure_joint_dictionary, population, hook, **made)
    return Stage("joint", f"--hook {hook}", run, _alone(population) or _not_shown(population, hook))


def _layers(population: PopulationFolder, plan: BuildPlan, options: BuildOptions) -> Stage:
    """What the features of each GPT become from one hook point to the next."""
    made = {**options.alone, "needed": plan.hooks, "workers": options.workers}
    few = ONE_HOOK if len({*plan.hooks, *population.indexed_hooks()}) == 1 else ""
    return Stage("layers", "", lambda: follow_layers(population, **made), few)


def _trace(population: PopulationFolder, plan: BuildPlan, options: BuildOptions) -> Iterator[Stage]:
    """What attribution graphs predict, against what ablations do; what answers come from in every GPT."""
    made = {**options.alone, "workers": options.workers}
    few = ONE_BLOCK if len([hook for hook in plan.hooks if block_of_residual(hook) is not None]) < 2 else ""
    yield Stage("trace", "--check", lambda: check_population(population, **made), few)
    yield Stage("trace", "--profile", lambda: profile_population(population, **made), few)


def _results(population: PopulationFolder, plan: BuildPlan) -> Stage:
    hook = _main_hook(population, plan)
    return Stage("results", f"--hook {hook}", lambda: write_population_results(population, hook))


def _alone(population: PopulationFolder) -> str:
    """Why a stage that matches GPTs is left out, if it is."""
    return ONE_GPT if len(read_manifest(population.root)["models"]) == 1 else ""


def _not_shown(population: PopulationFolder, hook: str) -> str:
    """Why a stage that changes GPTs at a hook point is left out, if it is."""
    return "" if is_shown(hook, n_blocks(population)) else NOT_SHOWN


def _main_hook(population: PopulationFolder, plan: BuildPlan) -> str:
    return main_hook(plan.hooks, n_blocks(population))
