"""The catalogue of heads: all heads of all GPTs in a table, one of them in charts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from culture_core.circuits.heads.catalogue import Heads
from culture_core.circuits.heads.matching import HeadMatches
from culture_core.circuits.heads.words import matches_sentence
from culture_core.evaluation.circuits import Circuits
from culture_core.figures.circuits import offset_profile
from culture_core.figures.heads import task_chart
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.page import permalink
from dashboard.components.page.charts import chart
from dashboard.components.page.selection import row_selected_by_reader, selected_row
from dashboard.components.page.sentence import capitalised
from dashboard.data.circuit import head_catalogue as tables

TABLE = "heads"
MEANINGS = {
    tables.LOSS: "rise of the loss on the last grid, in nats per cell, when the head's output is replaced by "
    "its mean over quizzes; mean over the tasks that GPTs are trained on",
    tables.WORST: "the task whose loss rises most",
    tables.LOOKS: "where most of its attention goes when it predicts the last grid",
    tables.SHARE: "share of its attention there",
    tables.COPIES: "how far it directly raises the logit of the colour that it attends to above the mean of "
    "the others; every colour counts alike",
    tables.DIRECT: "logits that it adds directly to the right colour's lead, at the first cell that the rule "
    "changes",
    tables.SAME: "GPT: the head that is paired with this one",
    tables.LIKENESS: "mean similarity to those heads, from -1 to 1",
}
FORMATS = {
    tables.LOSS: "%+.3f",
    tables.SHARE: "%.2f",
    tables.COPIES: "%+.1f",
    tables.DIRECT: "%+.2f",
    tables.LIKENESS: "%.2f",
}


def show_catalogue(
    catalogue: Mapping[int, Heads], matches: HeadMatches, model_k: int, name: str
) -> pd.DataFrame:
    """Draw the table of all heads, and say how alike the GPTs are; return the table.

    model_k, name: the head whose row is selected; none is where there is no head of that name.
    """
    table = tables.catalogue_table(catalogue, matches)
    columns = {name: st.column_config.Column(help=words) for name, words in MEANINGS.items()}
    columns |= {
        name: st.column_config.NumberColumn(format=form, help=MEANINGS[name])
        for name, form in FORMATS.items()
    }
    st.dataframe(
        table,
        hide_index=True,
        height=390,
        column_config={
            "GPT": st.column_config.NumberColumn(width=48),
            "head": st.column_config.Column(width=52),
            **columns,
            tables.LOOKS: st.column_config.Column(help=MEANINGS[tables.LOOKS], width=185),
        },
        on_select=lambda: _open_selected(table),
        alt="Heads of all GPTs: what their ablation costs, where they look, what they copy, who shares them",
        **selected_row(TABLE, _row_of(table, model_k, name)),
    )
    st.caption(
        "One row per head; those whose ablation costs most come first. Sort by any column, and select a row "
        f"to see that head. {matches_sentence(matches)}"
    )
    with st.container(horizontal=True):
        table_downloads(lambda: table, name="heads")
    return table


def show_head(
    catalogue: Mapping[int, Heads],
    matches: HeadMatches,
    circuits: Mapping[int, Circuits],
    model_k: int,
    name: str,
) -> None:
    """Draw one head: in words, by offset, by task, and beside the heads paired with it."""
    heads = catalogue[model_k]
    block, head = map(int, name.split("."))
    st.subheader(f"GPT {model_k}, head {name}")
    words = tables.sentence_of(catalogue, model_k, name)
    st.markdown(f"{capitalised(words)}.")
    left, right = st.columns([6, 5], gap="large")
    with left:
        if model_k in circuits:
            show_offsets(circuits[model_k], model_k, name)
    with right:
        values = (value[:, block, head] for value in (heads.loss, heads.accuracy, heads.direct))
        chart(
            task_chart(heads.tasks, heads.known, *values),
            f"Rise of the loss by task without head {name} of GPT {model_k}",
            key="tasks",
        )
        st.caption("Gray: tasks that no GPT is trained on. Point at a bar for accuracy and logits.")
    if len(matches.models) > 1:
        st.markdown("**The same head in the other GPTs**")
        st.dataframe(
            tables.partner_table(catalogue, matches, model_k, name),
            hide_index=True,
            column_config={
                "GPT": st.column_config.NumberColumn(width=48),
                "head": st.column_config.Column(width=52),
                tables.LIKENESS: st.column_config.NumberColumn(format="%.2f", width=80),
                tables.WORDS: st.column_config.Column(width=900),
            },
            alt=f"The heads of other GPTs paired with head {name} of GPT {model_k}",
        )


def show_offsets(one: Circuits, model_k: int, name: str) -> None:
    """Draw where a head looks, by offset."""
    block, head = map(int, name.split("."))
    offsets = one.heads.offsets[block, head]
    strongest = -1 - int(offsets.argmax())
    chart(
        offset_profile(offsets),
        f"Attention of head {name} of GPT {model_k} by offset; strongest at {strongest}",
        key="profile",
    )
    st.caption(
        f"Most at offset {strongest} ({offsets.max():.0%}). Mean over quizzes and over the cells of the last "
        "grid. Offsets count from the predicted token: -1 is the token just read, -10 the cell above, -101 "
        "the same cell one grid back."
    )


def _row_of(table: pd.DataFrame, model_k: int, name: str) -> int | None:
    rows = np.flatnonzero((model_k == table.GPT) & (table["head"] == name))
    return int(rows[0]) if len(rows) else None


def _open_selected(table: pd.DataFrame) -> None:
    row = row_selected_by_reader(TABLE, len(table))
    if row is not None:
        chosen = table.iloc[row]
        permalink.write(gpt=int(chosen.GPT), head=chosen["head"], token=None)
