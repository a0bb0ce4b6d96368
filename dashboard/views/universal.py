"""Universal: a feature and its best match in each other GPT, on the same quizzes, a column a GPT."""

import streamlit as st

import loaders
from components import permalink
from components.charts import chart
from components.display import Display, choose_display
from components.feature_picker import choose_feature
from components.match_columns import match_columns, show_column
from components.scope import Scope, choose_scope
from culture_core.figures.charts import r_distribution
from selection import FeatureRef, most_universal

LISTED = 40


def show_columns(scope: Scope, model_k: int, feature: int, display: Display) -> None:
    shared, columns = match_columns(scope, model_k, feature)
    for place, column in zip(st.columns(len(columns), gap="small"), columns, strict=True):
        with place:
            show_column(column, shared, scope, display)


def show_distribution(scope: Scope, model_k: int, feature: int) -> None:
    st.header("How universal are all features?")
    matches = loaders.matches(scope.population, scope.hook)
    mark = float(matches.universality[model_k][feature])
    firing = {
        k: r[~loaders.index(scope.population, scope.hook, k).table.dead]
        for k, r in matches.universality.items()
    }
    chart(
        r_distribution(firing, [(mark, f"this feature, {mark:.2f}")]),
        f"Distribution of universality over the features of each GPT; this feature has {mark:.2f}",
        key="distribution",
    )
    st.caption(
        "Over the features that fire at all. No baseline is subtracted: features that follow position alone "
        "also correlate between GPTs."
    )


def show_list(scope: Scope) -> None:
    st.header("The most universal features")
    tables = {k: loaders.index(scope.population, scope.hook, k).table for k in scope.population.models}
    refs = most_universal(loaders.matches(scope.population, scope.hook), tables, LISTED)
    rows = [
        {
            "GPT": ref.model_k,
            "feature": ref.feature,
            "universality": ref.universality,
            "density": tables[ref.model_k].density[ref.feature],
            "most in": tables[ref.model_k].peak_task[ref.feature],
        }
        for ref in refs
    ]
    st.dataframe(
        rows,
        hide_index=True,
        height=300,
        column_config={
            "universality": st.column_config.ProgressColumn(format="%.2f", min_value=0, max_value=1),
            "density": st.column_config.NumberColumn(format="percent"),
        },
        on_select=lambda: open_selected(refs),
        selection_mode="single-row",
        key="list",
        alt="The most universal features with their density and the task they fire most in",
    )
    st.caption(
        "One of each group of mutual best matches, firing on at most 5% of tokens and not bound to one place "
        "of the quiz. Select a row to see it above."
    )


def open_selected(refs: list[FeatureRef]) -> None:
    """Go to the feature of the row that was selected."""
    selected = st.session_state["list"].selection.rows
    if selected:
        permalink.write(gpt=refs[selected[0]].model_k, feature=refs[selected[0]].feature)


st.title("Universal features")
with st.container(horizontal=True, vertical_alignment="bottom"):
    scope = choose_scope()
    model_k, feature, index = choose_feature(scope)
    display = choose_display()
if index.table.dead[feature]:
    st.info(
        f"Feature {feature} of GPT {model_k} never fires, so nothing matches it.",
        icon=":material/do_not_disturb_on:",
    )
else:
    st.caption(
        f"The quizzes on which feature {feature} of GPT {model_k} fires most and, on the same quizzes, the "
        "best-correlated feature of each other GPT (Pearson r over all tokens of the index). The area of a "
        "black square is the activation after reading that cell, each GPT on its own scale."
    )
    show_columns(scope, model_k, feature, display)
distribution, listing = st.columns(2, gap="large")
with distribution:
    show_distribution(scope, model_k, feature)
with listing:
    show_list(scope)
