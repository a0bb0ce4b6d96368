"""Statistics of the candidates: how many were kept, by author and by reason, and the GPTs' verdicts."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core.culture.store import TEST, TRAIN, CandidateTable, CultureStore
from culture_core.culture.verdicts import KEPT, REASONS, VERDICTS
from culture_core.intervals import wilson_interval

FRESH, GROWN = "fresh", "grown"
SMALLEST = np.finfo(np.float32).smallest_subnormal
Counts = dict[str, dict[str, dict[str, int]]]


def add_counts(counts: Mapping[str, Any], table: CandidateTable) -> Counts:
    """Counts author -> origin (fresh, grown) -> reason -> candidates, with those of a table added.

    Keys are texts, as in JSON. Returns new counts.
    """
    total: Counts = {
        author: {origin: dict(reasons) for origin, reasons in origins.items()}
        for author, origins in counts.items()
    }
    groups = np.stack([table.author, table.grown, table.reason], axis=1).astype(np.int64)
    values, numbers = np.unique(groups, axis=0, return_counts=True)
    for (author, grown, reason), number in zip(values.tolist(), numbers.tolist(), strict=True):
        origins = total.setdefault(str(author), {FRESH: {}, GROWN: {}})
        reasons = origins[GROWN if grown else FRESH]
        reasons[REASONS[reason]] = reasons.get(REASONS[reason], 0) + number
    return total


def run_report(store: CultureStore, run_k: int) -> dict[str, Any]:
    """What `culture invent` reports of one run: all candidates are counted, not only those stored.

    `verdicts` are of the candidates that every GPT was asked about whatever came of them: a random sample.
    """
    run = store.runs[run_k]
    counts, seconds = run["counts"], run["seconds"]
    kept = n_kept(run)
    return {
        "candidates": run["candidates"],
        "kept": kept,
        "share_kept": _share(kept, run["candidates"]),
        "share_kept_interval": [round(x, 6) for x in wilson_interval(kept, run["candidates"])],
        "seconds": round(seconds, 1),
        "candidates_per_second": round(run["candidates"] / seconds, 3) if seconds else 0.0,
        "kept_in_all": {"train": len(store.kept(TRAIN)), "test": len(store.kept(TEST))},
        "by_author": _by_author(counts),
        "by_origin": _by_origin(counts),
        "by_reason": {reason: _total(counts, reason=reason) for reason in REASONS},
        "verdicts": _verdicts(store, run_k),
        "settings": run["settings"],
        "rounds": run["rounds"],
    }


def n_kept(run: Mapping[str, Any]) -> int:
    """Quizzes kept in a run."""
    return n_with_reason(run, KEPT)


def n_with_reason(run: Mapping[str, Any], reason: int) -> int:
    """Candidates of a run with one of the REASONS."""
    return _total(run["counts"], reason=REASONS[reason])


def _total(
    counts: Counts, author: str | None = None, origin: str | None = None, reason: str | None = None
) -> int:
    """Candidates that are as said; None is any."""
    return sum(
        number
        for a, origins in counts.items()
        for o, reasons in origins.items()
        for r, number in reasons.items()
        if author in (None, a) and origin in (None, o) and reason in (None, r)
    )


def _by_author(counts: Counts) -> list[dict[str, Any]]:
    rows = []
    for author in sorted(counts, key=int):
        candidates, kept = _total(counts, author), _total(counts, author, reason="kept")
        row = {"author": int(author), "candidates": candidates, "kept": kept}
        rows.append({**row, "share_kept": _share(kept, candidates)})
    return rows


def _by_origin(counts: Counts) -> dict[str, dict[str, Any]]:
    rows = {}
    for origin in (FRESH, GROWN):
        candidates, kept = _total(counts, origin=origin), _total(counts, origin=origin, reason="kept")
        rows[origin] = {"candidates": candidates, "kept": kept, "share_kept": _share(kept, candidates)}
    return rows


def _verdicts(store: CultureStore, run_k: int) -> list[dict[str, Any]]:
    """How each GPT judged the sampled candidates of a run."""
    everyone = ~np.isnan(store.table.probability).any(axis=1)
    asked = store.table[everyone & store.table.sampled & (store.table.run == run_k)]
    return [
        {
            "GPT": model_k,
            "sampled": len(asked),
            **{
                verdict: _share(int((asked.verdict[:, m] == v).sum()), len(asked))
                for v, verdict in enumerate(VERDICTS[:3])
            },
            "median_log10_probability": _median_log10(asked.probability[:, m]),
        }
        for m, model_k in enumerate(store.models)
    ]


def _median_log10(probability: NDArray[np.float32]) -> float | None:
    """Zeros count as the smallest positive float32."""
    if not len(probability):
        return None
    return round(float(np.median(np.log10(probability.clip(min=SMALLEST).astype(np.float64)))), 2)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0
