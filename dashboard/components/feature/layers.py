"""What a feature is made from and goes on as: panels about the hook points around its own."""

from collections.abc import Sequence

from culture_core.errors import typed
from culture_core.saes.hook_order import short_words
from culture_core.universality.layers.reader import Neighbour
from dashboard.components.feature.links import feature_href
from dashboard.components.feature.words import concept_words
from dashboard.components.feature_panels.kinds import words
from dashboard.components.feature_panels.messages import Badge, LinkRow, Panel
from dashboard.components.matches.badges import STRONG_R
from dashboard.components.page.notes import own_names
from dashboard.components.page.scope import Scope
from dashboard.data.feature.layers import has_layers, layers

BEFORE, AFTER = "Made from", "Goes on as"
# of each hook point: where there is one, and where there are several
SHOWN, SHOWN_OF_SEVERAL = 5, 3
HELP = "features of the same GPT that fire on the same tokens; r over all tokens, cosine of what they write"


def layer_panels(scope: Scope, model_k: int, feature: int) -> list[Panel]:
    """The nearest features at the hook points before and after; nothing where there is one hook point."""
    if len(scope.population.hooks) == 1:
        return []
    if not has_layers(scope.population, scope.hook, model_k):
        command = typed("layers", "--population", scope.population.folder.root)
        return [words("Through the layers", "Not followed through the layers yet. Run:", command)]
    reader = layers(scope.population, model_k)
    return [
        _panel(scope, model_k, BEFORE, reader.before(scope.hook, feature), "There is no earlier hook point."),
        _panel(scope, model_k, AFTER, reader.after(scope.hook, feature), "There is no later hook point."),
    ]


def _panel(scope: Scope, model_k: int, title: str, found: Sequence[Neighbour], none: str) -> Panel:
    hooks = list(dict.fromkeys(neighbour.hook for neighbour in found))
    if not hooks:
        return words(title, none)
    shown = SHOWN if len(hooks) == 1 else SHOWN_OF_SEVERAL
    rows = [
        _row(Scope(scope.population, hook), model_k, neighbour)
        for hook in hooks
        for neighbour in [one for one in found if one.hook == hook][:shown]
    ]
    return {"kind": "links", "title": title, "help": HELP, "rows": rows}


def _row(there: Scope, model_k: int, neighbour: Neighbour) -> LinkRow:
    """A neighbour; there: the scope of its hook point."""
    name = own_names(there).get((model_k, neighbour.feature), "")
    label = f"{short_words(neighbour.hook)} · {neighbour.feature}"
    return {
        "label": f"{label} “{name}”" if name else label,
        "href": feature_href(there, model_k, neighbour.feature),
        "badges": _badges(neighbour),
        "detail": concept_words(there, model_k, neighbour.feature),
    }


def _badges(neighbour: Neighbour) -> list[Badge]:
    tone = "good" if neighbour.r >= STRONG_R else ""
    badges: list[Badge] = [
        {"text": f"r {neighbour.r:.2f}", "tone": tone, "help": "Pearson r over all tokens"}
    ]
    if neighbour.cosine is not None:
        help = "cosine of the two decoder directions, in the same residual stream"
        badges.append({"text": f"cosine {neighbour.cosine:.2f}", "tone": "", "help": help})
    return badges
