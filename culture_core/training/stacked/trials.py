"""The first seconds on a GPU: several ways to do a step are tried, and the fastest correct one is used.

The trial steps also train, on quizzes of their own, at a low rate. A way that fails, or
whose gradients are wrong, is dropped with a line.
"""

import gc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

from culture_core.models.mygpt import MyGPTConfig
from culture_core.training.stacked.feed import Feed
from culture_core.training.stacked.learner import Batch, Learner, TrainingStep, attention_by
from culture_core.training.stacked.model import Route, StackedModel
from culture_core.training.stacked.speed import measured, seconds_of
from culture_core.training.stacked.weights import model_dim
from culture_core.world.vocabulary import QUIZ_LENGTH

# kernels of scaled_dot_product_attention, and whether heads are padded to one width for them
ATTENTIONS = (
    ("FLASH_ATTENTION", True),
    ("CUDNN_ATTENTION", True),
    ("CUDNN_ATTENTION", False),
    ("EFFICIENT_ATTENTION", False),
)
BATCHES = (64, 128, 256)
FIRST_BATCH, PARTS = 128, 8
TRIAL_RATE = 0.1
TRIAL_SECONDS, MIN_TRIAL_STEPS = 0.7, 4
LONGEST = 45.0
LARGEST_ERROR = 0.5
CHECKED_QUIZZES = 8
# batch at which a quiz teaches half as much as in a very small batch: a guess, see docs/reference/training.md
HALF_BATCH = 512
# what plain training tries on a GPU, where PyTorch's own choice may be the kernel that failed
PLAIN_ATTENTIONS = ("EFFICIENT_ATTENTION", "MATH", "")
# captures that may fail before CUDA graphs are given up: what a failed one has taken is not given back
MOST_FAILED_GRAPHS = 2


@dataclass(frozen=True)
class Candidate:
    """One way to do a step."""

    route: Route
    batch: int
    graphed: bool = False
    compiled: bool = False

    @property
    def name(self) -> str:
        how = [word for word in ("compiled", "graphed") if getattr(self, word)] or ["eager"]
        padded = "padded" if self.route.padded else "unpadded"
        attention = self.route.attention.lower() or "any attention"
        return f"{' + '.join(how)}, batch {self.batch}, parts {self.route.parts}, {attention}, {padded}"


@dataclass(frozen=True)
class Tried:
    """A way that works, ready to go on with. speed: quizzes/s of each GPT."""

    candidate: Candidate
    step: TrainingStep
    speed: float

    @property
    def score(self) -> float:
        """Speed, less what large batches waste (B. McCandlish et al. 2018, "An empirical model of
        large-batch training": quizzes needed grow as 1 + batch / critical batch)."""
        return self.speed / (1 + self.candidate.batch / HALF_BATCH)


class Trials:
    """Tries candidates on a learner. table: what came of each, for the report; say: takes a line."""

    def __init__(self, learner: Learner, feed: Feed, say: Callable[[str], None]) -> None:
        self.learner, self.feed, self.say = learner, feed, say
        self.table: list[dict[str, Any]] = []
        self._failed_graphs: set[Route] = set()

    def may_graph(self, route: Route) -> bool:
        """Whether the step is still worth trying as a CUDA graph by this route."""
        return route not in self._failed_graphs and len(self._failed_graphs) < MOST_FAILED_GRAPHS

    def attempt(self, candidate: Candidate) -> Tried | None:
        """Set a step up, compare its gradients, and time it; None when it fails."""
        try:
            with measured(self.learner.device) as preparing:
                step = self._ready(candidate)
            tried = Tried(candidate, step, self._speed(step))
        except Exception as error:  # compilers and drivers raise anything
            reason = reason_of(error)
            self.say(f"dropped: {candidate.name}: {reason}")
            self.table.append({"way": candidate.name, "dropped": reason})
            if candidate.graphed:
                self._failed_graphs.add(candidate.route)
            return None
        self.say(f"{tried.speed:9,.1f} quizzes/s per GPT: {candidate.name} ({preparing[0]:.1f} s to set up)")
        self.table.append(
            {
                "way": candidate.name,
                "quizzes_per_s": round(tried.speed, 1),
                "set_up_s": round(preparing[0], 1),
            }
        )
        return tried

    def _ready(self, candidate: Candidate) -> TrainingStep:
        step = TrainingStep(self.learner, candidate.route, candidate.batch, compiled=candidate.compiled)
        error = gradient_error(step, self.next_batch(candidate.batch))
        if not error < LARGEST_ERROR:
            raise ArithmeticError(f"gradients are off by {error:.1%}")
        if candidate.graphed:
            step.capture(lambda: self.next_batch(candidate.batch))
        else:
            step(self.next_batch(candidate.batch))
        return step

    def _speed(self, step: TrainingStep) -> float:
        n, started = 0, time.perf_counter()
        with measured(self.learner.device) as seconds:
            while n < MIN_TRIAL_STEPS or time.perf_counter() - started < TRIAL_SECONDS:
                step(self.next_batch(step.batch))
                self.learner.read_losses()
                n += 1
        return n * step.batch / seconds[0]

    def next_batch(self, size: int) -> Batch:
        return self.feed.read(size)


def gradient_error(step: TrainingStep, batch: Batch) -> float:
    """How far a step's gradients are from those in float32 by plain products: ||difference|| / ||gradient||,
    the largest over the GPTs; on the first few quizzes of a batch, over and over."""
    n = math.gcd(step.batch, CHECKED_QUIZZES)
    tokens, structure = batch[0][:, :n], batch[1][:, :n]
    repeats = step.batch // n
    plain = Route(torch.float32, attention="MATH")
    exact = TrainingStep(step.learner, plain, n).gradients((tokens, structure))[1]
    found = step.gradients((tokens.repeat(1, repeats, 1), structure.repeat(1, repeats)))[1]
    wrong = total = torch.zeros(step.learner.n_models, device=step.learner.device)
    for name, gradient in exact.items():
        dims = [d for d in range(gradient.ndim) if d != model_dim(name)]
        wrong = wrong + (found[name] - gradient).square().sum(dims)
        total = total + gradient.square().sum(dims)
    return float((wrong / total).sqrt().max())


def choose(trials: Trials, batch: int | None, *, careful: bool = False) -> Tried:
    """The best way to do a step here.

    batch: quizzes of each GPT, None to choose. careful: nothing but single operations of PyTorch.
    Errors: whatever the plainest way raises, should even that fail.
    """
    trials.learner.optimizer.rate.fill_(TRIAL_RATE)
    device = trials.learner.device
    if device.type == "cpu" or careful:
        dtype = torch.float32 if device.type == "cpu" else torch.bfloat16
        return _plainest(trials, Route(dtype), batch or FIRST_BATCH)
    return choose_among_all(trials, batch)


def choose_among_all(trials: Trials, batch: int | None) -> Tried:
    """The best of attention kernels, parts, CUDA graphs and batches, as far as they work here."""
    routes = rank_attentions(trials)
    best = _best_route(trials, routes, batch or FIRST_BATCH)
    if best is None:
        return _plainest(trials, Route(torch.bfloat16), batch or FIRST_BATCH)
    started, results = time.perf_counter(), [best]
    for size in (batch,) if batch else BATCHES:
        if time.perf_counter() - started < LONGEST:
            results += _graphed(trials, best.candidate.route, routes, size)
            results = [max(results, key=lambda tried: tried.score)]
            free_memory()
    return results[0]


def rank_attentions(trials: Trials) -> list[Route]:
    """Routes by the speed of their attention alone, forward and backward, fastest first."""
    learner, timed = trials.learner, []
    for name, padded in ATTENTIONS:
        route = Route(torch.bfloat16, padded=padded, attention=name)
        try:
            seconds = _attention_seconds(
                learner.config, route, learner.n_models * FIRST_BATCH, learner.device
            )
        except Exception as error:  # a kernel that is not there says so in many ways
            trials.say(f"dropped: {name} {padded=}: {reason_of(error)}")
            continue
        timed.append((seconds, route))
        trials.say(f"{1000 * seconds:9.2f} ms for attention of one block: {name.lower()}, {padded=}")
        trials.table.append({"attention": name, "padded": padded, "ms": round(1000 * seconds, 3)})
    return [route for _, route in sorted(timed, key=lambda pair: pair[0])]


def _attention_seconds(config: MyGPTConfig, route: Route, quizzes: int, device: torch.device) -> float:
    model = StackedModel(config, route, device)
    shape = (1, quizzes * QUIZ_LENGTH, model.qkv_width)
    qkv = torch.randn(shape, device=device, dtype=route.dtype).requires_grad_()

    def both_ways() -> None:
        mixed = model.mix(qkv)
        torch.autograd.grad(mixed, qkv, mixed.detach())

    with attention_by(route):
        return seconds_of(both_ways, 5, device)


def _best_route(trials: Trials, routes: list[Route], batch: int) -> Tried | None:
    """The first route that works, with its batch whole or in parts, whichever is faster."""
    for route in routes:
        whole = trials.attempt(Candidate(route, batch))
        if whole is None:
            continue
        split = trials.attempt(Candidate(replace(route, parts=PARTS), batch)) if batch % PARTS == 0 else None
        return max([one for one in (whole, split) if one], key=lambda tried: tried.score)
    return None


def _graphed(trials: Trials, route: Route, routes: list[Route], batch: int) -> list[Tried]:
    """The step as a CUDA graph; where that fails, by the next attention that works."""
    others = [replace(other, parts=route.parts) for other in routes if other.attention != route.attention]
    for one in filter(trials.may_graph, (route, *others)):
        tried = trials.attempt(Candidate(one, batch, graphed=True))
        if tried is not None:
            return [tried]
    eager = trials.attempt(Candidate(route, batch))
    return [eager] if eager else []


def _plainest(trials: Trials, route: Route, batch: int) -> Tried:
    for attention in PLAIN_ATTENTIONS if trials.learner.device.type == "cuda" else ("",):
        tried = trials.attempt(Candidate(replace(route, attention=attention), batch))
        if tried is not None:
            return tried
    raise RuntimeError("not even plain PyTorch training works here; the lines above say why")


def reason_of(error: Exception) -> str:
    """The kind of an error and the first line of its message."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]


def free_memory() -> None:
    """Give the memory of the ways that were not taken back."""
    gc.collect()
    torch.cuda.empty_cache()
