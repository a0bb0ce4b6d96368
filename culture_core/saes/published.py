"""The study's published SAE, from a folder or from the Hugging Face Hub.

It is in the layout of SAELens 3.14: a flat cfg.json and sae_weights.safetensors, architecture "standard"
(ReLU), d_in 512, d_sae 16384, b_dec not taken from the input. SAELens converts it when it reads it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from culture_core.artifacts import sha256_file
from culture_core.errors import CultureError
from culture_core.models.hub import download_folder
from culture_core.models.sources import HUB
from culture_core.saes.store import CONFIG, WEIGHTS, load_sae

if TYPE_CHECKING:
    from sae_lens import SAE

PUBLISHED_REPO = "tommyp111/culture-sae"
PUBLISHED_NAME = "gpt-0/blocks_8_mlp_out"


@dataclass(frozen=True)
class PublishedSAE:
    """An SAE that others trained.

    sae: SAELens' inference SAE. hook: TransformerLens name of its hook point. facts: where it comes from, for
    manifests.
    """

    sae: "SAE[Any]"
    hook: str
    facts: dict[str, Any]


def load_published_sae(
    source: str | Path = HUB,
    name: str = PUBLISHED_NAME,
    *,
    hub_repo: str | None = None,
    endpoint: str | None = None,
    cache_dir: Path | str | None = None,
    device: str = "cpu",
) -> PublishedSAE:
    """Read a published SAE.

    source: `hub`, or a folder that holds the two files, itself or under `name`. name: folder of the SAE in
    the repository. hub_repo, endpoint, cache_dir: as in models.hub.download_published.
    Errors: CultureError when it is not there, cannot be fetched or read, or does not name its hook point.
    """
    folder, facts = _find(str(source), name, hub_repo, endpoint, cache_dir)
    sae = load_sae(folder, device=device)
    hook = sae.cfg.metadata.hook_name
    if not hook:
        raise CultureError(f"{folder / CONFIG} does not say of which hook point this SAE is")
    return PublishedSAE(sae, hook, {**facts, "sha256": sha256_file(folder / WEIGHTS)})


def _find(
    source: str, name: str, hub_repo: str | None, endpoint: str | None, cache_dir: Path | str | None
) -> tuple[Path, dict[str, Any]]:
    """The folder with the two files, and what identifies it."""
    if source == HUB:
        repo = hub_repo or PUBLISHED_REPO
        download = download_folder(repo, name, (CONFIG, WEIGHTS), endpoint=endpoint, cache_dir=cache_dir)
        return download.files[CONFIG].parent, {"source": HUB, "name": name, **download.facts()}
    for folder in (Path(source), Path(source) / name):
        if (folder / CONFIG).is_file() and (folder / WEIGHTS).is_file():
            return folder, {"source": folder.name}
    raise CultureError(f"no SAE in {source}: neither it nor {name} in it holds {CONFIG} and {WEIGHTS}")
