"""The entry point: a population as one object that opens everything in it.

    population = open_population("cache/world-1M")
    hook = population.hooks[0]
    population.index(hook, 0).table
    population.matches(hook).groups

Nothing is read before it is needed, and what was read is cached until it is rebuilt on disk. What is
handed out is shared: read it, do not write to it. Threads may share a population.
"""

from collections.abc import Callable, Hashable
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from culture_core import artifacts
from culture_core.answers.browse import BrowseSet, browse_artifact, open_browse
from culture_core.artifact import Artifact, Record
from culture_core.artifacts import MANIFEST, VARIANTS, PopulationFolder
from culture_core.circuits.check_stage import TraceCheck, check_artifact, open_check
from culture_core.circuits.heads.catalogue import Heads
from culture_core.circuits.heads.store import heads_artifact, open_heads
from culture_core.circuits.profile import Profiles
from culture_core.circuits.profile_stage import open_profile, profile_artifact
from culture_core.comparison.compare import open_comparison
from culture_core.culture.reader import CultureSet, open_culture
from culture_core.errors import CultureError, suggested
from culture_core.evaluation.circuits import Circuits, circuits_artifact, open_circuits_of
from culture_core.evaluation.report import evaluation_artifact, open_evaluation
from culture_core.features.grading.reader import Grades, grades_artifact, open_grades
from culture_core.features.index.reader import FeatureIndex, open_index
from culture_core.features.index.store import index_artifact
from culture_core.features.probing.store import Probes, open_probes, probes_artifact
from culture_core.models.api import load_hooked, load_quizzes
from culture_core.models.mygpt import MyGPT
from culture_core.models.population import read_manifest
from culture_core.models.sources import default_population, resolve_source
from culture_core.saes.hook_order import by_depth, main_hook
from culture_core.saes.plain import read_sae
from culture_core.saes.protocols import Encoder
from culture_core.saes.store import sae_artifact
from culture_core.universality.causal.reader import CausalReader, open_causal
from culture_core.universality.causal.store import causal_artifact
from culture_core.universality.families.reader import FamilyReader, open_families
from culture_core.universality.families.store import families_artifact
from culture_core.universality.joint.reader import JointReader, open_joint
from culture_core.universality.joint.store import joint_artifact
from culture_core.universality.layers.reader import LayerReader
from culture_core.universality.layers.store import layers_artifact, open_layers
from culture_core.universality.matching.store import MatchReader, matches_artifact, open_matches
from culture_core.universality.transfer.reader import TransferReader, open_transfer
from culture_core.universality.transfer.store import transfer_artifact
from culture_core.world.quizzes import QuizBatch

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer

T = TypeVar("T")

ARTIFACTS: dict[str, Callable[..., Artifact]] = {
    "evaluation": evaluation_artifact,
    "browse": browse_artifact,
    "sae": sae_artifact,
    "index": index_artifact,
    "grades": grades_artifact,
    "probes": probes_artifact,
    "matches": matches_artifact,
    "causal": causal_artifact,
    "families": families_artifact,
    "transfer": transfer_artifact,
    "joint": joint_artifact,
    "circuits": circuits_artifact,
    "heads": heads_artifact,
    "layers": layers_artifact,
    "trace_check": check_artifact,
    "trace_profile": profile_artifact,
}


class Population:
    """A population and everything built from it.

    folder: where it lies; hook: a hook point that has SAEs, of `hooks`; k: the id of a GPT, of `models`;
    variant: "" or another SAE: a baseline's ("untrained", "reseeded"), or the one of all GPTs ("joint").
    Errors: every method raises CultureError, one line that says what to run, when what it opens is missing,
    damaged or of other inputs, and for a GPT or hook point that is not there.
    """

    def __init__(self, folder: PopulationFolder) -> None:
        self.folder = folder
        self._lock = RLock()
        self._opened: dict[Hashable, tuple[Hashable, Any]] = {}

    def __repr__(self) -> str:
        hooks = ", ".join(self.hooks) or "no hook point yet"
        return f"Population {self.name!r}: {len(self.models)} GPTs, SAEs at {hooks}"

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def manifest(self) -> dict[str, Any]:
        """What the population is and how it was built."""
        return self._kept(
            "manifest", artifacts.written(self.folder.manifest), lambda: read_manifest(self.folder.root)
        )

    @property
    def models(self) -> tuple[int, ...]:
        """Ids of the GPTs."""
        return tuple(model["id"] for model in self.manifest["models"])

    @property
    def hooks(self) -> tuple[str, ...]:
        """Hook points that have SAEs, in the order of a forward pass."""
        return tuple(by_depth(self.folder.hooks()))

    @property
    def main_hook(self) -> str:
        """The hook point shown first: at 2/3 depth if it has SAEs; "" where none has."""
        n_blocks = self.manifest["config"]["n_blocks"]
        return main_hook(self.hooks, n_blocks) if self.hooks else ""

    def artifact(self, kind: str, *of: Any) -> Artifact:
        """The declaration of an artifact: where it is, whether it exists, when it was written.

        kind: one of ARTIFACTS; of: what tells which one, as in artifact("index", hook, k).
        """
        return ARTIFACTS[kind](self.folder, *of)

    def has(self, kind: str, *of: Any) -> bool:
        """Whether an artifact is there, from whatever inputs."""
        return self.artifact(kind, *of).is_there()

    def gpt(self, k: int) -> MyGPT:
        """One GPT, on the CPU in eval mode."""
        return self._of_weights("gpt", k, lambda: resolve_source(self.folder.root).load_models(k)[0])

    def hooked(self, k: int) -> "HookedTransformer":
        """The same GPT in TransformerLens."""
        return self._of_weights("hooked", k, lambda: load_hooked(k, self.folder.root)[0])

    def sae(self, hook: str, k: int, variant: str = "") -> Encoder:
        """One SAE, on the CPU."""
        artifact = self._at(hook, "sae", k, variant)

        def read() -> Encoder:
            artifact.manifest()
            return read_sae(artifact.folder)

        return self._kept(("sae", hook, k, variant), artifact.written(), read)

    def sae_manifest(self, hook: str, k: int, variant: str = "") -> Record:
        """How one SAE was trained, and its metrics."""
        return self._at(hook, "sae", k, variant).manifest()

    def index(self, hook: str, k: int, variant: str = "") -> FeatureIndex:
        """The feature index of one SAE."""
        return self._open("index", open_index, hook, k, variant)

    def grades(self, hook: str, k: int, variant: str = "") -> Grades:
        """One SAE's features graded on the ground-truth concepts."""
        return self._open("grades", open_grades, hook, k, variant)

    def matches(self, hook: str) -> MatchReader:
        """Best matches and groups of the GPTs' features."""
        return self._open("matches", open_matches, hook)

    def causal(self, hook: str) -> CausalReader:
        """What ablating matched features does to each GPT."""
        return self._open("causal", open_causal, hook)

    def transfer(self, hook: str) -> TransferReader:
        """What each SAE finds in the mapped states of the other GPTs."""
        return self._open("transfer", open_transfer, hook)

    def families(self, hook: str) -> FamilyReader:
        """What groups and families of features do to the answer, in each GPT."""
        return self._open("families", open_families, hook)

    def joint(self, hook: str) -> JointReader:
        """The dictionary of all GPTs together, beside their own features."""
        return self._open("joint", open_joint, hook)

    def layers(self, k: int) -> LayerReader:
        """The features of one GPT that fire on the same tokens before and after each."""
        return self._of_gpt("layers", open_layers, k)

    def circuits(self, k: int) -> Circuits:
        """What each layer, head and MLP of one GPT contributes, and what its heads attend to."""
        return self._of_gpt("circuits", open_circuits_of, k)

    def heads(self, k: int) -> Heads:
        """Where each head of one GPT looks, what it copies, and what its ablation breaks, by task."""
        return self._of_gpt("heads", open_heads, k)

    def trace_check(self, k: int) -> TraceCheck:
        """What attribution graphs of one GPT predict, against what ablations do."""
        return self._of_gpt("trace_check", open_check, k)

    def trace_profile(self, k: int) -> Profiles:
        """What the answers of one GPT to many quizzes come from."""
        return self._of_gpt("trace_profile", open_profile, k)

    def probes(self) -> Probes:
        """Linear probes for the concepts, by layer."""
        written = self.artifact("probes").written()
        return self._kept("probes", written, lambda: open_probes(self.folder))

    def browse(self) -> BrowseSet:
        """A quiz set with the answers of all GPTs."""
        written = self.artifact("browse").written()
        return self._kept("browse", written, lambda: open_browse(self.folder))

    def evaluation(self) -> Record:
        """Accuracy of each GPT by task and structure, as `culture evaluate --save` kept it."""
        written = self.artifact("evaluation").written()
        return self._kept("evaluation", written, lambda: open_evaluation(self.folder))

    def culture(self) -> CultureSet:
        """The quizzes that the GPTs invented, with authors and verdicts."""
        files = (self.folder.quizzes(name) for name in ("candidates", "culture"))
        return self._kept("culture", tuple(map(artifacts.written, files)), lambda: open_culture(self.folder))

    def comparison(self) -> dict[str, Any]:
        """How alike these GPTs are, beside other populations, as `culture compare --keep-in` kept it."""
        written = artifacts.written(self.folder.comparison)
        return self._kept("comparison", written, lambda: open_comparison(self.folder))

    def training(self) -> dict[int, list[dict[str, Any]]]:
        """By GPT, the records of its training; empty for a population that came without."""
        path = self.folder.training
        if not path.is_file():
            return {}
        log = self._kept("training", artifacts.written(path), lambda: artifacts.read_json(path))
        return {int(k): records for k, records in log["models"].items()}

    def quizzes(
        self,
        name: str = "world",
        n: int | None = None,
        *,
        seed: int = 0,
        structure: str = "answerable",
        noise: float = 0.05,
    ) -> QuizBatch:
        """Quizzes of the world, or ("culture") those that these GPTs invented; see `load_quizzes`."""
        root = self.folder.root
        return load_quizzes(name, n, seed=seed, structure=structure, noise=noise, source=root)

    def _open(self, kind: str, read: Callable[..., T], hook: str, *of: Any) -> T:
        """The artifacts at a hook point, opened once."""
        artifact = self._at(hook, kind, *of)
        written = (artifact.written(), *self._inputs_written(hook, *of[1:]))
        return self._kept((kind, hook, *of), written, lambda: read(self.folder, hook, *of))

    def _inputs_written(self, hook: str, variant: str = "") -> list[int | None]:
        """When the GPTs, the SAEs of a hook point, their indexes and their matches were written: what is
        made from them is opened anew, and checked, once they are replaced."""
        folders = [
            folder(hook, k, which)
            for folder in (self.folder.sae, self.folder.index)
            for k in self.models
            for which in {"", variant}
        ]
        paths = [self.folder.root, self.folder.matches(hook), *folders]
        return [artifacts.written(path / MANIFEST) for path in paths]

    def _at(self, hook: str, kind: str, *of: Any) -> Artifact:
        if hook not in self.hooks:
            known = ", ".join(self.hooks)
            say = (
                f"there are: {known}"
                if known
                else f"run {suggested('build', '--population', self.folder.root)}"
            )
            raise CultureError(f"no SAEs at {hook!r} in {self.folder.root}; {say}")
        if of:
            self._check_model(of[0])
        if of[1:] and of[1] not in VARIANTS:
            raise CultureError(f"no variant {of[1]!r}: there are {', '.join(filter(None, VARIANTS))}, and ''")
        return self.artifact(kind, hook, *of)

    def _of_gpt(self, kind: str, read: Callable[[PopulationFolder, int], T], k: int) -> T:
        self._check_model(k)
        return self._kept((kind, k), self.artifact(kind, k).written(), lambda: read(self.folder, k))

    def _check_model(self, k: int) -> None:
        if k not in self.models:
            known = ", ".join(map(str, self.models))
            raise CultureError(f"there is no GPT {k} in {self.folder.root}; there are: {known}")

    def _of_weights(self, kind: str, k: int, load: Callable[[], T]) -> T:
        self._check_model(k)
        return self._kept((kind, k), artifacts.written(self.folder.manifest), load)

    def _kept(self, key: Hashable, written: Hashable, read: Callable[[], T]) -> T:
        """What `read` gave when the file was last written; one thread reads while others wait."""
        with self._lock:
            known = self._opened.get(key)
            if known is None or known[0] != written:
                known = self._opened[key] = (written, read())
            return known[1]


def open_population(path: str | Path | None = None) -> Population:
    """Open a population folder, as in "cache/world-1M"; the first in cache/ when None.

    Errors: CultureError when there is none there.
    """
    folder = default_population() if path is None else PopulationFolder(Path(path))
    if not folder.manifest.is_file():
        known = ", ".join(str(population.root) for population in artifacts.populations()) or "none yet"
        raise CultureError(
            f"{path} is not a population folder (no {MANIFEST}); make one with `culture convert` or "
            f"`culture train`. In cache/: {known}"
        )
    read_manifest(folder.root)
    return Population(folder)
