"""The section of the results page on attribution graphs: what they predict, and what ablations do."""

from typing import Any

from culture_core.circuits.check import Agreement
from culture_core.circuits.check_stage import TraceCheck
from culture_core.population import Population
from culture_core.results.markdown import percent, table

TITLE = "Attribution graphs"


def has_checks(population: Population) -> bool:
    """Whether the graphs of any GPT were checked."""
    return any(population.has("trace_check", k) for k in population.models)


def traces_section(population: Population) -> str:
    """How well graphs predict what ablating their nodes does, beside random features."""
    checks = [population.trace_check(k) for k in population.models if population.has("trace_check", k)]
    blocks = ", ".join(map(str, checks[0].blocks))
    return (
        f"Features after blocks {blocks}, ablated one at a time at one token, with the SAE's error kept. "
        "*Along the graph*: the drop of the margin (right colour minus the strongest other) that the kept "
        "edges predict; exact after the last block, where nothing bends it. *Frozen GPT*: the drop with "
        "attention, LayerNorm scales and active MLP units held. *Random features* fire after the same block, "
        "nearly as strongly, and are in no graph. Slope: of the measured drop on the predicted one. "
        "Explained: share of the variance of the measured drops, predictions taken as they are.\n\n"
        f"{table([row for check in checks for row in _rows(check)])}"
    )


def _rows(check: TraceCheck) -> list[dict[str, Any]]:
    return [_row(check.model_k, prediction, found) for prediction, found in check.rows.items()]


def _row(model_k: int, prediction: str, found: Agreement) -> dict[str, Any]:
    return {
        "GPT": model_k,
        "prediction": prediction,
        "ablations": found.n,
        "r": found.r,
        "slope": found.slope,
        "explained": percent(found.explained),
        "mean absolute drop": found.size,
    }
