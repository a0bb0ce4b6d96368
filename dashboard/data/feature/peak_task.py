"""The task a feature fires most in, where one stands out."""

import numpy as np
import pandas as pd

# a task stands out when it has at least this many times the share that it would have by chance
STANDS_OUT = 1.5
NONE_STANDS_OUT = "no task stands out"


def stands_out(share: float | pd.Series, n_tasks: int) -> bool | pd.Series:
    """Whether a task with this share of a feature's firing stands out from n tasks."""
    return share >= STANDS_OUT / n_tasks


def outstanding_tasks(table: pd.DataFrame, n_tasks: int) -> np.ndarray:
    """(f,) the task each feature of an index's table fires most in; "" where none stands out."""
    out = stands_out(table.peak_task_share, n_tasks)
    return np.where(out & ~table.dead, table.peak_task, "")


def task_words(task: str, share: float, n_tasks: int) -> str:
    """The task a feature fires most in with its share, or that none stands out."""
    return f"most in {task}, {share:.0%}" if stands_out(share, n_tasks) else NONE_STANDS_OUT
