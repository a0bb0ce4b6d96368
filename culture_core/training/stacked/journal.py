"""The lines a training of stacked GPTs prints, and the records of its log."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from culture_core.training import log
from culture_core.training.stacked.clock import Clock
from culture_core.training.stacked.learner import Learner
from culture_core.training.stacked.output import OutputFolder


class Journal:
    """Prints, and appends to the log.

    work: operations of a step for one quiz of every GPT. matrix_rate: operations a second of a bare product.
    speed: quizzes/s of each GPT at the last note.
    """

    def __init__(self, out: OutputFolder, clock: Clock) -> None:
        self.out, self.clock = out, clock
        self.work = self.matrix_rate = 1.0
        self.speed = 0.0
        self._since, self._seen = 0.0, 0

    def say(self, text: str) -> None:
        print(f"{self.clock.now:6.1f} s  {text}", flush=True)

    def restart(self, learner: Learner) -> None:
        """Measure speed from here on: after a pause, which does not count."""
        self._since, self._seen = self.clock.now, learner.seen

    def is_due(self, seconds: float) -> bool:
        return self.clock.now - self._since > seconds

    def note(self, learner: Learner, rate: float, last: float) -> None:
        """A line and a record for each GPT, if they have trained since the last note or pause.

        last: seconds on the clock at which training ends.
        """
        if learner.seen == self._seen:
            return
        losses = learner.read_losses()
        seconds = self.clock.now - self._since
        self.speed = (learner.seen - self._seen) / max(seconds, 1e-9)
        now = self.clock.now
        flops = self.speed * self.work
        by_the_end = learner.seen + self.speed * max(0.0, last - now)
        self.say(
            f"rate {rate:4.2f} | {learner.seen:,} quizzes per GPT, {self.speed:,.0f}/s, "
            f"{by_the_end:,.0f} by the end"
            f" | loss {_words(losses, 0)} last grid {_words(losses, 1)}"
            f" | {flops / 1e12:.2f} TFLOP/s, {flops / self.matrix_rate:.0%} of a bare product's"
        )
        for k, (loss, last_grid) in enumerate(losses):
            record = {"loss": round(loss, 6), "last_grid_loss": round(last_grid, 6), "rate": round(rate, 6)}
            self._append(k, "train", learner.seen, record | {"quizzes_per_s": round(self.speed, 2)})
        self.restart(learner)

    def note_check(self, seen: int, reports: Sequence[Mapping[str, Any]]) -> None:
        for k, report in enumerate(reports):
            self._append(k, "test", seen, {**report, "tested": report["quizzes"], "quizzes": seen})

    def _append(self, model_k: int, event: str, seen: int, values: Mapping[str, Any]) -> None:
        when = {"seconds": round(self.clock.now, 1)}
        stamp = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        log.append(self.out.log, {"gpt": model_k, "event": event, "quizzes": seen, **values, **when, **stamp})


def _words(losses: Sequence[tuple[float, float]], which: int) -> str:
    return "/".join(f"{pair[which]:.4f}" for pair in losses)
