"""The features of a GPT through the layers, as an artifact: one folder per GPT, for all its hook points."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from culture_core.artifact import Artifact, Record, Source
from culture_core.artifacts import PopulationFolder, provenance
from culture_core.errors import CultureError, NothingToMeasure, suggested
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.store import index_artifact, read_manifest
from culture_core.saes.hook_order import adjacent, by_depth
from culture_core.saes.store import sae_manifest, sae_sha256
from culture_core.universality.layers.measure import nearest_at
from culture_core.universality.layers.nearest import KEPT
from culture_core.universality.layers.packing import pack
from culture_core.universality.layers.reader import LayerReader


def layers_artifact(population: PopulationFolder, model_k: int) -> Artifact:
    """The nearest features of one GPT at adjacent hook points, as an artifact."""

    def present_saes(manifest: Record) -> dict[str, str]:
        return {hook: sae_sha256(population, hook, model_k) for hook in manifest["saes"]}

    return Artifact(
        name=f"features of GPT {model_k} through the layers",
        population=population,
        folder=population.layers(model_k),
        command=suggested("layers", "--population", population.root),
        arrays="layers.npz",
        sources=(Source("saes", "other SAEs", present_saes),),
    )


def follow_gpt(
    population: PopulationFolder,
    model_k: int,
    made_from: Mapping[str, Any],
    command: str,
    *,
    progress: str | None = None,
) -> None:
    """Find the nearest features of one GPT at adjacent hook points, and write them into the population.

    made_from: see inputs_of.
    """
    started = time.time()
    pairs = [(first, second) for first, second in made_from["pairs"]]
    n_features = made_from["n_features"]
    found = nearest_at(population, model_k, pairs, made_from["quiz_set"]["n"], progress=progress)
    arrays: dict[str, NDArray[Any]] = {}
    for place, ((first, second), (after, before)) in enumerate(zip(pairs, found, strict=True)):
        arrays |= pack(after, n_features[second], f"{place}_after")
        arrays |= pack(before, n_features[first], f"{place}_before")
    manifest = {"id": model_k, **made_from, "made_by": provenance(command, started)}
    layers_artifact(population, model_k).write(manifest, arrays)


def inputs_of(population: PopulationFolder, model_k: int, needed: Sequence[str] = ()) -> dict[str, Any]:
    """What the artifact of one GPT depends on: its SAEs that have an index, and the quizzes of those.

    needed: see `follow_layers`.
    Errors: CultureError when an index is not current, or when they are over different quiz sets;
    NothingToMeasure when fewer than two hook points have one.
    """
    hooks = [h for h in by_depth(population.hooks()) if index_artifact(population, h, model_k).is_there()]
    if needed:
        hooks = [h for h in hooks if h in needed or _fits(population, h, model_k, needed[0])]
    if len(hooks) < 2:
        raise NothingToMeasure(
            f"fewer than two hook points of GPT {model_k} in {population.root} have an index; run "
            f"{suggested('build', '--population', population.root, '--hooks', 'all-blocks')}"
        )
    indexes = {hook: read_manifest(population, hook, model_k) for hook in hooks}
    quiz_sets = [QuizSet.from_json(index["quiz_set"]) for index in indexes.values()]
    for hook, quiz_set in zip(hooks, quiz_sets, strict=True):
        if quiz_set != quiz_sets[0]:
            raise CultureError(
                f"the indexes at {hooks[0]} and {hook} are over different quiz sets; run "
                f"{suggested('index', '--population', population.root, '--hook', hook)} with the same options"
            )
    return {
        "hooks": hooks,
        "pairs": [list(pair) for pair in adjacent(hooks)],
        "saes": {hook: index["sae_sha256"] for hook, index in indexes.items()},
        "n_features": {hook: sae_manifest(population, hook, model_k)["d_sae"] for hook in hooks},
        "quiz_set": quiz_sets[0].to_json(),
        "kept": KEPT,
    }


def _fits(population: PopulationFolder, hook: str, model_k: int, other: str) -> bool:
    """Whether the index at a hook point is current, and over the same quizzes as that at another."""
    wanted = read_manifest(population, other, model_k)["quiz_set"]
    try:
        return bool(read_manifest(population, hook, model_k)["quiz_set"] == wanted)
    except CultureError:
        return False


def open_layers(population: PopulationFolder, model_k: int) -> LayerReader:
    """Open the features of one GPT through the layers.

    Errors: CultureError that says what to run when they are missing, damaged or of other SAEs.
    """
    return LayerReader(*layers_artifact(population, model_k).open())
