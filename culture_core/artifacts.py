"""The layout of cache/, manifests and hashes: the only place that spells a path.

    cache/NAME/manifest.json                 the population: models, shape, what made it
    cache/NAME/models/gpt_K.safetensors      the weights of GPT K
    cache/NAME/quizzes/NAME.npz              culture.npz: quizzes the GPTs invented; candidates.npz: by whom,
                                             and what every GPT made of them
    cache/NAME/evaluation.json               accuracy of every GPT
    cache/NAME/training.json                 the curves of every GPT's training
    cache/NAME/comparison.json               how alike its GPTs are, compared with other populations
    cache/NAME/saes/HOOK/gpt_K/              an SAE in SAELens' own format, and manifest.json
    cache/NAME/index/HOOK/gpt_K/             the feature index of that SAE, and manifest.json;
                                             gpt_K.parts/ while it is being made
    cache/NAME/matches/HOOK/                 best matches between the GPTs' features
    cache/NAME/layers/gpt_K/                 the features of GPT K nearest to each at adjacent hook points
    cache/NAME/concepts/HOOK/gpt_K/          every feature of that SAE graded on ground-truth concepts
    cache/NAME/probes/                       linear probes for the concepts, by layer
    cache/NAME/causal/HOOK/                  what ablating matched features does to each GPT
    cache/NAME/families/HOOK/                what groups and families of features do in each GPT
    cache/NAME/joint/HOOK/                   the joint dictionary beside the GPTs' own features
    cache/NAME/transfer/HOOK/                what each SAE finds in the mapped states of other GPTs
    cache/NAME/circuits/gpt_K/               accuracy without each layer, head and MLP; what heads attend to
    cache/NAME/heads/gpt_K/                  where each head looks, what it copies, what its ablation breaks
    cache/NAME/traces/gpt_K/                 what attribution graphs predict against what ablations do
    cache/NAME/trace_profiles/gpt_K/         what the answers of GPT K to many quizzes come from
    cache/NAME/novelty/                      which world task is nearest to each culture quiz
    cache/NAME/browse/                       a quiz set with every GPT's answer to each quiz

An SAE or index folder with a suffix, gpt_K.VARIANT, belongs to a baseline: "untrained" is of a GPT of the
same shape with random weights, "reseeded" is a second SAE of GPT K from another seed. "joint", kept under the
first GPT, is one dictionary of all GPTs together.

Everything is written whole or not at all (culture_core/writing.py).
"""

import hashlib
import json
import platform
import re
import time
import zipfile
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core.errors import CultureError
from culture_core.writing import atomic_file

MANIFEST = "manifest.json"
CACHE = Path("cache")
COMPARISON = "comparison.json"
PLAN = "build.toml"
OUT = Path("out")
UNTRAINED, RESEEDED, JOINT = "untrained", "reseeded", "joint"
BASELINES = (UNTRAINED, RESEEDED)
VARIANTS = ("", *BASELINES, JOINT)
# what commands write into the folder of a population
_ENTRIES = {
    *(MANIFEST, PLAN, COMPARISON, "evaluation.json", "training.json", "results.md", "results"),
    *("models", "quizzes", "novelty", "browse", "saes", "index", "matches", "layers", "concepts", "probes"),
    *("causal", "transfer", "joint", "families", "circuits", "heads", "traces", "trace_profiles"),
}


# how files are named deeper down in it: of GPTs, quizzes and pictures, and else by how they end
_FILES = {
    "models": r"gpt_\d+\.safetensors",
    "quizzes": r"(culture|candidates)\.npz",
    "results": r"(group|contrast)_[\w-]+\.png",
}
_ENDINGS = (".json", ".npz", ".npy", ".safetensors", ".pt", ".lock")


def _is_written(name: Path) -> bool:
    """Whether a command writes a file of this name, relative to the folder of a population."""
    if name.parts[0] not in _ENTRIES or len(name.parts) == 1:
        return name.parts[0] in _ENTRIES
    if name.parts[0] in _FILES:
        return len(name.parts) == 2 and bool(re.fullmatch(_FILES[name.parts[0]], name.name))
    return name.suffix in _ENDINGS


def written(path: Path) -> int | None:
    """When a file was written, in nanoseconds; None when it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: Any, indent: int | None = 1) -> None:
    """Write `value` as JSON, atomically; indent None: in one line, for what no one reads by eye."""
    with atomic_file(path) as partial:
        partial.write_text(json.dumps(value, indent=indent) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Errors: CultureError when the file is missing or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text())
    except FileNotFoundError:
        raise CultureError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        raise CultureError(f"{path} cannot be read as JSON: {error}") from None


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], *, tight: Container[str] = ()) -> None:
    """Write named arrays as a compressed npz file (inside a folder that is itself written atomically).

    tight: names of those compressed by LZMA, a seventh smaller than by numpy's own deflate and four times as
    long to read: for what is read piece by piece.
    """
    with zipfile.ZipFile(path, "w") as file:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_LZMA if name in tight else zipfile.ZIP_DEFLATED
            with file.open(entry, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def read_arrays(path: Path, remedy: str) -> dict[str, NDArray[Any]]:
    """All arrays of an npz file.

    Errors: CultureError with the file and `remedy` when it is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception as error:  # numpy and zipfile raise many kinds for a damaged file
        raise CultureError(f"{path} cannot be read ({error}); {remedy}") from None


def map_array(path: Path, remedy: str) -> NDArray[Any]:
    """The array of an npy file, memory-mapped.

    Errors: CultureError with the file and `remedy` when it is missing, cut short or damaged.
    """
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # numpy raises many kinds for a damaged file
        raise CultureError(f"{path} cannot be read ({error}); {remedy}") from None


def provenance(command: str, started: float | None = None, **inputs: Any) -> dict[str, Any]:
    """What made an artifact: command, settings or input hashes, versions, date, seconds since `started`
    (time.time())."""
    packages = ("culture-core", "torch", "numpy", "transformer_lens", "sae_lens")
    record: dict[str, Any] = {"command": command, "inputs": inputs, "versions": _versions(packages)}
    record["made_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if started is not None:
        record["seconds"] = round(time.time() - started, 1)
    return record


def _versions(packages: tuple[str, ...]) -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


@dataclass(frozen=True)
class PopulationFolder:
    """The path of each artifact of one population."""

    root: Path

    @property
    def name(self) -> str:
        return self.root.name

    @property
    def manifest(self) -> Path:
        return self.root / MANIFEST

    @property
    def plan(self) -> Path:
        """What `culture build` makes of this population."""
        return self.root / PLAN

    @property
    def evaluation(self) -> Path:
        return self.root / "evaluation.json"

    @property
    def training(self) -> Path:
        return self.root / "training.json"

    @property
    def comparison(self) -> Path:
        return self.root / COMPARISON

    @property
    def browse(self) -> Path:
        return self.root / "browse"

    @property
    def novelty(self) -> Path:
        return self.root / "novelty"

    def model(self, model_k: int) -> Path:
        return self.root / "models" / f"gpt_{model_k}.safetensors"

    @property
    def all_quizzes(self) -> Path:
        return self.root / "quizzes"

    def quizzes(self, name: str) -> Path:
        return self.all_quizzes / f"{name}.npz"

    @property
    def probes(self) -> Path:
        return self.root / "probes"

    @property
    def circuits(self) -> Path:
        return self.root / "circuits"

    def circuits_of(self, model_k: int) -> Path:
        return self.circuits / _gpt(model_k)

    def heads(self, model_k: int) -> Path:
        return self.root / "heads" / _gpt(model_k)

    def trace_check(self, model_k: int) -> Path:
        return self.root / "traces" / _gpt(model_k)

    def trace_profile(self, model_k: int) -> Path:
        return self.root / "trace_profiles" / _gpt(model_k)

    def sae(self, hook: str, model_k: int, variant: str = "") -> Path:
        return self.root / "saes" / hook / _gpt(model_k, variant)

    def sae_training(self, model_k: int, hooks: Sequence[str], variant: str = "") -> Path:
        """Checkpoints of the SAEs of a GPT at these hook points while they are in training."""
        points = hashlib.sha256(" ".join(hooks).encode()).hexdigest()[:8]
        return self.root / "saes" / f".{_gpt(model_k, variant)}.{points}.training"

    def index(self, hook: str, model_k: int, variant: str = "") -> Path:
        return self.root / "index" / hook / _gpt(model_k, variant)

    def index_parts(self, hook: str, model_k: int, variant: str = "") -> Path:
        """Where the parts of an index under way gather."""
        return self.root / "index" / hook / f"{_gpt(model_k, variant)}.parts"

    def concepts(self, hook: str, model_k: int, variant: str = "") -> Path:
        return self.root / "concepts" / hook / _gpt(model_k, variant)

    def families(self, hook: str) -> Path:
        return self.root / "families" / hook

    def joint(self, hook: str) -> Path:
        return self.root / "joint" / hook

    def causal(self, hook: str) -> Path:
        return self.root / "causal" / hook

    def transfer(self, hook: str) -> Path:
        return self.root / "transfer" / hook

    def matches(self, hook: str) -> Path:
        return self.root / "matches" / hook

    def layers(self, model_k: int) -> Path:
        return self.root / "layers" / _gpt(model_k)

    def strangers(self) -> list[str]:
        """Names of files in the folder, or deeper, that no command writes there, sorted."""
        paths = [path for path in self.root.rglob("*") if not path.is_dir() or path.parent == self.root]
        names = {path.relative_to(self.root) for path in paths if not path.name.endswith(".partial")}
        return sorted(name.as_posix() for name in names if not _is_written(name))

    def hooks(self) -> list[str]:
        """Names of the hook points that have SAEs, sorted."""
        return _subfolders(self.root / "saes")

    def indexed_hooks(self) -> list[str]:
        """Names of the hook points that have a feature index, sorted."""
        return _subfolders(self.root / "index")


def _gpt(model_k: int, variant: str = "") -> str:
    assert variant in VARIANTS
    return f"gpt_{model_k}.{variant}" if variant else f"gpt_{model_k}"


def _subfolders(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def populations(cache: Path = CACHE) -> list[PopulationFolder]:
    """Every population under cache/, sorted by name."""
    return [
        PopulationFolder(cache / name) for name in _subfolders(cache) if (cache / name / MANIFEST).is_file()
    ]
