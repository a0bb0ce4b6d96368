"""The results section on the SAEs of a hook point."""

from collections.abc import Mapping, Sequence
from typing import Any

from culture_core.population import Population
from culture_core.results import published
from culture_core.results.markdown import percent, table


def sae_section(population: Population, hook: str) -> str:
    """The settings and metrics of each SAE."""
    manifests = [population.sae_manifest(hook, k) for k in population.models]
    rows = [_sae_row(manifest) for manifest in manifests]
    settings = manifests[0]["settings"]
    return (
        f"At {hook}: {settings['architecture']}, {manifests[0]['d_sae']:,} features. "
        f"The study's SAE: {published.STUDY_SAE}.\n\n{table(rows)}{_price(manifests)}"
    )


def _price(manifests: Sequence[Mapping[str, Any]]) -> str:
    """Accuracy lost with fewer features on a token; nothing where it was not measured."""
    rows = [
        {
            "GPT": manifest["id"],
            **{f"strongest {point['strongest']}": _lost(figures, point) for point in figures["kept"]},
            "all": _lost(figures, {"l0": figures["l0"], "accuracy": figures["accuracy_spliced"]}),
        }
        for manifest in manifests
        if (figures := manifest.get("figures") or {}).get("kept")
    ]
    if not rows:
        return ""
    return (
        "\n\nThe price of sparsity: accuracy lost when only the strongest features of each token are spliced "
        f"in (in brackets the features left on a token).\n\n{table(rows)}"
    )


def _lost(figures: Mapping[str, Any], point: Mapping[str, Any]) -> str:
    return f"{percent(figures['accuracy'] - point['accuracy'])} ({point['l0']:.1f})"


def _sae_row(manifest: Mapping[str, Any]) -> dict[str, Any]:
    figures = manifest.get("figures") or {}
    return {
        "GPT": manifest["id"],
        "L0": figures.get("l0"),
        "explained variance": figures.get("explained_variance"),
        "dead": percent(figures.get("dead_share")),
        "loss recovered": figures.get("loss_recovered"),
        "accuracy": percent(figures.get("accuracy")),
        "accuracy, SAE spliced in": percent(figures.get("accuracy_spliced")),
    }
