"""What the heads of a GPT tell each other: path patching as a heat map."""

import streamlit as st

from culture_core.circuits.heads.catalogue import Heads
from culture_core.figures.heads import path_heatmap
from culture_core.world.vocabulary import WORLD_TASKS
from dashboard.components.page import permalink
from dashboard.components.page.charts import chart

ALL_TASKS, READOUT = "all", "the readout"


def show_paths(heads: Heads, model_k: int) -> None:
    """Draw the choice of a task, and the effect of every path from head to head."""
    tasks = [task for task in heads.tasks if task in WORLD_TASKS]
    task = permalink.read_choice("paths", [ALL_TASKS, *tasks], ALL_TASKS)
    st.selectbox(
        "Task",
        [ALL_TASKS, *tasks],
        format_func=lambda name: "all tasks it is trained on" if name == ALL_TASKS else name,
        width=240,
        **permalink.bound("paths", task),
    )
    effects = heads.paths.mean(0) if task == ALL_TASKS else heads.paths[tasks.index(task)]
    chart(
        path_heatmap(effects, heads.names, READOUT),
        f"Drop of the margin in GPT {model_k} when one path from head to head is cut",
        key="paths_map",
    )
    st.caption(
        f"GPT {model_k}. One path is cut at a time: the head of the column (or the readout) reads the head "
        "of the row as its mean over quizzes, the rest reads what it wrote. Blue: the right colour loses "
        "that much of its lead over the strongest other, at the first cell that the rule changes; orange: it "
        "gains. Only the direct path counts, not what passes through MLPs or other heads in between."
    )
