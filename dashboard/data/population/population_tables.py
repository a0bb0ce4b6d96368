"""Small tables: figures as words, one row per GPT."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd


def population_table(manifest: Mapping[str, Any], evaluation: Mapping[str, Any]) -> pd.DataFrame:
    """Size and accuracy of every GPT; intervals are 95%."""
    size = {model["id"]: model["n_parameters"] for model in manifest["models"]}
    rows = []
    for model in evaluation["models"]:
        low, high = model["greedy_interval"]
        rows.append(
            {
                "GPT": str(model["id"]),
                "Parameters": f"{size[model['id']] / 1e6:.2f} M",
                "Quizzes right": f"{model['greedy_accuracy']:.1%}",
                "95% interval": f"{low:.1%} to {high:.1%}",
                "Sampled right": f"{model['expected_accuracy']:.1%}",
            }
        )
    return pd.DataFrame(rows).set_index("GPT")


def sae_table(manifests: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The figures of one hook point's SAEs."""
    rows = []
    for manifest in manifests:
        figures = manifest["figures"]
        with_sae, without = figures["accuracy_spliced"], figures["accuracy"]
        rows.append(
            {
                "GPT": str(manifest["id"]),
                "Features": f"{manifest['d_sae']:,}",
                "L0": f"{figures['l0']:.1f}",
                "Explained variance": f"{figures['explained_variance']:.1%}",
                "Dead": f"{figures['dead_share']:.1%}",
                "Quizzes right without the SAE": f"{without:.1%}",
                "with it": f"{with_sae:.1%}",
                "kept": f"{with_sae / without:.1%}" if without else "none to keep",
            }
        )
    return pd.DataFrame(rows).set_index("GPT")
