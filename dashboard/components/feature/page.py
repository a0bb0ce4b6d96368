"""What is known of one feature: what it detects, its figures, its quizzes and its profiles."""

import streamlit as st

from culture_core.features.index.reader import FeatureIndex
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.feature.examples import feature_examples
from dashboard.components.feature.note import feature_note
from dashboard.components.feature.profile import concepts_panel, matches_panel, profile_panels
from dashboard.components.feature_panels.panels import feature_panels
from dashboard.components.lab.link import lab_link
from dashboard.components.page.display import Display
from dashboard.components.page.scope import Scope
from dashboard.data import indexes, quiz_sets, universality
from dashboard.data.feature_profile import feature_tables


def show_sentence(scope: Scope, model_k: int, feature: int) -> None:
    """What the feature detects, made from its grades."""
    if indexes.has_grades(scope.population, scope.hook, model_k):
        st.markdown(f"#### {indexes.grades(scope.population, scope.hook, model_k).sentence(feature)}")


def show_numbers(scope: Scope, index: FeatureIndex, model_k: int, feature: int) -> None:
    record = index.table.iloc[feature]
    numbers = [
        ("Density", f"{record.density:.3%}", f"share of tokens it fires on: {int(record.fires):,}"),
        ("Maximum", f"{record['max']:.3g}", "largest activation in the index"),
        ("Mean", f"{record['mean']:.3g}", "mean activation where it fires"),
        (
            "Most in",
            record.peak_task,
            f"{record.peak_task_share:.0%} of its firing, were all tasks as frequent",
        ),
    ]
    if universality.has_matches(scope.population, scope.hook):
        table = universality.match_table(scope.population, scope.hook, model_k)
        numbers.append(
            ("Universality", f"{table.universality[feature]:.2f}", "mean over the other GPTs of the best r")
        )
        if table.excess.notna()[feature]:
            numbers.append(
                ("Excess", f"{table.excess[feature]:+.2f}", "universality above the highest baseline")
            )
    for column, (name, value, meaning) in zip(st.columns(len(numbers)), numbers, strict=True):
        column.metric(name, value, help=meaning)


def show_feature(scope: Scope, index: FeatureIndex, model_k: int, feature: int, display: Display) -> None:
    show_sentence(scope, model_k, feature)
    show_numbers(scope, index, model_k, feature)
    grids, profile = st.columns([7, 4], gap="large")
    with grids:
        feature_examples(scope, index, feature, display)
    with profile:
        feature_note(scope, model_k, feature)
        panels = [concepts_panel(scope, model_k, feature), matches_panel(scope, model_k, feature)]
        feature_panels([*panels, *profile_panels(scope, index, feature)], key="profile")
        with st.container(horizontal=True):
            st.page_link(
                "views/universal.py",
                label="All five side by side",
                icon=":material/compare:",
                query_params=scope.link(gpt=model_k, feature=feature),
            )
            strongest = {"set": quiz_sets.INDEX_SET, "number": int(index.top_quiz[feature, 0])}
            lab_link(scope, strongest, "Steer it in the Lab", part="steer", features=f"{model_k}.{feature}")
            table_downloads(lambda: feature_tables(index, feature), name=f"gpt{model_k}_feature{feature}")
