"""A worker: takes the GPT whose turn it is, trains it for a slice, writes its checkpoint, takes the next."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from culture_core.training import log
from culture_core.training.hardware import Hardware
from culture_core.training.run_folder import RunFolder, Settings
from culture_core.training.schedule import Budget, Decay, planned_decay
from culture_core.training.team import Team
from culture_core.training.trainer import Progress, Trainer

WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class Job:
    """Instructions for every worker of a run.

    n_workers: workers that share the run's GPTs, to compute how much of a budget of seconds is spent.
    slice_seconds: between two checkpoints of a GPT.
    """

    folder: RunFolder
    settings: Settings
    budget: Budget
    n_workers: int = 1
    slice_seconds: float = 60.0


@dataclass(frozen=True)
class Turn:
    """One GPT for one slice. decay: where its rate falls, if that is decided."""

    model_k: int
    decay: Decay | None


def work(job: Job, hardware: Hardware) -> None:
    """Train until the budget is spent, or until asked to stop (SIGTERM, SIGINT, or the launcher's end)."""
    stop_asked = _listen_for_stop()
    hardware.prepare()
    team = Team()
    team.join(hardware.device)
    settings = job.settings
    trainer = Trainer(
        settings.config,
        settings.recipe,
        settings.seed,
        settings.tasks,
        device=hardware.device,
        dtype=hardware.dtype,
        compiled=hardware.compiled,
        culture=job.folder.read_culture(),
    )
    while not team.follow(stop_asked()):
        with _next_turn(job, team) as turn:
            if turn is not None:
                _train_slice(trainer, turn, job, team, stop_asked)
            elif team.follow(is_finished(job)):
                break
            else:
                time.sleep(WAIT_SECONDS)


def elapsed(job: Job) -> float:
    """Seconds the run has taken so far, its workers side by side."""
    return sum(wall_of(job.folder.read_progress(k), job) for k in range(job.settings.n_models))


def wall_of(progress: Progress, job: Job) -> float:
    """Seconds of the run's time that went to one GPT."""
    return progress.seconds / job.n_workers if progress.wall is None else progress.wall


def decide_decay(job: Job) -> Decay | None:
    """Where the rate falls; decided once for all GPTs, when the budget is near its end."""
    decay = job.folder.read_decay()
    if decay is None:
        seen = max(job.folder.read_progress(k).seen for k in range(job.settings.n_models))
        decay = planned_decay(job.budget, job.settings.recipe, seen, elapsed(job))
        if decay is not None:
            job.folder.write_decay(decay)
    return decay


def is_finished(job: Job) -> bool:
    decay = job.folder.read_decay()
    progress = (job.folder.read_progress(k) for k in range(job.settings.n_models))
    return decay is not None and all(one.seen >= decay.last for one in progress)


def order_of_turns(job: Job, progress: list[Progress]) -> list[int]:
    """GPTs by whose turn it is: inside an epoch goes first, then the fewest quizzes or the weakest."""
    recipe = job.settings.recipe

    def key(k: int) -> tuple[Any, ...]:
        inside_epoch = recipe.epoch is not None and progress[k].seen % recipe.epoch > 0
        rank = progress[k].seen if recipe.choose == "fewest" else progress[k].accuracy
        return (not inside_epoch, rank, progress[k].seen, k)

    return sorted(range(len(progress)), key=key)


@contextmanager
def _next_turn(job: Job, team: Team) -> Iterator[Turn | None]:
    """Hold the GPT whose turn it is while the block runs; None when there is none to be had now."""
    if not team.is_leader:
        yield team.follow(None)
        return
    for model_k, decay in _candidates(job):
        with job.folder.claim(model_k) as is_ours:
            if is_ours:
                yield team.follow(Turn(model_k, decay))
                return
    yield team.follow(None)


def _candidates(job: Job) -> list[tuple[int, Decay | None]]:
    with job.folder.scheduling():
        decay = decide_decay(job)
        progress = [job.folder.read_progress(k) for k in range(job.settings.n_models)]
        order = order_of_turns(job, progress)
    return [(k, decay) for k in order if decay is None or progress[k].seen < decay.last]


def _train_slice(trainer: Trainer, turn: Turn, job: Job, team: Team, stop_asked: Callable[[], bool]) -> None:
    """Train one GPT until its slice is over, log, and write its checkpoint."""
    _load(trainer, job, turn.model_k)
    path, progress = job.folder.log(turn.model_k), trainer.progress
    if turn.decay is not None and progress.seen >= turn.decay.last:
        if team.is_leader:  # killed between a checkpoint and the note of how far it is
            job.folder.write_progress(turn.model_k, vars(progress))
        return
    if team.is_leader:
        log.forget_after(path, progress.seen)
        if turn.decay is not None and progress.seen >= turn.decay.first:
            job.folder.keep_stable(turn.model_k)
    first, seconds = progress.seen, progress.seconds
    rate = _steps(trainer, turn, job, team, stop_asked)
    if team.is_leader:
        log.append(path, _record(progress, first, progress.seconds - seconds, rate))
        job.folder.save_checkpoint(turn.model_k, trainer.state_dict())


def _steps(trainer: Trainer, turn: Turn, job: Job, team: Team, stop_asked: Callable[[], bool]) -> float:
    """Train and test until the slice is over; returns the share of the full rate of the last step."""
    progress, recipe = trainer.progress, job.settings.recipe
    started, seconds_before, wall_before = time.monotonic(), progress.seconds, wall_of(progress, job)
    is_over = False
    while not is_over:
        rate = trainer.step(turn.decay)
        if _crossed(progress.seen, recipe.batch_size, recipe.test_every):
            report = team.follow(trainer.test() if team.is_leader else None)
            trainer.note_test(report)
            if team.is_leader:
                tested = {**report, "tested": report["quizzes"], "quizzes": progress.seen}
                log.append(job.folder.log(turn.model_k), {"event": "test", **tested})
        progress.seconds = seconds_before + time.monotonic() - started
        progress.wall = wall_before + (progress.seconds - seconds_before) / job.n_workers
        wants_end = stop_asked() or progress.seconds - seconds_before > job.slice_seconds
        milestone = _at_milestone(progress.seen, recipe.batch_size, turn.decay, recipe.epoch)
        is_over = team.follow(wants_end or milestone)
    return rate


def _load(trainer: Trainer, job: Job, model_k: int) -> None:
    state = job.folder.load_checkpoint(model_k)
    if state is None:
        trainer.start(job.settings.seed + model_k)
    else:
        trainer.load_state_dict(state)


def _crossed(seen: int, batch_size: int, every: int) -> bool:
    return seen // every > (seen - batch_size) // every


def _at_milestone(seen: int, batch_size: int, decay: Decay | None, epoch: int | None) -> bool:
    """Whether a slice must end here: the last batch passed the begin or the end of the decay, or of an
    epoch."""
    if epoch is not None and _crossed(seen, batch_size, epoch):
        return True
    return decay is not None and any(seen - batch_size < place <= seen for place in (decay.first, decay.last))


def _record(progress: Progress, first: int, seconds: float, rate: float) -> dict[str, Any]:
    assert progress.loss is not None
    return {
        "event": "train",
        "quizzes": progress.seen,
        "loss": round(progress.loss, 6),
        "last_grid_loss": None if progress.last_grid_loss is None else round(progress.last_grid_loss, 6),
        "rate": round(rate, 6),
        "quizzes_per_s": round((progress.seen - first) / seconds, 2),
        "seconds": round(progress.seconds, 1),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _listen_for_stop() -> Callable[[], bool]:
    """A function that says whether this process was asked to stop, or has lost its launcher."""
    asked = []
    launcher = os.getppid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.append(True))
    return lambda: bool(asked) or os.getppid() != launcher
