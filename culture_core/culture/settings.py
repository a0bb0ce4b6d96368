"""Settings of the culture phase. Source of the defaults: docs/reference/culture.md, "Settings"."""

from dataclasses import dataclass, field

from culture_core.errors import CultureError
from culture_core.settings import setting

READY_ACCURACY = 0.95


@dataclass(frozen=True)
class InventingSettings:
    """How hot a GPT samples."""

    hot: float = setting(1.5, "temperature of the first grid of a candidate (f_B)", least=0)
    cold: float = setting(1.0, "temperature of the other grids", least=0)


@dataclass(frozen=True)
class VerdictSettings:
    """When a GPT understands, and when a candidate is kept; the defaults are the published ones."""

    understands: float = setting(
        0.95, "a GPT understands a quiz that it answers with this probability or more", least=0, most=1
    )
    fails: float = setting(
        0.5, "a GPT fails a quiz that it answers with this probability or less", least=0, most=1
    )
    min_failures: int = setting(1, "GPTs that must fail a quiz that is kept", metavar="N")
    max_failures: int = setting(2, "GPTs that may fail it; all others must understand it", metavar="N")
    noise: float = setting(0.05, "share of noisy cells in what the GPTs are shown", least=0, most=1)
    n_draws: int = setting(3, "noise draws per verdict", least=1, metavar="N")

    def __post_init__(self) -> None:
        if not 0 <= self.fails < self.understands <= 1:
            raise CultureError(
                f"--fails {self.fails} must be below --understands {self.understands}, both between 0 and 1"
            )
        if not 0 <= self.min_failures <= self.max_failures:
            raise CultureError(
                f"--min-failures {self.min_failures} must not exceed --max-failures {self.max_failures}, "
                "nor be negative"
            )
        if not 0 <= self.noise <= 1 or self.n_draws < 1:
            raise CultureError(
                "noise must be between 0 and 1 and drawn at least once, not "
                f"{self.noise}, {self.n_draws} times"
            )

    def check(self, n_models: int) -> None:
        """Errors: CultureError when no quiz of so many GPTs could be kept."""
        if self.min_failures > n_models:
            raise CultureError(f"--min-failures {self.min_failures}: only {n_models} GPTs can fail a quiz")


@dataclass(frozen=True)
class RoundSettings:
    """What a run does; two runs with the same settings and GPTs are one."""

    seed: int = setting(0, "seed of everything drawn")
    round_size: int = setting(64, "candidates per round, all by one author", least=1, metavar="N")
    max_age: int = setting(
        1, "how many more candidates may grow from the f_B of a rejected one, in turn", metavar="N"
    )
    sample: float = setting(
        0.1, "share of the candidates stored, and put to every GPT, even when rejected", least=0, most=1
    )
    test: float = setting(0.1, "share of the kept quizzes held out for testing", least=0, most=1)
    inventing: InventingSettings = field(default_factory=InventingSettings)
    verdicts: VerdictSettings = field(default_factory=VerdictSettings)

    def __post_init__(self) -> None:
        if (
            self.round_size < 1
            or not 0 <= self.max_age < 256
            or not (0 <= self.sample <= 1 and 0 <= self.test <= 1)
        ):
            raise CultureError(f"these settings of a run are out of range: {self}")
