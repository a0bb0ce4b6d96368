"""A comparison as rows of a table, in words."""

from typing import Any

from culture_core.comparison.compare import ANSWERS
from culture_core.comparison.excess import EXCESS
from culture_core.comparison.measure import STATES

PERCENT = (
    "universal",
    "mutual",
    "same",
    "same_by_chance",
    "same_excess",
    "both_wrong",
    "same_wrong",
    "same_wrong_by_chance",
)
WORDS = {
    "features.universal": "best r more than 0.5 above shuffled quizzes",
    "features.mean_r": "mean of the best r",
    "features.median_r": "median of the best r",
    "features.shuffled_r": "mean of the highest r, shuffled quizzes",
    "features.partial_r": "mean of partial r (position and token regressed out)",
    "features.mutual": "mutual best matches",
    "same": "same answer",
    "same_by_chance": "both right, if independent within a task",
    "same_excess": "same answer above that",
    "both_wrong": "both wrong",
    "same_wrong": "same wrong answer, if both are wrong",
    "same_wrong_by_chance": "same mistake in another quiz",
    "cka": "CKA",
    "cka_by_position": "CKA, centred by position",
    "shuffled": "CKA, shuffled quizzes",
}


def measure_rows(comparison: dict[str, Any]) -> list[dict[str, str]]:
    """One row for each measure: its name, then its mean and interval in every population."""
    populations = comparison["populations"]
    return [
        {
            "measure": measure_words(name),
            **{one["name"]: _value(name, one["pairs"].get(name)) for one in populations},
        }
        for name in _names(populations)
    ]


def difference_rows(comparison: dict[str, Any]) -> list[dict[str, str]]:
    """One row for each measure: how much more it is in every population than in the first."""
    differences = comparison["differences"]
    return [
        {
            "measure": measure_words(name),
            **{one["name"]: _value(name, one["pairs"].get(name), sign="+") for one in differences},
        }
        for name in _names(differences)
    ]


def compared_words(comparison: dict[str, Any]) -> str:
    """What was compared, on how many quizzes."""
    manifest, settings = comparison["manifest"], comparison["manifest"]["settings"]
    told = []
    if ANSWERS in settings["parts"]:
        quizzes = [f"{settings['n_world']:,} new world quizzes (seed {settings['seed']})"]
        if manifest["culture_quizzes"]:
            quizzes.append(f"{manifest['culture_quizzes']:,} held-out culture quizzes in four structures")
        told.append(f"Answers: {' and '.join(quizzes)}.")
    if STATES in settings["parts"]:
        told.append(f"States: {settings['states']['n_quizzes']:,} quizzes.")
    if manifest["hook"]:
        as_built = settings["features"].get("as_built")
        how = "as built in each population" if as_built else "with the same settings and seeds for all"
        told.append(f"Features: SAEs at {manifest['hook']}, {how}.")
    return " ".join(told)


def unpaired_words(comparison: dict[str, Any]) -> str:
    """Which populations have no differences from the first, and why; "" where all have."""
    first, *others = comparison["populations"]
    names = [one["name"] for one in others if one["models"] != first["models"]]
    if not names:
        return ""
    return (
        f"No differences from {first['name']} for {', '.join(names)}: pairs are compared one by one, which "
        "takes GPTs with the same numbers."
    )


def measure_words(name: str) -> str:
    """What a measure is, in words: "states.3.cka" -> "block 3: CKA"."""
    part, *middle, last = name.split(".")
    words = WORDS.get(name) or WORDS.get(last, last)
    place = {"features": "features", "states": f"block {middle[0]}" if middle else ""}.get(
        part, f"{part} quizzes"
    )
    return f"{place}: {words}"


def _names(records: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record["pairs"]))


def _value(name: str, record: dict[str, Any] | None, sign: str = "") -> str:
    if record is None or record["mean"] is None:
        return "-"
    last = name.split(".")[-1]
    form = f"{sign}.1%" if last in PERCENT else f"{sign}.3f"
    mean = format(record["mean"], form)
    if record["interval"] is None:
        return mean
    least = 0.0 if last in PERCENT and last != EXCESS and not sign else -1.0
    low, high = (format(min(max(bound, least), 1.0), form) for bound in record["interval"])
    return f"{mean} ({low} to {high})"
