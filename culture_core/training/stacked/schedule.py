"""The rate of a training planned by wall clock: warm-up, stable, linear decay to nothing at its end."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ClockSchedule:
    """first, last: seconds on the clock at which training begins and ends; the rate falls over the last
    `decay_share` of the time between. warmup: quizzes of each GPT over which it rises."""

    first: float
    last: float
    decay_share: float
    warmup: int

    def rate(self, now: float, seen: int) -> float:
        """The share (0 to 1) of the full rates at a time, for a step after which `seen` quizzes are seen."""
        rising = min(1.0, seen / self.warmup) if self.warmup else 1.0
        decay = (self.last - self.first) * self.decay_share
        falling = 1.0 if decay <= 0 else min(1.0, max(0.0, self.last - now) / decay)
        return rising * falling


def average_blend(step: int, share: float) -> float:
    """How much the weights after `step` steps (1, 2, ...) count in an average over about the last `share` of
    them."""
    return min(1.0, 1 / max(1.0, share * step))
