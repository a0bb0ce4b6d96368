"""How universal features are, beside the highest baseline."""

import streamlit as st

from culture_core.figures.charts import universality_curve
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.page.charts import chart
from dashboard.components.page.glossary import explained
from dashboard.components.page.scope import Scope
from dashboard.data.universal import universality
from dashboard.data.universal.distributions import Distribution, universality_distribution

MATCHED_R = 0.5


def show_distribution(scope: Scope, model_k: int, feature: int) -> None:
    """Say and draw how many features are matched how well, with one of them marked."""
    found = universality_distribution(scope.population, scope.hook)
    matches = universality.matches(scope.population, scope.hook)
    mark = float(matches.universality[model_k][feature])
    conclusion = conclusion_words(found)
    st.markdown(conclusion)
    dead = not matches.alive[model_k][feature]
    chart(
        universality_curve(
            found.at_least, found.baseline_at_least, None if dead else (mark, f"this feature, {mark:.2f}")
        ),
        conclusion.replace("**", ""),
        key="distribution",
    )
    st.caption(
        "Over the features that fire. The line is the mean over the GPTs, the band runs from the lowest to "
        "the highest GPT. The highest baseline is, for each feature, the best r that it finds where there is "
        "nothing to find: with the other GPT's quizzes shuffled, in a GPT of random weights, or with the "
        "state rotated; of those, what was measured."
    )
    explained("r", "excess")
    with st.container(horizontal=True):
        table_downloads(lambda: universality.match_tables(scope.population, scope.hook), name="universality")


def conclusion_words(found: Distribution) -> str:
    """What the curve says, in one sentence."""
    share = found.share(MATCHED_R)
    words = f"**{share:.0%} of the features** reach r {MATCHED_R} or more in the other GPTs, on average"
    if not found.baseline:
        return f"{words}. No baseline is measured yet: position alone also makes features correlate."
    baseline = found.baseline_share(MATCHED_R)
    if 0 < baseline < share / 2:
        times = share / baseline
        return f"{words}, {times:.0f} times as many as in the highest baseline ({baseline:.1%})."
    return f"{words}; in the highest baseline {baseline:.1%} do."
