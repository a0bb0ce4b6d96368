"""`culture index`: the feature index of every SAE at a hook point."""

import argparse
import time

from culture_core.artifacts import PopulationFolder, provenance
from culture_core.cli import common
from culture_core.errors import CultureError
from culture_core.features.quiz_set import QuizSet

DESCRIPTION = (
    "index every SAE feature of a hook point in one pass over a quiz set: density, histogram, top quizzes"
)
EXAMPLES = (
    "index --population cache/world-1M",
    "index --population cache/world-1M --hook blocks.2.hook_resid_post --models 0,1 --n 8000",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = QuizSet()
    common.add_population(parser)
    common.add_models(parser)
    parser.add_argument("--hook", default=None, help="hook point (default: the only one that has SAEs)")
    parser.add_argument("--n", type=common.positive, default=default.n, help="quizzes, the tasks in turn")
    parser.add_argument("--seed", type=int, default=default.seed, help="seed of the quiz set")
    common.add_threads(parser)


def run(args: argparse.Namespace) -> None:
    common.use_threads(args)
    population, manifest = common.open_population(args.population)
    hook = the_hook(population, args.hook)
    quiz_set = QuizSet(n=args.n, seed=args.seed)
    for model_k in common.chosen_models(manifest, args.models):
        index_model(population, hook, model_k, quiz_set)


def the_hook(population: PopulationFolder, hook: str | None) -> str:
    """The hook point asked for, or the only one there is.

    Errors: CultureError when it has no SAEs, or when there are several to choose from.
    """
    hooks = population.hooks()
    if hook is None and len(hooks) == 1:
        return hooks[0]
    if hook in hooks:
        return hook
    known = ", ".join(hooks) or "none; run `culture train-sae`"
    wanted = "say which with --hook" if hook is None else f"none at {hook!r}"
    raise CultureError(f"SAEs in {population.root}: {wanted}; there are: {known}")


def index_model(population: PopulationFolder, hook: str, model_k: int, quiz_set: QuizSet) -> None:
    """Index one GPT's SAE and write it into the population."""
    from culture_core.features.index import build_index
    from culture_core.features.store import save_index
    from culture_core.models.api import load_hooked
    from culture_core.saes.store import load_sae, sae_manifest

    started = time.time()
    sae_sha256 = sae_manifest(population, hook, model_k)["sha256"]
    model = load_hooked([model_k], source=population.root)[0]
    sae = load_sae(population.sae(hook, model_k))
    index = build_index(model, sae, hook, quiz_set, progress=f"index of GPT {model_k}")
    manifest = {
        "id": model_k,
        "hook": hook,
        "sae_sha256": sae_sha256,
        "quiz_set": quiz_set.to_json(),
        "made_by": provenance(common.command_line(), started),
    }
    save_index(index, population, hook, model_k, manifest)
