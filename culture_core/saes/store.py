"""SAEs on disk: SAELens' own folder format, and a manifest with their origin and metrics."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from culture_core import artifacts
from culture_core.artifact import Artifact, Record, Source, all_models_sha256, model_sha256
from culture_core.artifacts import JOINT, UNTRAINED, PopulationFolder
from culture_core.errors import CultureError, suggested
from culture_core.finite import check_finite
from culture_core.writing import atomic_folder

if TYPE_CHECKING:
    from sae_lens import SAE, TrainingSAE

CONFIG, WEIGHTS = "cfg.json", "sae_weights.safetensors"
# of a joint dictionary: what makes the states of its GPTs comparable (standard.py)
STANDARD = "standard.npz"
MATRICES = ("W_enc", "W_dec")
# what makes an SAE of another make fit to be read
_ADVICE = {
    "expected_average_only_in": "; its files lack the factor: fold it in with SAELens' "
    "fold_activation_norm_scaling_factor and save it again"
}


def save_sae(
    sae: "SAE[Any] | TrainingSAE[Any]",
    folder: Path,
    manifest: dict[str, Any],
    *,
    halved: bool = False,
    standard: Mapping[str, NDArray[Any]] | None = None,
) -> None:
    """Save a training or an inference SAE in SAELens' inference format, with its manifest; the folder appears
    whole or not at all.

    halved: the two matrices as 16-bit floats, each weight off by at most 0.05%; whoever reads them, SAELens
    too, gets float32. standard: of a joint dictionary, the arrays of its STANDARD.
    Errors: CultureError for weights that are not finite, also once they are halved.
    """
    check_finite(sae.state_dict(), "this SAE")
    with atomic_folder(folder) as partial:
        save = getattr(sae, "save_inference_model", sae.save_model)
        save(partial)
        if halved:
            _halve(partial / WEIGHTS)
        if standard is not None:
            artifacts.write_arrays(partial / STANDARD, standard)
        manifest = {**manifest, "sha256": artifacts.sha256_file(partial / WEIGHTS)}
        artifacts.write_json(partial / artifacts.MANIFEST, manifest)


def _halve(path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(path)
    halves = {name: tensor.half() if name in MATRICES else tensor for name, tensor in tensors.items()}
    check_finite(halves, "this SAE in 16 bits")
    save_file(halves, path)


def load_sae(folder: Path, *, device: str = "cpu") -> "SAE[Any]":
    """Read an SAE folder with SAELens (configs older than SAELens 6 are converted by it).

    Errors: CultureError with the folder and the reason; also for weights that are not finite, and for an SAE
    that expects activations in another form.
    """
    from sae_lens import SAE

    if not (Path(folder) / WEIGHTS).is_file():
        raise CultureError(f"no SAE in {folder}: {WEIGHTS} is missing; run `culture train-sae`")
    _check_supported(artifacts.read_json(Path(folder) / CONFIG), folder)
    try:
        sae = SAE.load_from_disk(str(folder), device=device).eval()
    except Exception as error:  # SAELens and safetensors raise many kinds for a file that is not theirs
        raise CultureError(f"{folder} cannot be read as an SAE: {error}") from None
    _check_supported(vars(sae.cfg), folder)
    check_finite(sae.state_dict(), str(folder))
    return sae


def _check_supported(config: Mapping[str, Any], folder: Path) -> None:
    """Errors: CultureError for an SAE that reads activations in another form than they are read here."""
    for name in ("normalize_activations", "reshape_activations"):
        value = config.get(name, "none")
        if value != "none":
            raise CultureError(
                f"{folder} holds an SAE with {name}: {value}, which is not supported{_ADVICE.get(value, '')}"
            )


def sae_artifact(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> Artifact:
    """One SAE, as an artifact: of a GPT, of a baseline ("untrained", "reseeded"), or of all ("joint")."""

    def present(_: Record) -> str:
        if variant == JOINT:
            return all_models_sha256(population)
        return model_sha256(population, model_k)

    return Artifact(
        name=f"{variant + ' ' if variant else ''}SAE of GPT {model_k} at {hook}",
        population=population,
        folder=population.sae(hook, model_k, variant),
        command=training_command(population, hook, variant),
        arrays=WEIGHTS,
        sources=() if variant == UNTRAINED else (Source("model_sha256", "another GPT", present),),
        verb="is",
    )


def made_from_sae(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> Source:
    """The source of an artifact of one SAE."""
    return Source("sae_sha256", "another SAE", lambda _: sae_sha256(population, hook, model_k, variant))


def sae_manifest(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> Record:
    """The manifest of one SAE.

    Errors: CultureError that says what to run when there is none.
    """
    return sae_artifact(population, hook, model_k, variant).manifest()


def sae_sha256(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> str:
    """SHA-256 of the weights of one SAE, as its manifest has it.

    Errors: as sae_manifest.
    """
    return sae_manifest(population, hook, model_k, variant)["sha256"]


def training_command(population: PopulationFolder, hook: str, variant: str = "") -> str:
    """What a user types to make the SAEs of a hook point, in backticks."""
    if variant == JOINT:
        return suggested("joint", "--population", population.root, "--hook", hook)
    suffix = ("--variant", variant) if variant else ()
    return suggested("train-sae", "--population", population.root, "--hook", hook, *suffix)


def add_figures(
    population: PopulationFolder, hook: str, model_k: int, variant: str, figures: dict[str, Any]
) -> dict[str, Any]:
    """Write measured figures into an SAE's manifest; returns the manifest."""
    manifest = {**sae_manifest(population, hook, model_k, variant), "figures": figures}
    artifacts.write_json(sae_artifact(population, hook, model_k, variant).manifest_path, manifest)
    return manifest
