"""SAEs on disk: SAELens' own folder format, and a manifest of what made them and how good they are."""

from pathlib import Path
from typing import Any

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError, suggested

CONFIG, WEIGHTS = "cfg.json", "sae_weights.safetensors"


def save_sae(sae: Any, folder: Path, manifest: dict[str, Any]) -> None:
    """Save a training or an inference SAE in SAELens' inference format, with its manifest; the folder appears
    whole or not at all."""
    with artifacts.atomic_folder(folder) as partial:
        save = getattr(sae, "save_inference_model", sae.save_model)
        save(partial)
        manifest = {**manifest, "sha256": artifacts.sha256_file(partial / WEIGHTS)}
        artifacts.write_json(partial / artifacts.MANIFEST, manifest)


def load_sae(folder: Path, *, device: str = "cpu") -> Any:
    """Read an SAE folder with SAELens (configs older than SAELens 6 are converted by it).

    Errors: CultureError with the folder and the reason.
    """
    from sae_lens import SAE

    if not (Path(folder) / WEIGHTS).is_file():
        raise CultureError(f"no SAE in {folder}: {WEIGHTS} is missing; run `culture train-sae`")
    try:
        return SAE.load_from_disk(str(folder), device=device).eval()
    except Exception as error:  # SAELens and safetensors raise many kinds for a file that is not theirs
        raise CultureError(f"{folder} cannot be read as an SAE: {error}") from None


def sae_manifest(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> dict[str, Any]:
    """The manifest of one SAE.

    Errors: CultureError that says what to run when there is none.
    """
    path = population.sae(hook, model_k, variant) / artifacts.MANIFEST
    if not path.is_file():
        raise CultureError(
            f"no {variant + ' ' if variant else ''}SAE of GPT {model_k} at {hook} in {population.root}; "
            f"run {training_command(population, hook, variant)}"
        )
    return artifacts.read_json(path)


def training_command(population: PopulationFolder, hook: str, variant: str = "") -> str:
    """What a user types to make the SAEs of a hook point, in backticks."""
    suffix = ("--variant", variant) if variant else ()
    return suggested("train-sae", "--population", population.root, "--hook", hook, *suffix)


def add_figures(
    population: PopulationFolder, hook: str, model_k: int, variant: str, figures: dict[str, Any]
) -> dict[str, Any]:
    """Write measured figures into an SAE's manifest; returns the manifest."""
    manifest = {**sae_manifest(population, hook, model_k, variant), "figures": figures}
    artifacts.write_json(population.sae(hook, model_k, variant) / artifacts.MANIFEST, manifest)
    return manifest
