"""The progress line of a run."""

from typing import Any

from culture_core.training import log
from culture_core.training.worker import Job, elapsed


def progress_line(job: Job) -> str:
    """Quizzes, speed, loss, accuracy by task and time left, over all GPTs of a run."""
    folder = job.folder
    logs = [log.read(folder.log(k)) for k in range(job.settings.n_models)]
    trained = [records[-1] for records in map(_trained, logs) if records]
    tested = [records[-1] for records in map(_tested, logs) if records]
    seen = [folder.read_progress(k).seen for k in range(job.settings.n_models)]
    parts = [f"{_duration(elapsed(job))} done, {_left(job, seen, trained)} left"]
    parts.append(f"{sum(seen) / len(seen):,.0f} quizzes per GPT")
    if trained:
        speed = _mean(record["quizzes_per_s"] for record in trained) * _at_work(job, seen)
        losses = [record["last_grid_loss"] for record in trained if record["last_grid_loss"] is not None]
        parts.append(f"{speed:.0f} quizzes/s, loss {_mean(record['loss'] for record in trained):.4f}")
        parts.append(f"last grid {_mean(losses):.5f}")
    if tested:
        accuracy = _mean(record["expected_accuracy"] for record in tested)
        parts.append(f"accuracy {accuracy:.1%}: {_by_task(tested)}")
    return " | ".join(parts)


def _trained(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in records if record["event"] == "train"]


def _tested(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in records if record["event"] == "test"]


def _by_task(tested: list[dict[str, Any]]) -> str:
    """Mean expected accuracy of each task over the GPTs, in percent."""
    tasks = tested[0]["by_task"]
    means = {task: _mean(record["by_task"][task]["expected_accuracy"] for record in tested) for task in tasks}
    return " ".join(f"{task} {100 * mean:.0f}" for task, mean in means.items())


def _left(job: Job, seen: list[int], trained: list[dict[str, Any]]) -> str:
    """Time until the budget is spent: of its seconds, or of its quizzes at the speed of the last minute."""
    decay = job.folder.read_decay()
    if decay is None and job.budget.seconds is not None:
        return _duration(max(0.0, job.budget.seconds - elapsed(job)))
    if decay is None or not trained:
        return "?"
    speed = _mean(record["quizzes_per_s"] for record in trained) * _at_work(job, seen)
    return _duration(sum(max(0, decay.last - one) for one in seen) / speed)


def _at_work(job: Job, seen: list[int]) -> int:
    """Workers that have a GPT to train; once all are done, as many as there were."""
    decay = job.folder.read_decay()
    left = len(seen) if decay is None else sum(one < decay.last for one in seen)
    return min(job.n_workers, left or len(seen))


def _duration(seconds: float) -> str:
    minutes = int(seconds) // 60
    return f"{minutes // 60}:{minutes % 60:02d}"


def _mean(values: Any) -> float:
    collected = list(values)
    return sum(collected) / len(collected) if collected else float("nan")
