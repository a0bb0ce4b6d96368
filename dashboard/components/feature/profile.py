"""What the index, the grades and the matches hold of one feature, as panels."""

from collections.abc import Callable
from urllib.parse import urlencode

import numpy as np

from culture_core.errors import CultureError, typed
from culture_core.features.index.reader import FeatureIndex
from culture_core.features.index.records import Nearest
from culture_core.universality.matching.store import Match
from dashboard.components.feature.links import compare_link, feature_href
from dashboard.components.feature.words import concept_words
from dashboard.components.feature_panels.kinds import (
    colour_bars,
    histogram,
    position_maps,
    rate_bars,
    token_rates,
    words,
)
from dashboard.components.feature_panels.messages import BarRow, LinkRow, Panel
from dashboard.components.matches.badges import match_badges
from dashboard.components.page.notes import feature_label
from dashboard.components.page.scope import Scope
from dashboard.components.page.sentence import capitalised
from dashboard.data.feature.promotion import LEAST_EFFECT, colour_effects
from dashboard.data.population import indexes
from dashboard.data.universal import universality

CONCEPTS_SHOWN = 6
NEIGHBOURS_SHOWN = 6
HISTOGRAM_HELP = "the area of a bar is the number of tokens; point at a cell of a quiz to mark its bin"


def profile_panels(scope: Scope, index: FeatureIndex, feature: int) -> list[Panel]:
    """How strongly and where a feature fires, what it writes, and which features of its GPT are near."""
    edges, counts = index.linear_histogram(feature)
    panels: list[Panel] = [
        histogram("How strongly it fires", edges, counts, HISTOGRAM_HELP),
        rate_bars("In which tasks", index.density_by_task(feature), "share of the task's tokens it fires on"),
    ]
    rate, mean = index.by_position(feature)
    panels += [
        position_maps("Where in the quiz", rate, mean, "after reading each cell, over all quizzes"),
        token_rates(
            "On which colours", index.by_colour(feature).rate, "share of the cells of a colour it fires on"
        ),
        rate_bars(
            "In which structures",
            {name.replace(",", ", "): share for name, share in index.density_by_structure(feature).items()},
            "order of the four grids",
        ),
        _effects(index, feature),
        _neighbours(scope, index, "Near in direction", index.decoder_neighbours, feature, "cosine"),
        _neighbours(scope, index, "Firing on the same tokens", index.cofiring_neighbours, feature, "Jaccard"),
    ]
    return panels


def _effects(index: FeatureIndex, feature: int) -> Panel:
    title = "What it promotes and suppresses"
    try:
        effects = index.logit_effects(feature)
    except CultureError as error:
        return words(title, f"{capitalised(error)}.")
    by_colour = colour_effects(effects[None], np.array([index.max_activation(feature)]))[0]
    exact = "all it does" if index.logit_effects_exact else "its direct path only; later layers read it too"
    help = (
        "logits of the next cell at the feature's maximum, above their mean over the colours; changes below "
        f"{LEAST_EFFECT:g} are left out ({exact})"
    )
    return colour_bars(title, by_colour, LEAST_EFFECT, help)


def _neighbours(
    scope: Scope,
    index: FeatureIndex,
    title: str,
    nearest: Callable[[int], Nearest],
    feature: int,
    measure: str,
) -> Panel:
    others, scores = nearest(feature)
    rows: list[LinkRow] = [
        {
            "label": f"feature {other}",
            "href": feature_href(scope, index.model_k, int(other)),
            "badges": [{"text": f"{score:.2f}", "help": measure}],
            "detail": concept_words(scope, index.model_k, int(other)),
        }
        for other, score in zip(others[:NEIGHBOURS_SHOWN], scores, strict=False)
    ]
    if not rows:
        return words(title, "None.")
    return {"kind": "links", "title": title, "help": f"in this GPT, by {measure}", "rows": rows}


def concepts_panel(scope: Scope, model_k: int, feature: int) -> Panel:
    """The concepts a feature follows best, each beside its baseline."""
    title = "Concepts it follows"
    if not indexes.has_grades(scope.population, scope.hook, model_k):
        command = typed("grade", "--population", scope.population.folder.root, "--hook", scope.hook)
        return words(title, "Not graded yet. Run:", command)
    grades = indexes.grades(scope.population, scope.hook, model_k).of_feature(feature)
    rows: list[BarRow] = [
        {
            "label": grade.words,
            "share": grade.f1,
            "text": f"{grade.f1:.2f}",
            "mark": grade.baseline_f1,
            "markTitle": f"with quizzes shuffled {grade.baseline_f1:.2f}",
            "detail": f"precision {grade.precision:.2f} · recall {grade.recall:.2f} · "
            f"AUROC {grade.auroc:.2f} · baseline {grade.baseline_f1:.2f}",
        }
        for grade in grades[:CONCEPTS_SHOWN]
    ]
    if not rows:
        return words(title, "It fires too rarely to be graded.")
    help = "F1 on held-out quizzes; the line is the same with quizzes shuffled"
    return {"kind": "bars", "title": title, "help": help, "wide": True, "rows": rows}


def matches_panel(scope: Scope, model_k: int, feature: int) -> Panel:
    """The best match of a feature in each other GPT, with what makes it believable."""
    title = "Its matches in the other GPTs"
    if len(scope.population.models) == 1:
        return words(title, "There is no other GPT in this population.")
    if not universality.has_matches(scope.population, scope.hook):
        command = typed("match", "--population", scope.population.folder.root, "--hook", scope.hook)
        return words(title, "Not matched yet. Run:", command)
    matches = universality.matches(scope.population, scope.hook).best(model_k, feature)
    rows = [
        _match_row(scope, (model_k, feature), match)
        for match in sorted(matches, key=lambda match: match.model_k)
    ]
    return {"kind": "links", "title": title, "help": "", "rows": rows}


def _match_row(scope: Scope, chosen: tuple[int, int], match: Match) -> LinkRow:
    return {
        "label": feature_label(scope, match.model_k, match.feature),
        "href": feature_href(scope, match.model_k, match.feature),
        "badges": match_badges(match),
        "compare": f"compare?{urlencode(compare_link(scope, chosen, (match.model_k, match.feature)))}",
        "detail": concept_words(scope, match.model_k, match.feature),
    }
