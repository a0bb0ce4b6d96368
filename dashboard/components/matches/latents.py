"""The latents of the joint dictionary: a list, and one of them with its quizzes and its use by each GPT."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from culture_core.figures.rows import ANSWER_START
from culture_core.universality.joint.reader import USED
from culture_core.universality.matching.reader import NO_GROUP
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.feature.links import feature_href
from dashboard.components.feature.overlays import activation_scale, top_rows
from dashboard.components.feature.words import concept_words
from dashboard.components.feature_list import listing
from dashboard.components.feature_list.browser import choose_page
from dashboard.components.feature_list.listing import Column
from dashboard.components.feature_list.rows import bar, strongest_grid
from dashboard.components.feature_panels.messages import BarRow, LinkRow, Panel
from dashboard.components.feature_panels.panels import feature_panels
from dashboard.components.grid_board.board import grid_board
from dashboard.components.page import permalink
from dashboard.components.page.display import Display
from dashboard.components.page.notes import feature_label
from dashboard.components.page.scope import Scope
from dashboard.data.choices import EVERYTHING
from dashboard.data.population import indexes
from dashboard.data.quiz import quiz_sets
from dashboard.data.universal import latents, measures
from dashboard.data.universal.latents import LatentFilter
from dashboard.data.words.number_words import counted, share_words

LIST = "latents"
SHOWN, PER_PAGE = 10, 12
NORM_WORDS = "length of its decoder row in each GPT, over the longest of them"
USED_WORDS = f"the line: from {USED:g} on the GPT uses it"


def show_latents(scope: Scope, display: Display) -> None:
    """Draw the latent of the URL, if it names one, and the list of all that fire."""
    table = latents.latents(scope.population, scope.hook)
    joint = measures.joint(scope.population, scope.hook)
    chosen = LatentFilter.parse(permalink.read_all(), joint.models)
    if permalink.read("latent") is not None:
        _show_latent(scope, permalink.read_number("latent", 0, joint.n_latents - 1, 0), display)
    found = chosen.of(table)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _choose_users(joint.models, chosen)
        st.space("stretch")
        st.markdown(f"**{len(found):,}** of {len(table):,} latents that fire")
        table_downloads(lambda: found, name="latents")
        page = choose_page(len(found), PER_PAGE)
    if len(found) == 0:
        st.info("No latent is used by so many GPTs.", icon=":material/filter_alt_off:")
        return
    columns = _columns(joint.models)
    listing.feature_list(
        columns,
        [_cells(scope, record, joint.models) for record in found.iloc[page].to_dict("records")],
        key=LIST,
        sort=chosen.by,
        up=chosen.up,
        alt="Latents of the joint dictionary",
        on_action=lambda: _act([column.name for column in columns], chosen),
    )


def _choose_users(models: list[int], chosen: LatentFilter) -> None:
    st.selectbox(
        "Used by",
        latents.user_options(models),
        format_func=lambda n: (
            "any number of GPTs" if n == EVERYTHING else f"{n} of {counted(len(models), 'GPT')}"
        ),
        width=220,
        **permalink.bound(
            "users", chosen.users, resets=("page",), encode=lambda n: None if n == EVERYTHING else n
        ),
    )


def _columns(models: list[int]) -> list[Column]:
    return [
        Column("latent", "Latent", "feature", "its number; a click shows it above", sortable=True),
        Column("grid", "Strongest", "grid", "the grid on which it fires most strongly"),
        Column("density", "Density", "number", "share of tokens it fires on", sortable=True),
        Column("concept", "Best concept", "words", "the concept it follows best", sortable=True),
        Column("f1", "F1", "bar", "on held-out quizzes; the line is F1 with quizzes shuffled", sortable=True),
        Column("users", "Used by", "number", "how many GPTs use it", sortable=True),
        *(Column(f"norm_{k}", f"GPT {k}", "number", NORM_WORDS, sortable=True) for k in models),
        Column("group", "Group", "words", "the matched group whose features all have this latent"),
    ]


def _cells(scope: Scope, record: dict[Any, Any], models: list[int]) -> dict[str, Any]:
    latent, asked = int(record["latent"]), permalink.read_all()
    here = {name: asked[name] for name in ("gpt", "feature", "users", "by", "page") if name in asked}
    link = scope.link(view="measures", measure=measures.JOINT, **here, latent=latent)
    return {
        "href": f"universal?{urlencode(link)}",
        "feature": str(latent),
        "latent": str(latent),
        "grid": strongest_grid(latents.joint_index(scope.population, scope.hook), latent),
        "density": share_words(record["density"]),
        "concept": record["words"],
        "f1": bar(record["f1"], record["baseline_f1"], f"with quizzes shuffled {record['baseline_f1']:.2f}"),
        "users": str(record["users"]),
        **{name: f"{record[name]:.2f}" for name in latents.norm_columns(models)},
        "group": "" if record["group"] == NO_GROUP else f"{record['group']}",
    }


def _act(columns: Sequence[str], chosen: LatentFilter) -> None:
    match listing.action(LIST, 0, columns):
        case "sort", str(name):
            up = not chosen.up if name == chosen.by else name in ("latent", "concept")
            permalink.write(by=LatentFilter(by=name, up=up).order, page=None)


def _show_latent(scope: Scope, latent: int, display: Display) -> None:
    """One latent: what it detects, its strongest quizzes, who uses it, which features fire with it."""
    index = latents.joint_index(scope.population, scope.hook)
    record = index.table.iloc[latent]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Latent {latent}", width="content")
        st.space("stretch")
        st.button("Close", icon=":material/close:", on_click=permalink.write, kwargs={"latent": None})
    if record.dead:
        st.info("This latent never fires.", icon=":material/do_not_disturb_on:")
        return
    st.markdown(f"#### {latents.joint_grades(scope.population, scope.hook).sentence(latent)}")
    row = latents.latents(scope.population, scope.hook).set_index("latent").loc[latent]
    st.caption(
        f"Max {index.max_activation(latent):.3g}, fires on {share_words(record.density)} of tokens, used by "
        f"{row.users} of {counted(len(scope.population.models), 'GPT')}."
    )
    grids, beside = st.columns([7, 4], gap="large")
    with grids:
        rows = top_rows(index, indexes.index_quizzes(index), latent, SHOWN)
        grid_board(
            rows,
            key="latent",
            scale=activation_scale(index, latent),
            digits=display.digits,
            colour_key=display.colour_key,
            row_width=520,
            max_cell=14,
            framed=ANSWER_START,
            addresses=scope.cell_addresses(quiz_sets.INDEX_SET, index.top_quiz[latent, : len(rows)]),
        )
    with beside:
        _show_group(scope, int(row.group))
        feature_panels([_norms(row), _features(scope, latent)], key="latent.panels")


def _show_group(scope: Scope, group: int) -> None:
    """The matched group that the latent is, as a link."""
    if group == NO_GROUP:
        st.caption("No matched group has this latent for all its features.")
        return
    first, feature = next(iter(scope.population.matches(scope.hook).group_features(group).items()))
    st.page_link(
        "views/universal.py",
        label=f"It is matched group {group}",
        icon=":material/compare:",
        query_params=scope.link(gpt=first, feature=feature),
    )


def _norms(row: pd.Series) -> Panel:
    """The relative length of a latent's decoder row in each GPT."""
    names = [str(name) for name in row.index if str(name).startswith("norm_")]
    rows: list[BarRow] = [
        {
            "label": f"GPT {name.removeprefix('norm_')}",
            "share": float(row[name]),
            "text": f"{row[name]:.2f}",
            "mark": USED,
            "markTitle": USED_WORDS,
        }
        for name in names
    ]
    help = f"{NORM_WORDS}; {USED_WORDS}"
    return {"kind": "bars", "title": "Who uses it", "help": help, "rows": rows}


def _features(scope: Scope, latent: int) -> Panel:
    """The feature of each GPT that fires most like the latent."""
    joint = measures.joint(scope.population, scope.hook)
    found = joint.table.iloc[latent]
    features = {k: int(found[f"feature_{k}"]) for k in joint.models}
    rows: list[LinkRow] = [
        {
            "label": feature_label(scope, k, feature),
            "href": feature_href(scope, k, feature),
            "badges": [{"text": f"r {found[f'r_{k}']:.2f}", "help": "Pearson r over all tokens"}],
            "detail": concept_words(scope, k, feature),
        }
        for k, feature in features.items()
        if feature >= 0
    ]
    return {"kind": "links", "title": "The feature most like it in each GPT", "help": "", "rows": rows}
