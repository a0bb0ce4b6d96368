"""The section of the results page on circuits: whether the five come to the same answer in the same way."""

from typing import Any

from culture_core.circuits.profile_stage import open_sharing
from culture_core.circuits.sharing import MATCHED, OTHER_TASK, SAME, SAME_TASK
from culture_core.population import Population
from culture_core.results.markdown import percent, table

TITLE = "Circuits of the five"


def has_profiles(population: Population) -> bool:
    """Whether the circuits of the GPTs can be compared."""
    models = population.models
    return len(models) > 1 and all(population.has("trace_profile", k) for k in models)


def sharing_section(population: Population) -> str:
    """How alike circuits are on the same answers, beside other quizzes, and by task."""
    sharing = open_sharing(population.folder)
    decided = sharing.decided.values()
    overall = [{"what": row["compared"], **_figures(row)} for row in sharing.means().to_dict("records")]
    by_task = [
        {"task": row["task"], "what": row["compared"], **_figures(row)}
        for row in sharing.by_task().sort_values(["task", "compared"]).to_dict("records")
    ]
    return (
        f"The same answer traced in every GPT, for {sharing.n} quizzes without noise: at the first cell that "
        "the rule changes, the right colour over the one that the cell had before. It is above 0 in "
        f"{percent(min(decided))} to {percent(max(decided))} of the quizzes. *Overlap*: the sum of the "
        "minima of two distributions of influence, from 0 to 1, mean over pairs of GPTs. Cells: whether two "
        "GPTs read the same cells of the quiz. Features: whether they use features that match one to one "
        "(each the other's best); influence through features without a match counts as not shared, so "
        "*could overlap* is the most there can be. Excess: over another quiz of the same task, 95% interval "
        "over GPTs.\n\n"
        f"{table(overall)}\n\nBy task:\n\n{table(by_task)}"
    )


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "same quiz": row[SAME],
        SAME_TASK: row[SAME_TASK],
        OTHER_TASK: row[OTHER_TASK],
        "could overlap": row[MATCHED],
        "excess": f"{row['excess']:.3f} ({row['low']:.3f} to {row['high']:.3f})",
    }
