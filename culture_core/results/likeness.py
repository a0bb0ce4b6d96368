"""The results section on whether culture makes the GPTs more alike, from a comparison alone."""

from typing import Any

from culture_core.artifacts import PopulationFolder
from culture_core.comparison.compare import open_comparison
from culture_core.comparison.tables import compared_words, difference_rows, measure_rows, unpaired_words
from culture_core.comparison.verdict import by_chance, sorted_by_sign
from culture_core.results.markdown import percent, table

TITLE = "Does culture make the GPTs more alike?"


def likeness_section(population: PopulationFolder) -> str:
    """Populations side by side, and how each differs from the first.

    Errors: CultureError when this population has no comparison, or one of other GPTs.
    """
    comparison = open_comparison(population)
    populations = comparison["populations"]
    parts = [_what_was_done(comparison), _accuracies(populations), table(measure_rows(comparison))]
    parts += [words for words in (_groups(populations), _untrained(populations)) if words]
    if comparison["differences"]:
        first = comparison["differences"][0]["from"]
        parts += [f"Difference from {first}, paired by GPTs:", table(difference_rows(comparison))]
        parts += [*map(_verdict, comparison["differences"]), _chance(comparison["differences"])]
    return "\n\n".join(filter(None, [*parts, unpaired_words(comparison)]))


def _what_was_done(comparison: dict[str, Any]) -> str:
    names = ", ".join(one["name"] for one in comparison["populations"])
    return (
        f"Compared: {names}. {compared_words(comparison)} Each value is the mean over all pairs of GPTs; "
        "its 95% interval is a jackknife that leaves out each GPT in turn, since pairs share GPTs. "
        f"Written by `{comparison['manifest']['made_by']['command']}`."
    )


def _accuracies(populations: list[dict[str, Any]]) -> str:
    rows = []
    for one in populations:
        row: dict[str, Any] = {"population": one["name"]}
        for kind in ("world", "culture"):
            record = one["figures"].get(f"{kind}.accuracy")
            if record is not None:
                row[f"{kind} quizzes right, by GPT"] = ", ".join(percent(gpt["accuracy"]) for gpt in record)
        rows.append(row)
    return table(rows)


def _groups(populations: list[dict[str, Any]]) -> str:
    known = [one for one in populations if "features.groups" in one["figures"]]
    if not known:
        return ""
    words = [_groups_of(one["name"], one["figures"]) for one in known]
    return f"Groups of one feature from every GPT, all mutual best matches: {'; '.join(words)}."


def _groups_of(name: str, figures: dict[str, Any]) -> str:
    share, firing = percent(figures["features.in_group"]), f"{figures['features.firing']:,.0f}"
    return f"{name} {figures['features.groups']:,} ({share} of {firing} features that fire)"


def _untrained(populations: list[dict[str, Any]]) -> str:
    """CKA of the GPTs with untrained ones, by block."""
    words = []
    for one in populations:
        found = {
            name.split(".")[1]: value
            for name, value in one["figures"].items()
            if name.startswith("states.") and name.endswith(".untrained_by_position")
        }
        if found:
            by_block = ", ".join(f"block {block} {value:.3f}" for block, value in found.items())
            words.append(f"{one['name']}: {by_block}")
    return f"CKA with untrained GPTs, centred by position: {'; '.join(words)}." if words else ""


def _verdict(difference: dict[str, Any]) -> str:
    """The answer in one sentence: which measures of likeness rose, fell, or did not change significantly."""
    said = zip(("Higher", "Lower", "No clear difference"), sorted_by_sign(difference), strict=True)
    words = [f"{kind}: {'; '.join(names)}" for kind, names in said if names]
    told = ". ".join(words) or "No intervals, so no conclusion"
    return f"**{difference['name']} compared with {difference['from']}**. {told}."


def _chance(differences: list[dict[str, Any]]) -> str:
    """How many of the intervals would leave out 0 by chance; "" where there are none."""
    expected, n = by_chance(differences)
    return f"By chance alone, about {expected:.1f} of these {n} intervals would leave out 0." if n else ""
