"""Converting published files to a population folder, and a population's models to published files."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from culture_core.artifacts import MANIFEST, PopulationFolder, provenance, read_json, sha256_file
from culture_core.errors import CultureError
from culture_core.models.checkpoints import checkpoint_name, write_checkpoint
from culture_core.models.population import check_free, save_population
from culture_core.models.sources import HUB, README_FILE, REPORT_FILE, ModelSource, resolve_source
from culture_core.places import check_new_file

README_LIMIT = 4000
HOW_MADE = ("report", "readme", "training")


def convert(
    src: str | Path,
    out: str | Path,
    *,
    hub_repo: str | None = None,
    dtype: str = "float32",
    force: bool = False,
) -> PopulationFolder:
    """Make a population folder out of published files (a folder, or `hub`) or of another population.

    A c_quizzes.pth beside the models becomes quizzes/culture.npz; of a population all stored quizzes come
    along, with authors and verdicts. What a report.json and a README.md say
    about how the models were made joins the manifest.
    Errors: CultureError when src holds no models, or out exists and force is not given.
    """
    started = time.time()
    if hub_repo is not None and str(src) != HUB:
        raise CultureError("--hub-repo goes with the source hub")
    check_free(Path(out), force)
    source = resolve_source(src, hub_repo)
    is_population = MANIFEST in source.documents
    inside = [file for file in _source_files(source) if Path(out).resolve() in file.resolve().parents]
    if force and inside:
        raise CultureError(f"{out} is not replaced, because {inside[0]} lies in it; name another folder")
    hashes = {file.name: sha256_file(file) for file in _source_files(source)}
    return save_population(
        out,
        source.load_models(),
        made_by=provenance("convert", started, source=_portable(src), dtype=dtype),
        facts={"source": {"name": _portable(src), **source.facts, "files": hashes}, **_how_made(source)},
        dtype=dtype,
        culture_quizzes=None if is_population else source.load_culture_quizzes(),
        quizzes_of=PopulationFolder(Path(src)) if is_population else None,
        force=force,
    )


def export(source: str | Path | None, out: str | Path, model_ks: Iterable[int] | None = None) -> list[Path]:
    """Write models as published gpt_NNN.pth files into a folder; returns the files.

    Errors: CultureError when one of these files is there already, before any is written.
    """
    found = resolve_source(source)
    model_ks = list(found.ids if model_ks is None else model_ks)
    paths = [Path(out) / checkpoint_name(model_k) for model_k in model_ks]
    for path in paths:
        check_new_file(path)
    for path, model in zip(paths, found.load_models(model_ks), strict=True):
        write_checkpoint(path, model)
    return paths


def _source_files(source: ModelSource) -> list[Path]:
    """The files of a source that make up its models and quizzes."""
    models = [source.files[model_k] for model_k in source.ids]
    return models if source.culture_quizzes is None else [*models, source.culture_quizzes]


def _how_made(source: ModelSource) -> dict[str, Any]:
    """What a source's documents say about the making of its models, for the manifest."""
    if MANIFEST in source.documents:
        manifest = read_json(source.documents[MANIFEST])
        return {key: manifest[key] for key in HOW_MADE if key in manifest}
    known: dict[str, Any] = {}
    if REPORT_FILE in source.documents:
        known["report"] = read_json(source.documents[REPORT_FILE])
    if README_FILE in source.documents:
        known["readme"] = source.documents[README_FILE].read_text(errors="replace")[:README_LIMIT]
    return known


def _portable(src: str | Path) -> str:
    """A source's name for a manifest: no absolute path of this machine."""
    path = Path(src)
    return path.name if path.is_absolute() else path.as_posix()
