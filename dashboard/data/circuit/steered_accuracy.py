"""What interventions do to the accuracy of the GPTs, measured while the reader waits."""

from collections.abc import Callable, Mapping

import pandas as pd

from culture_core.evaluation.steering import AccuracyChange, Bench, accuracy_change, prepare_bench
from culture_core.features.interventions import Intervention
from culture_core.models.positions import only_at
from dashboard.data.cached import shared
from dashboard.data.population import gpts
from dashboard.data.population.populations import Population
from dashboard.data.quiz.lab_quizzes import measured_quizzes
from dashboard.data.workers import side_by_side

MEASURED = 100
MEASURED_SEED = 21


def measure(
    chosen: Population,
    hook: str,
    interventions: Mapping[int, Intervention],
    task: str,
    positions: range | None,
    tell: Callable[[float], object],
) -> dict[int, AccuracyChange]:
    """The change of accuracy under interventions, by GPT, over MEASURED quizzes of a task.

    positions: where they are at work, see `only_at`. tell: called with the share that is done.
    """
    for k in interventions:  # loaded here: loading tells the reader, and a worker cannot
        gpts.model(chosen, k)
    saes = {k: gpts.sae(chosen, hook, k) for k in interventions}
    n = MEASURED

    def one(k: int) -> AccuracyChange:
        bench = _bench(chosen, hook, k, task, n)
        return accuracy_change(bench.intact, bench.under(only_at(positions, interventions[k].on(saes[k]))))

    return dict(zip(interventions, side_by_side(one, list(interventions), tell), strict=True))


@shared(lambda chosen, hook, model_k, task, n: gpts.versions(chosen), at_most=5)  # noqa: ARG005
def _bench(chosen: Population, hook: str, model_k: int, task: str, n: int) -> Bench:
    return prepare_bench(gpts.model(chosen, model_k), hook, measured_quizzes(task, n, MEASURED_SEED))


def accuracy_table(changes: Mapping[int, AccuracyChange]) -> pd.DataFrame:
    """Accuracy before and after, one row per GPT, in words."""
    return pd.DataFrame([_accuracy_row(k, change) for k, change in changes.items()])


def _accuracy_row(model_k: int, change: AccuracyChange) -> dict[str, object]:
    low, high = change.change_interval
    return {
        "GPT": model_k,
        "right before": f"{change.before:.0%}",
        "right after": f"{change.after:.0%}",
        "change in points": f"{100 * change.change:+.0f}",
        "95% interval": f"{100 * low:+.0f} to {100 * high:+.0f}",
        "became right": change.gained,
        "became wrong": change.lost,
        "loss, nats per cell": f"{change.loss_change:+.3g}",
    }
