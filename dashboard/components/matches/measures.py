"""Universality by transfer, by a joint dictionary and by effect: a conclusion, a chart and a caption each."""

from textwrap import shorten

import pandas as pd
import streamlit as st

from culture_core.errors import typed
from culture_core.figures.measures import effects_chart, users_chart, variance_matrix
from culture_core.universality.excess import HIGH
from culture_core.universality.families.choice import FAMILY, GROUP
from culture_core.universality.families.effects import INTERCHANGE
from culture_core.universality.measures import CORRELATION, MEASURES, disagreements
from culture_core.universality.transfer.maps import AFFINE, SHUFFLED
from dashboard.components.feature.links import feature_href
from dashboard.components.feature.words import concept_words
from dashboard.components.feature_panels.messages import LinkRow
from dashboard.components.feature_panels.panels import feature_panels
from dashboard.components.matches.latents import show_latents
from dashboard.components.page import permalink
from dashboard.components.page.charts import chart
from dashboard.components.page.display import Display
from dashboard.components.page.glossary import explained
from dashboard.components.page.notes import feature_label
from dashboard.components.page.scope import Scope
from dashboard.data.universal import measures

N_SETS, NAME_LENGTH = 16, 44
TITLES = {
    measures.TRANSFER: "Transfer",
    measures.JOINT: "Joint dictionary",
    measures.FAMILIES: "Effect on the answer",
}


def show_measures(scope: Scope, model_k: int, feature: int, display: Display) -> None:
    """Draw what the measures say of all features and of the chosen one, and one of them at length."""
    if all(measures.has(scope.population, kind, scope.hook) for kind in (measures.TRANSFER, measures.JOINT)):
        _show_shares(scope, model_k, feature)
    kind = permalink.read_choice("measure", TITLES, measures.TRANSFER)
    st.segmented_control(
        "Measure",
        list(TITLES),
        format_func=TITLES.__getitem__,
        required=True,
        label_visibility="collapsed",
        **permalink.bound(
            "measure",
            kind,
            resets=("latent", "page"),
            encode=lambda name: None if name == measures.TRANSFER else name,
        ),
    )
    if not measures.has(scope.population, kind, scope.hook):
        command = typed(kind, "--population", scope.population.folder.root, "--hook", scope.hook)
        st.info("Not measured yet. Run:", icon=":material/info:")
        st.code(command, language="sh")
    elif kind == measures.TRANSFER:
        _show_transfer(scope)
    elif kind == measures.FAMILIES:
        _show_families(scope)
    else:
        if permalink.read("latent") is None:
            _show_joint(scope)
        show_latents(scope, display)


def _show_shares(scope: Scope, model_k: int, feature: int) -> None:
    shares = measures.mean_shares(scope.population, scope.hook)
    st.markdown(shares_words(shares))
    excess = measures.excess(scope.population, scope.hook)
    row = excess[model_k].loc[feature]
    told = ", ".join(f"{name} {row[name]:.2f}" for name in MEASURES if pd.notna(row[name]))
    if told:
        st.caption(f"This feature's excess over the highest baseline of each measure: {told}.")
    with st.expander("Features on which two measures disagree most"):
        _show_disagreements(scope, excess)


def shares_words(shares: dict[str, float]) -> str:
    """What the measures say together, in one sentence."""
    first, *rest = (f"{shares[name]:.0%} by {name}" for name in MEASURES)
    return (
        f"**{first}, {' and '.join(rest)}**: so many of the features that fire are universal, with an excess "
        f"above {HIGH} over the highest baseline of the measure, of which {CORRELATION} alone has rotated "
        f"states. {shares['all three']:.0%} are by all three, "
        f"{shares['at least one']:.0%} by at least one."
    )


def _show_disagreements(scope: Scope, excess: dict[int, pd.DataFrame]) -> None:
    rows: list[LinkRow] = [
        {
            "label": feature_label(scope, one.model_k, one.feature),
            "href": feature_href(scope, one.model_k, one.feature),
            "badges": [
                {"text": f"{one.high} {one.high_value:.2f}", "tone": "good", "help": "universal by this"},
                {"text": f"{one.low} {one.low_value:.2f}", "tone": "poor", "help": "not by this"},
            ],
            "detail": concept_words(scope, one.model_k, one.feature),
        }
        for one in disagreements(excess)
    ]
    if not rows:
        st.caption("No feature is universal by one measure and not by another.")
        return
    help = "excess over the highest baseline of each measure"
    feature_panels([{"kind": "links", "title": "", "help": help, "rows": rows}], key="disagreements")


def _show_transfer(scope: Scope) -> None:
    transfer = measures.transfer(scope.population, scope.hook)
    explained_by = {kind: transfer.mean_over_others("explained", kind) for kind in (AFFINE, SHUFFLED)}
    untrained = float(transfer.of_untrained("explained", AFFINE).mean())
    conclusion = (
        f"From the linearly mapped states of another GPT an SAE explains **{explained_by[AFFINE]:.0%}** of "
        f"the variance of its own GPT's states; from its own {transfer.own.mean():.0%}, from those of an "
        f"untrained GPT {untrained:.0%}, from those of other quizzes {explained_by[SHUFFLED]:.0%}."
    )
    st.markdown(conclusion)
    chart(
        variance_matrix(transfer.explained(AFFINE), transfer.models),
        conclusion.replace("**", ""),
        key="transfer",
    )
    if transfer.was_steered:
        mean = transfer.steering.mean(numeric_only=True)
        st.caption(
            f"Steering: adding a feature's direction here and the mapped direction there changes the same "
            f"probabilities with r {mean.affine_colours:.2f} (affine) and {mean.orthogonal_colours:.2f} "
            f"(orthogonal); a random direction of the same length with {mean.random_colours:.2f}."
        )
    explained("r")


def _show_joint(scope: Scope) -> None:
    joint = measures.joint(scope.population, scope.hook)
    m = len(joint.models)
    groups = joint.groups(scope.population.matches(scope.hook))
    whole = int((groups.members == m).sum())
    conclusion = (
        f"Of {int(joint.alive.sum()):,} latents of one dictionary for all GPTs, "
        f"**{joint.shares_by_users[m]:.0%} are used by all {m}**. {whole} of {len(groups)} matched groups "
        "are a single latent for all their features."
    )
    st.markdown(conclusion)
    chart(users_chart(joint.shares_by_users), conclusion.replace("**", ""), key="joint")
    told = ", ".join(f"GPT {k} {share:.3f}" for k, share in joint.explained.items())
    st.caption(
        "Used: the latent's decoder row in that GPT is at least half as long as in the GPT where it is "
        f"longest. Explained variance: {told}."
    )


def _show_families(scope: Scope) -> None:
    families = measures.families(scope.population, scope.hook)
    above = {kind: families.share_beating(kind, INTERCHANGE) for kind in (GROUP, FAMILY)}
    conclusion = (
        f"Taken from another quiz, **{above[FAMILY]:.0%} of the strongest families and {above[GROUP]:.0%} of "
        "the strongest matched groups** move the answer towards that quiz's answer further than as many "
        "other features of like density, measurably in every GPT."
    )
    st.markdown(conclusion)
    effects = families.effects(INTERCHANGE)[..., 0]
    order = (-effects.mean(1)).argsort()[:N_SETS]
    names = [shorten(families.words[place], NAME_LENGTH, placeholder="…") for place in order]
    controls = families.effects(INTERCHANGE, controls=True)[..., 0]
    title = "move towards the other quiz's answer, nats"
    figure = effects_chart(names, effects[order], controls[order], title)
    chart(figure, conclusion.replace("**", ""), key="families")
    most = ", ".join(f"{name} {values[:, 0].mean():.1f}" for name, values in families.ceilings.items())
    st.caption(
        "A family is the features of a GPT whose best concept contains the same single concept. Mean over "
        f"the cells where the right answers of the two quizzes differ; interchanging everything: {most} nats."
    )
