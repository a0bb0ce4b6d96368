"""A feature index as an artifact: its path, its inputs, whether it is up to date."""

from culture_core.artifact import Artifact, Record, Source
from culture_core.artifacts import UNTRAINED, PopulationFolder
from culture_core.errors import suggested
from culture_core.features.index.job import LAYOUT, IndexJob
from culture_core.saes.store import sae_sha256
from culture_core.saes.variants import model_sha256

ACTIVATIONS = "activations"


def index_artifact(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> Artifact:
    """The index of one GPT's SAE, or of a baseline's ("untrained", "reseeded")."""
    sources = [
        Source("layout", "another version", lambda _: LAYOUT),
        Source("inputs.sae_sha256", "another SAE", lambda _: sae_sha256(population, hook, model_k, variant)),
    ]
    if variant != UNTRAINED:
        sources.append(
            Source("inputs.model_sha256", "another GPT", lambda _: model_sha256(population, model_k, variant))
        )
    suffix = ("--variant", variant) if variant else ()
    return Artifact(
        name=f"feature index of {variant + ' ' if variant else ''}GPT {model_k} at {hook}",
        population=population,
        folder=population.index(hook, model_k, variant),
        command=suggested("index", "--population", population.root, "--hook", hook, *suffix),
        arrays="index.npz",
        sources=tuple(sources),
        verb="is",
    )


def is_current(job: IndexJob) -> bool:
    """Whether the index of a job is there and made from the present inputs with the same settings."""
    index = index_artifact(job.population, job.hook, job.model_k, job.variant)
    return index.is_current({"inputs": job.inputs()})


def read_manifest(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> Record:
    """The manifest of an index that belongs to the SAE and the GPT on disk.

    Errors: CultureError that says what to run when it is missing, damaged or of others.
    """
    return index_artifact(population, hook, model_k, variant).manifest()


def remedy(population: PopulationFolder, hook: str, variant: str = "") -> str:
    """What to run when an index of a hook point is missing or not current."""
    return index_artifact(population, hook, 0, variant).remedy
