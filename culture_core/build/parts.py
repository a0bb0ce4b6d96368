"""The work of a build, in parts that can be run at a small size: what `rehearsal` times."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from culture_core.answers.browse import BrowseSettings
from culture_core.answers.stage import answer_population
from culture_core.artifacts import PopulationFolder
from culture_core.build.head_parts import head_parts
from culture_core.build.measure_parts import measure_parts
from culture_core.build.part import CAUSAL_QUIZZES, Part, few_steps
from culture_core.build.plan import BuildPlan
from culture_core.build.trace_parts import trace_parts
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.evaluation.circuits import CircuitSettings
from culture_core.evaluation.circuits_stage import measure_population_circuits
from culture_core.evaluation.stage import EvaluationSettings, evaluate_gpts
from culture_core.features.concepts.registry import pack_concepts
from culture_core.features.grading.coverage import COVERAGE_QUIZZES
from culture_core.features.grading.grade import grade_features
from culture_core.features.grading.stage import grade_population
from culture_core.features.grading.truth import Truth
from culture_core.features.index.activations import ensure_activations
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.sparse import SparseActivations
from culture_core.features.index.stage import IndexSettings, index_jobs, index_saes
from culture_core.features.probing.probes import ProbeSettings
from culture_core.features.probing.store import probe_model
from culture_core.models.api import load_culture
from culture_core.models.population import read_manifest
from culture_core.processes import Workers
from culture_core.saes.evaluation_stage import SAEFigureSettings, evaluate_population_saes
from culture_core.saes.hook_order import adjacent
from culture_core.saes.plain import read_sae
from culture_core.saes.training_stage import train_population_saes
from culture_core.universality.causal.effects import read_spliced
from culture_core.universality.causal.store import CausalSettings
from culture_core.universality.matching.codes import Codes
from culture_core.universality.matching.products import Products
from culture_core.universality.matching.store import MatchSettings, match_population
from culture_core.world.vocabulary import QUIZ_LENGTH

N_BASELINES = 2
PRODUCT_SIZES = (50, 150)


def parts_of(scratch: PopulationFolder, plan: BuildPlan, device: str) -> list[Part]:
    """The parts of a build, in order; they build in the folder `scratch`, of a population with its GPTs
    alone."""
    models = [model["id"] for model in read_manifest(scratch.root)["models"]]
    trial = _Trial(scratch, plan, models, device)
    return [*trial.of_gpts(), *trial.of_saes(), *trial.of_features()]


def n_saes(population: PopulationFolder, plan: BuildPlan) -> int:
    """How many SAEs a build trains: one for each GPT and hook point, and the baselines'."""
    return (len(read_manifest(population.root)["models"]) + N_BASELINES) * len(plan.hooks)


class _Trial:
    """Each stage for one GPT at the plan's first hook point (two GPTs where they are matched)."""

    def __init__(self, scratch: PopulationFolder, plan: BuildPlan, models: list[int], device: str) -> None:
        self.scratch, self.plan, self.models, self.device = scratch, plan, models, device
        self.hook = plan.hooks[0]
        self.sae = plan.sae_settings(self.hook)
        self.quiet: dict[str, Any] = {"workers": Workers(n=1), "say": lambda _: None}
        self.alone = {**self.quiet, "device": device}
        self.first = {**self.alone, "models": models[:1]}
        self.codes: Codes | None = None

    def of_gpts(self) -> Iterator[Part]:
        m = len(self.models)
        evaluated, browsed, circuits = EvaluationSettings(), BrowseSettings(), CircuitSettings()
        answered = browsed.n + browsed.n_unseen + browsed.n_culture

        def answer(n: int) -> Any:
            few = replace(browsed, n=n, n_unseen=1, n_culture=1)
            return answer_population(self.scratch, few, device=self.device, say=self.quiet["say"])

        def evaluate(n: int) -> Any:
            return evaluate_gpts(str(self.scratch.root), settings=replace(evaluated, n=n), **self.first)

        def circuit(n: int) -> Any:
            few = replace(circuits, n=n, n_attention=n)
            return measure_population_circuits(self.scratch, few, **self.first)

        def probe(n: int) -> Any:
            return probe_model(self.scratch, ProbeSettings(n=n), self.models[0], self.device)

        yield Part("evaluate", evaluate, (16, 48), m, evaluated.n, cold=True)
        yield Part("answers", answer, (16, 64), 1, answered, shared=False)
        yield Part("probe", probe, (16, 48), m, ProbeSettings().n, cold=True)
        yield Part("circuits", circuit, (4, 12), m, circuits.n)
        yield from head_parts(str(self.scratch.root), self.models, self.device)

    def of_saes(self) -> Iterator[Part]:
        batch, n_hooks, m = self.sae.batch_size, len(self.plan.hooks), len(self.models)
        trained, measured = n_saes(self.scratch, self.plan), SAEFigureSettings()
        share = measured.held_out_tokens // measured.n

        def figures(n: int) -> Any:
            few = SAEFigureSettings(held_out_tokens=share * n, n=n)
            return evaluate_population_saes(self.scratch, self.hook, few, **self.first)

        yield Part("train-sae", self._train, (8 * batch, 24 * batch), trained, self.sae.tokens, cold=True)
        if self.sae.finetune_quizzes:
            yield Part("train-sae", self._finetune, (16, 48), trained, self.sae.finetune_quizzes)
        yield Part("evaluate-sae", figures, (8, 24), m * n_hooks, measured.n)

    def of_features(self) -> Iterator[Part]:
        n, n_hooks, m = self.plan.n, len(self.plan.hooks), len(self.models)

        def grade(_: int) -> Any:
            return grade_population(self.scratch, self.hook, models=self.models[:1], **self.quiet)

        yield Part("index", self._index, (32, 96), n_saes(self.scratch, self.plan), n, prepare=self.stand_in)
        few = min(n, COVERAGE_QUIZZES)
        yield Part("grade", grade, (16, 48), m * n_hooks, few, prepare=self._indexed)
        if n > few:
            yield Part("grade", self._grade_alone, (48, 96), m * n_hooks, n - few, prepare=self._indexed)
        if m > 1:
            yield from self._of_matches()
            yield from measure_parts(self)
        if n_hooks > 1:
            jobs = m * len(adjacent(self.plan.hooks))
            yield Part("layers", self._multiply, PRODUCT_SIZES, jobs, n, prepare=self._fire)
            yield from trace_parts(self)

    def _grade_alone(self, n: int) -> Any:
        """Grades without the coverage of what needs no SAE, which is over fewer quizzes."""
        activations = ensure_activations(self.scratch, self.hook, self.models[0])
        return grade_features(activations, Truth(pack_concepts(QuizSet(n=n).quizzes())))

    def _of_matches(self) -> Iterator[Part]:
        """Matching two GPTs takes as long for any number of quizzes, but for its products of activations."""
        n, n_hooks, m = self.plan.n, len(self.plan.hooks), len(self.models)
        causal, pairs = CausalSettings(), m * (m - 1) // 2
        # every pair, also with its quizzes shuffled; every GPT and the untrained one; the reseeded one; and
        # every GPT and every rotated one over fewer quizzes
        rotated = 2 * pairs * MatchSettings().rotation_quizzes // n
        products = n_hooks * (2 * pairs + m + 1 + rotated)
        changed = causal.groups * (3 + (causal.scale > 0)) * causal.quizzes // CAUSAL_QUIZZES

        def match(_: int) -> Any:
            few = MatchSettings(rotation_quizzes=0)
            return match_population(self.scratch, self.hook, self.models[:2], "", few)

        sizes = (16, 48)
        yield Part(
            "match", match, sizes, pairs * n_hooks, sizes[1], self._two_indexed, shared=False, cold=True
        )
        yield Part("match", self._multiply, PRODUCT_SIZES, products, n, prepare=self._fire, shared=False)
        yield Part("causal", self.ablate, (2, 6), m * n_hooks, changed)

    def _multiply(self, _: int) -> Any:
        """The products of the activations of two SAEs."""
        assert self.codes is not None, "multiplied before there is anything"
        return Products.of(self.codes, self.codes)

    def _fire(self, n: int) -> None:
        """Activations over n quizzes, of k random features on every token."""
        n_features = self.sae.width * read_manifest(self.scratch.root)["config"]["d_model"]
        token = np.repeat(np.arange(n * QUIZ_LENGTH, dtype=np.int32), self.sae.k)
        feature = np.random.default_rng(0).integers(n_features, size=len(token))
        values = np.ones(len(token), dtype=np.float32)
        fired = SparseActivations.from_entries(feature, token, values, n_features, n)
        self.codes = Codes.of(fired, n)

    def _train(self, tokens: int) -> Any:
        settings = replace(self.sae, tokens=tokens, finetune_quizzes=0)
        return train_population_saes(self.scratch, [settings], **self.first)

    def _finetune(self, quizzes: int) -> Any:
        settings = replace(self.sae, tokens=4 * self.sae.batch_size, finetune_quizzes=quizzes)
        return train_population_saes(self.scratch, [settings], **self.first)

    def _index(self, n: int, n_models: int = 1, *, if_stale: bool = False) -> Any:
        settings, models = IndexSettings(quiz_set=QuizSet(n=n)), self.models[:n_models]
        jobs = index_jobs(self.scratch, self.hook, settings, models=models, device=self.device)
        return index_saes(jobs, if_stale=if_stale, **self.quiet)

    def _indexed(self, n: int) -> None:
        self._index(n, if_stale=True)

    def _two_indexed(self, n: int) -> None:
        self._index(n, 2, if_stale=True)

    def stand_in(self, _: int) -> None:
        """SAEs of the first two GPTs that fire as trained ones do."""
        few = few_steps(self.sae)
        train_population_saes(self.scratch, [few], models=self.models[:2], if_stale=True, **self.alone)

    def ablate(self, n_features: int) -> None:
        model = load_culture(self.models[:1], source=self.scratch.root)[0].to(self.device)
        sae = read_sae(self.scratch.sae(self.hook, self.models[0]), self.device)
        tokens = evaluation_quizzes(CAUSAL_QUIZZES, seed=0).tokens
        reading = read_spliced(model, sae, self.hook, tokens, np.arange(n_features))
        for place in range(n_features):
            reading.scaled(place, 0.0)
