"""The work of tracing answers, in a part that can be run at a small size."""

from collections.abc import Iterator
from typing import Any

from culture_core.build.measure_parts import Trial
from culture_core.build.part import Part, few_steps
from culture_core.circuits.check import CheckSettings
from culture_core.circuits.profile import ProfileSettings, profile, profile_quizzes
from culture_core.circuits.stage import open_plain_sae
from culture_core.models.api import load_culture
from culture_core.saes.hooks import block_of_residual
from culture_core.saes.training_stage import train_population_saes
from culture_core.world.vocabulary import WORLD_TASKS

# tracing one answer and ablating its nodes takes about as long as tracing this many answers
CHECK_QUIZZES = 3


def trace_parts(trial: Trial) -> Iterator[Part]:
    """Tracing answers through SAEs after several blocks; nothing where the plan has fewer."""
    hooks = [hook for hook in trial.plan.hooks if block_of_residual(hook) is not None]
    if len(hooks) < 2:
        return
    k = trial.models[0]

    def stand_in(_: int) -> None:
        few = [few_steps(trial.plan.sae_settings(hook)) for hook in hooks]
        train_population_saes(trial.scratch, few, models=[k], if_stale=True, **trial.alone)

    def trace(n: int) -> Any:
        (model,) = load_culture([k], source=trial.scratch.root)
        saes = {hook: open_plain_sae(trial.scratch, hook, k) for hook in hooks}
        return profile(model, saes, profile_quizzes(ProfileSettings())[:n])

    traced = ProfileSettings().per_task * len(WORLD_TASKS) + CHECK_QUIZZES * CheckSettings().quizzes
    yield Part("trace", trace, (1, 3), len(trial.models), traced, prepare=stand_in, cold=True)
