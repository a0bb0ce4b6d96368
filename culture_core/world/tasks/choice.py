"""The tasks that a user names."""

from collections.abc import Sequence

from culture_core.errors import CultureError
from culture_core.world.tasks import TASK_FUNCTIONS
from culture_core.world.vocabulary import TASKS, UNSEEN_TASKS, WORLD_TASKS

_TASK_GROUPS = {"world": WORLD_TASKS, "unseen": UNSEEN_TASKS, "all": TASKS}


def resolve_tasks(names: str) -> tuple[str, ...]:
    """Tasks from what a user types: "world", "unseen", "all" or names with commas.

    Errors: CultureError with the valid names when one is wrong.
    """
    if names in _TASK_GROUPS:
        return _TASK_GROUPS[names]
    tasks = tuple(name.strip() for name in names.split(","))
    check_tasks(tasks)
    return tasks


def check_tasks(tasks: Sequence[str]) -> None:
    """Errors: CultureError for an unknown task, none at all, or one named twice."""
    for task in tasks:
        if task not in TASK_FUNCTIONS:
            raise CultureError(
                f"unknown task {task!r}: use world, unseen, all, or names out of {', '.join(TASKS)}"
            )
    if not tasks or len(set(tasks)) < len(tasks):
        raise CultureError("name at least one task, and none of them twice")
