"""Feature: what one feature of one GPT fires on, how often and how strongly, and who else has it."""

import streamlit as st

import loaders
from components import permalink
from components.charts import chart
from components.display import Display, choose_display
from components.downloads import grid_downloads
from components.feature_note import feature_note, star_button
from components.feature_picker import choose_feature
from components.feature_rows import activation_scale, cell_words, top_rows
from components.grid_board import CellClick, grid_board
from components.scope import Scope, choose_scope
from culture_core.features.reader import FeatureIndex
from culture_core.figures.charts import activation_histogram, rate_bars
from culture_core.figures.rows import GridRow
from culture_core.world.vocabulary import BLOCK_LENGTH, QUIZ_LENGTH

SHOWN = 10


def show_numbers(scope: Scope, index: FeatureIndex, model_k: int, feature: int) -> None:
    record = index.table.iloc[feature]
    numbers = [
        ("Density", f"{record.density:.3%}", "share of tokens it fires on"),
        ("Tokens", f"{int(record.fires):,}", f"tokens it fires on, of {index.n_tokens:,}"),
        ("Maximum", f"{record['max']:.3g}", "largest activation in the index"),
        ("Mean", f"{record['mean']:.3g}", "mean activation where it fires"),
        (
            "Most in",
            record.peak_task,
            f"{record.peak_task_share:.0%} of its firing, were all tasks as frequent",
        ),
    ]
    if loaders.has_matches(scope.population, scope.hook):
        universality = loaders.matches(scope.population, scope.hook).universality[model_k][feature]
        numbers.append(("Universality", f"{universality:.2f}", "mean over the other GPTs of the best r"))
    for column, (name, value, meaning) in zip(st.columns(len(numbers)), numbers, strict=True):
        column.metric(name, value, help=meaning)


def show_top(scope: Scope, index: FeatureIndex, feature: int, model_k: int, display: Display) -> None:
    """The strongest quizzes; a click on a cell is told above them and kept in the URL."""
    n_kept = index.top_quiz.shape[1]
    all_shown = permalink.read("all") is not None
    rows = top_rows(index, loaders.index_quizzes(index), feature, n_kept if all_shown else SHOWN)
    scale = activation_scale(index, feature)
    selected = read_cell(rows)
    words = st.empty()
    clicked = grid_board(
        rows,
        key="top",
        scale=scale,
        digits=display.digits,
        colour_key=display.colour_key,
        row_width=520,
        max_cell=14,
        addresses=scope.cell_addresses(loaders.INDEX_SET, index.top(feature).quiz[: len(rows)]),
        selected=selected,
    )
    if clicked is not None:
        selected = clicked
        permalink.write(cell=f"{selected.row}-{selected.position}")
    if selected is not None:
        words.info(cell_words(rows[selected.row], selected.position, scale), icon=":material/my_location:")
    else:
        words.caption(
            "Its strongest quizzes. The area of a black square is the activation after reading that cell; "
            "cells where it is silent are pale. Click a cell for its value."
        )
    with st.container(horizontal=True):
        label = f"Show {SHOWN}" if all_shown else f"Show all {n_kept}"
        st.button(
            label,
            key="more",
            on_click=permalink.write,
            kwargs={"all": None if all_shown else 1, "cell": None},
        )
        grid_downloads(rows, scale, name=f"gpt{model_k}_feature{feature}", digits=display.digits)


def read_cell(rows: list[GridRow]) -> CellClick | None:
    """The cell of the URL, "row-position"; None when there is none, or when it fits none of the rows."""
    row, _, position = (permalink.read("cell") or "").partition("-")
    if not (row.isdecimal() and position.isdecimal() and len(row + position) < 8):
        return None
    if int(row) >= len(rows) or int(position) >= QUIZ_LENGTH:
        return None
    return CellClick(int(row), int(position) // BLOCK_LENGTH, int(position))


def show_profile(index: FeatureIndex, feature: int) -> None:
    st.subheader("How strongly it fires")
    edges, counts = index.histogram(feature)
    chart(
        activation_histogram(edges, counts),
        f"Histogram of {int(counts.sum()):,} activations, the largest {index.max_activation(feature):.3g}",
        key="histogram",
    )
    st.subheader("Where it fires")
    rates = index.density_by_task(feature)
    alt = "Share of tokens it fires on: " + ", ".join(f"{task} {rate:.2%}" for task, rate in rates.items())
    chart(rate_bars(rates), alt, key="tasks")


def show_matches(scope: Scope, model_k: int, feature: int) -> None:
    st.subheader("Its matches in the other GPTs")
    if not loaders.has_matches(scope.population, scope.hook):
        st.caption("Not matched yet. Run:")
        st.code(
            f"culture match --population {scope.population.folder.root} --hook {scope.hook}", language="bash"
        )
        return
    for match in loaders.matches(scope.population, scope.hook).best(model_k, feature):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"GPT {match.model_k} · feature {match.feature}",
                key=f"match.{match.model_k}",
                type="tertiary",
                on_click=permalink.write,
                kwargs={"gpt": match.model_k, "feature": match.feature, "cell": None},
            )
            st.badge(f"r {match.r:.2f}", color="green" if match.r >= 0.5 else "gray")
            if match.mutual:
                st.badge("mutual", color="blue", help="each is the other's best match")
    st.page_link(
        "views/universal.py",
        label="See them side by side",
        icon=":material/compare:",
        query_params=scope.link(gpt=model_k, feature=feature),
    )


st.title("Feature")
with st.container(horizontal=True, vertical_alignment="bottom"):
    scope = choose_scope()
    model_k, feature, index = choose_feature(scope)
    star_button(scope, model_k, feature)
    display = choose_display()
if index.table.dead[feature]:
    st.info(
        f"Feature {feature} of GPT {model_k} is dead: it fires on none of the {index.n_tokens:,} tokens of "
        "the index. Next and Previous step to features that fire.",
        icon=":material/do_not_disturb_on:",
    )
else:
    show_numbers(scope, index, model_k, feature)
    grids, profile = st.columns([7, 4], gap="large")
    with grids:
        show_top(scope, index, feature, model_k, display)
    with profile:
        show_profile(index, feature)
        show_matches(scope, model_k, feature)
        feature_note(scope, model_k, feature)
