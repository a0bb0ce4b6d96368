"""A training of stacked GPTs from its start to its end, by the clock."""

import shlex
import signal
import time
from collections import deque
from dataclasses import asdict, replace
from typing import Any

import torch

from culture_core.artifacts import provenance
from culture_core.errors import CultureError
from culture_core.models.mygpt import MyGPT
from culture_core.training.stacked.background import BackgroundCompiler, Shape
from culture_core.training.stacked.feed import Feed
from culture_core.training.stacked.journal import Journal
from culture_core.training.stacked.keeper import Keeper
from culture_core.training.stacked.learner import Learner
from culture_core.training.stacked.output import OutputFolder
from culture_core.training.stacked.schedule import ClockSchedule, average_blend
from culture_core.training.stacked.settings import StackedSettings
from culture_core.training.stacked.speed import flops_a_quiz, matrix_rate
from culture_core.training.stacked.trials import Trials, Tried, choose, free_memory
from culture_core.training.trainer import initial_model

CHUNK_ON_GPU, CHUNK_ON_CPU = 65_536, 1_024
# when the weights are checked and written, as shares of the budget; once more at its end
CHECKS = (0.22, 0.4, 0.6, 0.8)
# what the last check and the writing may take
RESERVE_SECONDS, RESERVE_SHARE = 6.0, 0.15
LOG_SECONDS, LOG_SHARE = 5.0, 0.05
STEPS_IN_FLIGHT = 4
# a compiled step is taken up only while this share of the budget is left
LEAST_LEFT = 0.35


def train(settings: StackedSettings) -> OutputFolder:
    """Train until the budget is over or SIGTERM comes; returns the folder of the results.

    Errors: CultureError when the folder holds another run or something else, or the run to go on from is of
    another kind.
    """
    out = OutputFolder(settings.out)
    if out.report.exists() and settings.resume != settings.out:
        raise CultureError(
            f"{out.root} holds a run; continue it with --resume {shlex.quote(str(out.root))}, or name "
            "another --out"
        )
    out.check_ours()
    models, report = _beginning(settings)
    journal = Journal(out, settings.clock)
    out.begin_log(OutputFolder(settings.resume) if settings.resume else None)
    _measure(settings, journal, report)
    learner = Learner(models, settings.recipe, settings.device)
    learner.seen = report["seen"]
    feed = _feed(settings, journal, report)
    trials = Trials(learner, feed, journal.say)
    report["trials"] = trials.table
    run = _Run(settings, learner, feed, journal, trials)
    tried = choose(trials, settings.batch, careful=settings.careful)
    keeper = Keeper(out, learner, feed, journal, report, settings.n_check)
    run.train(tried, keeper)
    journal.say(f"done: {out.root}")
    return out


class _Run:
    """The loop."""

    def __init__(
        self, settings: StackedSettings, learner: Learner, feed: Feed, journal: Journal, trials: Trials
    ) -> None:
        self.settings, self.clock, self.journal = settings, settings.clock, journal
        self.learner, self.feed, self.trials = learner, feed, trials
        self.budget = 60 * settings.minutes
        self._in_flight: deque[torch.cuda.Event] = deque()
        self._stop_asked: list[int] = []

    def train(self, tried: Tried, keeper: Keeper) -> None:
        before = signal.signal(signal.SIGTERM, lambda number, _frame: self._stop_asked.append(number))
        background = self._compile_aside(tried)
        try:
            tried = self._steps(tried, keeper, background)
        finally:
            if background is not None:
                background.stop()
            signal.signal(signal.SIGTERM, before)
        keeper.report["chosen"] = tried.candidate.name
        keeper.check(tried.candidate.route, finished=True)

    def _steps(self, tried: Tried, keeper: Keeper, background: BackgroundCompiler | None) -> Tried:
        """Train until the time is over; returns how it did the last step."""
        recipe, reserve = self.settings.recipe, min(RESERVE_SECONDS, RESERVE_SHARE * self.budget)
        schedule = ClockSchedule(self.clock.now, self.budget - reserve, recipe.decay_share, recipe.warmup)
        checks = deque(share * self.budget for share in CHECKS)
        first_seen = self.learner.seen
        self.journal.say(f"chosen: {tried.candidate.name}")
        self.learner.read_losses()
        self.journal.restart(self.learner)
        rate, log_seconds = 0.0, min(LOG_SECONDS, LOG_SHARE * self.budget)
        while (now := self.clock.now) < schedule.last and not self._stop_asked:
            rate = schedule.rate(now, self.learner.seen - first_seen + tried.step.batch)
            self._step(tried, rate)
            if self.journal.is_due(log_seconds):
                self.journal.note(self.learner, rate, schedule.last)
            if checks and now > checks[0]:
                checks.popleft()
                keeper.report["chosen"] = tried.candidate.name
                keeper.check(tried.candidate.route)
            if background is not None and background.is_done():
                tried = self._take_up_compiled(tried, background)
                background = None
        self.journal.note(self.learner, rate, schedule.last)
        return tried

    def _step(self, tried: Tried, rate: float) -> None:
        """A step, and while the device is at it a piece of the quizzes to come."""
        optimizer, share = self.learner.optimizer, self.settings.average_share
        optimizer.rate.fill_(rate)
        optimizer.blend.fill_(average_blend(self.learner.steps + 1, share))
        tried.step(self.feed.read(tried.step.batch))
        self.feed.work()
        if self.settings.device.type == "cuda":
            self._pace()

    def _pace(self) -> None:
        """Keep the device a few steps behind at most, so that the clock means something."""
        self._in_flight.append(torch.cuda.Event())
        self._in_flight[-1].record()
        if len(self._in_flight) > STEPS_IN_FLIGHT:
            self._in_flight.popleft().synchronize()

    def _compile_aside(self, tried: Tried) -> BackgroundCompiler | None:
        settings, route = self.settings, tried.candidate.route
        if not settings.compiled or settings.careful or settings.device.type != "cuda":
            return None
        sizes = (settings.preset, settings.n_models, tried.candidate.batch, settings.device.type)
        return BackgroundCompiler(Shape(*sizes, route.padded, route.parts, route.attention))

    def _take_up_compiled(self, tried: Tried, background: BackgroundCompiler) -> Tried:
        """The compiled step, where it is faster than the one at hand."""
        if error := background.error():
            self.journal.say(f"dropped: compiled: {error}")
            return tried
        if self.clock.now > (1 - LEAST_LEFT) * self.budget:
            return tried
        found = self.trials.attempt(replace(tried.candidate, compiled=True))
        free_memory()
        self.learner.read_losses()
        self.journal.restart(self.learner)
        if found is None or found.speed < tried.speed:
            return tried
        self.journal.say(f"chosen: {found.candidate.name}")
        return found


def _beginning(settings: StackedSettings) -> tuple[list[MyGPT], dict[str, Any]]:
    """The GPTs to begin with and the first entries of the report."""
    report: dict[str, Any] = {
        "preset": settings.preset,
        "config": asdict(settings.config),
        "recipe": asdict(settings.recipe),
        "seeds": settings.seeds,
        "tasks": list(settings.tasks),
        "start": None,
        "seen": 0,
        "taken": None,
        "checks": [],
        "previous_seconds": 0.0,
        "provenance": provenance(settings.command),
    }
    if settings.resume is None:
        return [initial_model(settings.config, settings.recipe, seed) for seed in settings.seeds], report
    folder = OutputFolder(settings.resume)
    before = folder.read_report()
    for name in ("config", "seeds", "tasks"):
        if before[name] != report[name]:
            raise CultureError(f"{folder.root} was trained with other {name}: {before[name]}")
    start = {"source": folder.root.name, "sha256": folder.hashes(), "start": before["start"]}
    seconds = before["previous_seconds"] + before["seconds"]
    report |= {name: before[name] for name in ("seen", "taken", "checks")}
    return folder.read_models(), report | {"start": start, "previous_seconds": seconds}


def _measure(settings: StackedSettings, journal: Journal, report: dict[str, Any]) -> None:
    """Note what the device is and how fast a bare product runs on it."""
    device = settings.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    journal.matrix_rate = matrix_rate(device)
    journal.work = settings.n_models * flops_a_quiz(settings.config)
    teraflops = journal.matrix_rate / 1e12
    journal.say(f"{name}, torch {torch.__version__}: a bare product runs at {teraflops:.2f} TFLOP/s")
    report |= {"device": name, "torch": str(torch.__version__), "matrix_tflops": round(teraflops, 2)}


def _feed(settings: StackedSettings, journal: Journal, report: dict[str, Any]) -> Feed:
    """The feed, with its first chunk made."""
    device = settings.device
    chunk = max(CHUNK_ON_GPU if device.type == "cuda" else CHUNK_ON_CPU, settings.batch or 0)
    made_on = torch.device("cpu") if settings.careful else device
    feed = Feed(settings.seeds, settings.tasks, device, chunk, report["taken"], made_on=made_on)
    started = time.perf_counter()
    feed.fill()
    n, seconds = settings.n_models * chunk, time.perf_counter() - started
    journal.say(f"{n:,} quizzes generated in {seconds:.2f} s, {1e6 * seconds / n:.1f} us each")
    report["us_per_quiz_made"] = round(1e6 * seconds / n, 2)
    return feed
