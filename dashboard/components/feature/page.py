"""What is known of one feature: what it detects, its figures, its quizzes and its profiles."""

import streamlit as st

from culture_core.features.index.reader import FeatureIndex
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.feature.examples import feature_examples
from dashboard.components.feature.layers import layer_panels
from dashboard.components.feature.note import feature_note
from dashboard.components.feature.profile import concepts_panel, matches_panel, profile_panels
from dashboard.components.feature_panels.panels import feature_panels
from dashboard.components.lab.link import lab_link
from dashboard.components.page.display import Display
from dashboard.components.page.glossary import explained
from dashboard.components.page.scope import Scope
from dashboard.components.page.within import onward
from dashboard.data.feature.feature_profile import feature_tables
from dashboard.data.feature.peak_task import NONE_STANDS_OUT, stands_out
from dashboard.data.population import indexes
from dashboard.data.quiz import quiz_sets
from dashboard.data.universal import universality
from dashboard.data.words.number_words import share_words

# of the profile's panels: how many stand beside the quizzes, the histogram first, where pointing at a cell
# marks a bin
BESIDE = 4


def feature_links(scope: Scope, index: FeatureIndex, model_k: int, feature: int) -> None:
    """Where else the feature can be seen, and its profiles to take away."""
    matched = universality.has_matches(scope.population, scope.hook)
    for view, label, icon in (
        ("views/universal.py", "Side by side", ":material/compare:"),
        ("views/compare.py", "Compare", ":material/difference:"),
    ):
        if matched or label == "Compare":
            link = scope.link(gpt=model_k, feature=feature, **onward())
            st.page_link(view, label=label, icon=icon, query_params=link)
    strongest = {"set": quiz_sets.INDEX_SET, "number": int(index.top_quiz[feature, 0])}
    lab_link(scope, strongest, "Steer", part="steer", features=f"{model_k}.{feature}")


def show_sentence(scope: Scope, model_k: int, feature: int) -> None:
    """What the feature detects, made from its grades."""
    if indexes.has_grades(scope.population, scope.hook, model_k):
        st.markdown(f"#### {indexes.grades(scope.population, scope.hook, model_k).sentence(feature)}")


def show_numbers(scope: Scope, index: FeatureIndex, model_k: int, feature: int) -> None:
    record = index.table.iloc[feature]
    numbers = [
        ("Density", share_words(record.density), f"share of tokens it fires on: {int(record.fires):,}"),
        ("Maximum", f"{record['max']:.3g}", "largest activation in the index"),
        ("Mean", f"{record['mean']:.3g}", "mean activation where it fires"),
        ("Most in", *_task_words(record.peak_task, record.peak_task_share, len(index.quiz_set.tasks))),
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
    with st.container(horizontal=True, gap="large", key="numbers"):
        for name, value, meaning in numbers:
            st.metric(name, value, help=meaning, width="content")


def _task_words(task: str, share: float, n_tasks: int) -> tuple[str, str]:
    """The task a feature fires most in, where one stands out; and how much."""
    told = f"{share:.0%} of its firing is in {task}, were all tasks as frequent; by chance {1 / n_tasks:.1%}"
    return (task if stands_out(share, n_tasks) else NONE_STANDS_OUT), told


def show_feature(scope: Scope, index: FeatureIndex, model_k: int, feature: int, display: Display) -> None:
    show_sentence(scope, model_k, feature)
    show_numbers(scope, index, model_k, feature)
    explained("F1", "r", "excess", "partial r", "r0, r1, r2", "c0, c1, c2", "second grid", "layout")
    panels = profile_panels(scope, index, feature)
    grids, beside = st.columns([7, 4], gap="large")
    with grids:
        feature_examples(scope, index, feature, display)
    with beside:
        with st.expander("Your note", icon=":material/edit_note:"):
            feature_note(scope, model_k, feature)
        known = [
            concepts_panel(scope, model_k, feature),
            matches_panel(scope, model_k, feature),
            *layer_panels(scope, model_k, feature),
        ]
        feature_panels([panels[0], *known, *panels[1:BESIDE]], key="known")
    feature_panels(panels[BESIDE:], key="profile")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("These profiles as a table")
        table_downloads(lambda: feature_tables(index, feature), name=f"gpt{model_k}_feature{feature}")
