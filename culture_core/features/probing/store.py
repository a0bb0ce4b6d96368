"""Probing the GPTs of a population, and reading the results."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from culture_core.artifact import Artifact, Record, made_from_gpts, model_sha256
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError, suggested
from culture_core.features.concepts.registry import CONCEPTS, registry_hash

if TYPE_CHECKING:
    import pandas as pd

    from culture_core.features.probing.probes import ProbeSettings

SCORES = ("auroc", "f1", "baseline_auroc", "baseline_f1")


class Probes:
    """The probes of a population, as `culture probe` wrote them.

    models: ids of the GPTs; layers: names of the places in the residual stream, "embedding", "block 0", ...
    """

    def __init__(self, manifest: Record, arrays: Record) -> None:
        self.manifest = manifest
        self.models: list[int] = manifest["models"]
        self.layers: list[str] = manifest["layers"]
        self._arrays = arrays

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per GPT, layer and concept: model, layer, concept, words, kind; auroc and f1 on quizzes the
        probe was not fitted on; the same with shuffled labels as baseline_auroc and baseline_f1; selectivity,
        the AUROC above the baseline's."""
        import pandas as pd

        axes = [self.models, self.layers, range(len(self._arrays["names"]))]
        rows = pd.MultiIndex.from_product(axes, names=["model", "layer", "number"]).to_frame(index=False)
        concept = rows.pop("number").to_numpy()
        for column, name in (("concept", "names"), ("words", "words"), ("kind", "kinds")):
            rows[column] = self._arrays[name][concept]
        for name in SCORES:
            rows[name] = self._arrays[name].reshape(-1)
        rows["selectivity"] = rows["auroc"] - rows["baseline_auroc"]
        return rows

    def by_layer(self, concept: str) -> "pd.DataFrame":
        """The rows of one concept.

        Errors: CultureError for a concept that was not probed.
        """
        rows = self.table[self.table["concept"] == concept]
        if rows.empty:
            raise CultureError(f"there is no probe for {concept!r}")
        return rows

    def means(self) -> "pd.DataFrame":
        """Mean scores over GPTs and concepts, one row per layer and kind of concept."""
        scores = [*SCORES, "selectivity"]
        return self.table.groupby(["layer", "kind"], sort=False)[scores].mean().reset_index()


def probes_artifact(population: PopulationFolder) -> Artifact:
    """The probes of a population, as an artifact."""
    return Artifact(
        name="probes",
        population=population,
        folder=population.probes,
        command=suggested("probe", "--population", population.root),
        arrays="probes.npz",
        sources=(made_from_gpts(population),),
    )


def probe_inputs(
    population: PopulationFolder, models: Sequence[int], settings: "ProbeSettings"
) -> dict[str, Any]:
    """What the probes depend on."""
    return {
        "models": list(models),
        "model_sha256": [model_sha256(population, k) for k in models],
        "registry_sha256": registry_hash(),
        "settings": settings.to_json(),
    }


def probes_are_current(
    population: PopulationFolder, models: Sequence[int], settings: "ProbeSettings"
) -> bool:
    """Whether the probes on disk were computed from the present GPTs with these settings."""
    return probes_artifact(population).is_current(probe_inputs(population, models, settings))


def probe_model(
    population: PopulationFolder, settings: "ProbeSettings", model_k: int, device: str = "cpu"
) -> dict[str, NDArray[Any]]:
    """(layers, c) each score of one GPT, by name, for the concepts that hold often enough."""
    from culture_core.features.probing.probes import probe_data, probe_layer, residual_streams
    from culture_core.models.api import load_hooked

    data = probe_data(settings)
    model = load_hooked([model_k], source=population.root)[0].to(device, print_details=False)
    streams = residual_streams(model, data)
    real = [probe_layer(stream, data.labels, settings.ridge) for stream in streams]
    control = [probe_layer(stream, data.shuffled, settings.ridge) for stream in streams]
    return {
        "concepts": data.concepts,
        "auroc": np.stack([scores.auroc for scores in real]),
        "f1": np.stack([scores.f1 for scores in real]),
        "baseline_auroc": np.stack([scores.auroc for scores in control]),
        "baseline_f1": np.stack([scores.f1 for scores in control]),
    }


def save_probes(
    population: PopulationFolder,
    models: Sequence[int],
    settings: "ProbeSettings",
    found: Sequence[dict[str, NDArray[Any]]],
    made_by: dict[str, Any],
) -> None:
    """Write what probe_model found for each of the models."""
    from culture_core.features.probing.probes import layer_names

    concepts = [CONCEPTS[k] for k in found[0]["concepts"]]
    arrays = {
        "names": np.array([concept.name for concept in concepts]),
        "words": np.array([concept.words for concept in concepts]),
        "kinds": np.array([concept.kind for concept in concepts]),
    } | {name: np.stack([scores[name] for scores in found]).astype(np.float32) for name in SCORES}
    manifest = {
        **probe_inputs(population, models, settings),
        "layers": layer_names(len(found[0]["auroc"]) - 1),
        "made_by": made_by,
    }
    probes_artifact(population).write(manifest, arrays)


def open_probes(population: PopulationFolder) -> Probes:
    """Open the probes of a population.

    Errors: CultureError that says what to run when they are missing, damaged or of other GPTs.
    """
    return Probes(*probes_artifact(population).open())
