"""Settings of the culture phase. Source of the defaults: docs/reference/culture.md, "Settings"."""

from dataclasses import dataclass, field

from culture_core.errors import CultureError

READY_ACCURACY = 0.95


@dataclass(frozen=True)
class InventingSettings:
    """How hot a GPT samples.

    hot: temperature of the first grid of a draft (f_B). cold: of everything else.
    """

    hot: float = 1.5
    cold: float = 1.0


@dataclass(frozen=True)
class VerdictSettings:
    """When a GPT understands, and when a candidate is kept; the defaults are the published ones.

    understands, fails: bounds of the probability, each included. min_failures, max_failures: how many GPTs
    may fail a quiz that is kept; all others must understand it. noise: share of noisy cells; n_draws: noise
    draws.
    """

    understands: float = 0.95
    fails: float = 0.5
    min_failures: int = 1
    max_failures: int = 2
    noise: float = 0.05
    n_draws: int = 3

    def __post_init__(self) -> None:
        if not 0 <= self.fails < self.understands <= 1:
            raise CultureError(
                f"a GPT must fail at less than it understands: {self.fails} and {self.understands} are not "
                "0 <= fails < understands <= 1"
            )
        if not 0 <= self.min_failures <= self.max_failures:
            raise CultureError(f"no number of failures is {self.min_failures} to {self.max_failures}")
        if not 0 <= self.noise <= 1 or self.n_draws < 1:
            raise CultureError(f"noise must be 0 to 1 and drawn at least once: {self.noise}, {self.n_draws}")


@dataclass(frozen=True)
class RoundSettings:
    """What a run does; two runs with the same settings and GPTs are one.

    seed: of everything drawn. round_size: candidates a round, all by one author. max_age: how many more
    candidates may grow from a rejected one's f_B, one after the other; 0 for none. sample: share of the
    candidates that are stored, and put to every GPT, even when rejected. test: share of the kept quizzes that
    are held out.
    """

    seed: int = 0
    round_size: int = 64
    max_age: int = 1
    sample: float = 0.1
    test: float = 0.1
    inventing: InventingSettings = field(default_factory=InventingSettings)
    verdicts: VerdictSettings = field(default_factory=VerdictSettings)

    def __post_init__(self) -> None:
        if (
            self.round_size < 1
            or not 0 <= self.max_age < 256
            or not (0 <= self.sample <= 1 and 0 <= self.test <= 1)
        ):
            raise CultureError(f"these settings of a run are out of range: {self}")
