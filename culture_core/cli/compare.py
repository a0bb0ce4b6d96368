"""`culture compare`: whether the GPTs of one population are more alike than those of another."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.cli import common
from culture_core.errors import CultureError, suggested
from culture_core.models.choice import check_several, find_population

if TYPE_CHECKING:
    from torch import Tensor

    from culture_core.comparison.compare import Compared
    from culture_core.comparison.measure import LikenessSettings

DESCRIPTION = "compare populations: how alike their GPTs are in features, answers and states"
EXAMPLES = (
    "compare cache/before cache/after cache/control --culture-of cache/after --keep-in cache/after",
    "compare cache/before cache/after --parts answers,states",
    "compare cache/before cache/after --as-built",
)
# settings of the SAEs that are trained for the comparison, and quizzes of their indexes
SAE_DEFAULTS = {"tokens": 1_000_000, "width": 16, "k": 16, "finetune_quizzes": 0}
SAE_OPTIONS = tuple(SAE_DEFAULTS)
BUILDING_DEFAULTS = {**SAE_DEFAULTS, "index": 2000}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.comparison.measure import LikenessSettings

    default = LikenessSettings()
    parser.add_argument("populations", nargs="+", help="population folders; the first is the reference")
    parser.add_argument(
        "--out", default=None, help="where to write the result (default: out/comparison.json)", metavar="FILE"
    )
    parser.add_argument(
        "--keep-in",
        default=None,
        help="also save the result in this population (one of those compared), for its results page",
        metavar="cache/NAME",
    )
    parser.add_argument(
        "--parts", default="features,answers,states", help="what to compare", metavar="PART,.."
    )
    parser.add_argument(
        "--culture-of",
        default=None,
        help="also answer this population's held-out culture quizzes",
        metavar="cache/NAME",
    )
    parser.add_argument(
        "--world", type=common.positive, default=default.n_world, help="world quizzes to answer"
    )
    parser.add_argument(
        "--states",
        type=common.positive,
        default=default.states.n_quizzes,
        help="quizzes whose states are compared",
    )
    parser.add_argument("--seed", type=int, default=default.seed, help="seed of quizzes, noise and shuffling")
    _add_building(parser)
    common.add_workers(parser)


def _add_building(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--work",
        default=str(artifacts.OUT / "comparison"),
        help="folder in which SAEs, indexes and matches are built, one subfolder per population",
    )
    parser.add_argument(
        "--as-built",
        action="store_true",
        help="build nothing; use the SAEs and matches of the populations",
    )
    common.add_hook(parser, default="residual stream at 2/3 depth")
    parser.add_argument(
        "--tokens", type=common.positive, default=BUILDING_DEFAULTS["tokens"], help="tokens an SAE trains on"
    )
    parser.add_argument(
        "--width",
        type=common.positive,
        default=BUILDING_DEFAULTS["width"],
        help="features per dimension of the hook",
    )
    parser.add_argument(
        "--k", type=common.positive, default=BUILDING_DEFAULTS["k"], help="features that fire per token"
    )
    parser.add_argument(
        "--finetune-quizzes",
        type=common.count,
        default=BUILDING_DEFAULTS["finetune_quizzes"],
        help="quizzes in the last stage of SAE training",
    )
    parser.add_argument(
        "--index",
        type=common.positive,
        default=BUILDING_DEFAULTS["index"],
        help="quizzes over which features are matched",
    )


def run(args: argparse.Namespace) -> None:
    from culture_core.comparison.compare import check_comparison_file, compare, write_comparison
    from culture_core.comparison.measure import FEATURES

    common.use_threads(args)
    parts = _parts(args.parts)
    _check_options(args, parts)
    populations = [find_population(path) for path in args.populations]
    _check_names(populations)
    for population in populations:
        check_several(population)
    kept_in = _kept_in(args, populations)
    out = Path(args.out) if args.out else artifacts.OUT / artifacts.COMPARISON
    check_comparison_file(out)
    culture = None if args.culture_of is None else _held_out(find_population(args.culture_of))
    hook = _the_hook(args.hook, populations[0])
    comparison = compare(
        _compared(args, populations, hook, build=FEATURES in parts),
        _settings(args),
        common.command_line(),
        hook=hook,
        parts=parts,
        culture_quizzes=culture,
        feature_settings=_feature_settings(args) if FEATURES in parts else None,
        progress=True,
    )
    for path in [out, *([kept_in.comparison] if kept_in else [])]:
        write_comparison(path, comparison)
        print(f"comparison written to {path}")
    report(comparison)


def report(comparison: dict[str, Any]) -> None:
    """Print every measure of every population, and how it differs from the first."""
    from culture_core.comparison.tables import difference_rows, measure_rows, unpaired_words

    print("\nmean over pairs of GPTs (95% interval: jackknife over GPTs)")
    print(common.table(measure_rows(comparison)))
    if comparison["differences"]:
        print(f"\nmore than in {comparison['differences'][0]['from']}, pair by pair")
        print(common.table(difference_rows(comparison)))
    if unpaired := unpaired_words(comparison):
        print(f"\n{unpaired}")


def _check_options(args: argparse.Namespace, parts: list[str]) -> None:
    """Errors: CultureError for options that would do nothing."""
    from culture_core.comparison.compare import ANSWERS
    from culture_core.comparison.measure import FEATURES

    given = [name for name, default in BUILDING_DEFAULTS.items() if getattr(args, name) != default]
    option = f"--{given[0].replace('_', '-')}" if given else "--hook" if args.hook else "--as-built"
    if FEATURES not in parts and (given or args.hook or args.as_built):
        raise CultureError(f"{option} is about features, which --parts {args.parts} leaves out")
    if args.as_built and given:
        raise CultureError(f"{option} does not go with --as-built, which builds nothing")
    if args.culture_of and ANSWERS not in parts:
        raise CultureError(f"--culture-of asks for answers, which --parts {args.parts} leaves out")


def _parts(text: str) -> list[str]:
    from culture_core.comparison.compare import PARTS

    parts = [part.strip() for part in text.split(",")]
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise CultureError(f"no part {unknown[0]!r} of a comparison: choose from {', '.join(PARTS)}")
    return parts


def _check_names(populations: list[PopulationFolder]) -> None:
    names = [population.name for population in populations]
    if len(names) < 2 or len(set(names)) < len(names):
        raise CultureError(
            f"name two or more populations whose folders differ in name, not {', '.join(names)}"
        )


def _kept_in(args: argparse.Namespace, populations: list[PopulationFolder]) -> PopulationFolder | None:
    if args.keep_in is None:
        return None
    chosen = [one for one in populations if one.root.resolve() == Path(args.keep_in).resolve()]
    if not chosen:
        raise CultureError(f"{args.keep_in} is not one of the populations that are compared")
    return chosen[0]


def _held_out(population: PopulationFolder) -> "Tensor":
    from culture_core.models.sources import resolve_source

    invented = resolve_source(population.root).load_culture_quizzes()
    if invented is None or not len(invented[1]):
        again = suggested("invent", "--population", population.root, "--n", "1000")
        raise CultureError(f"{population.root} has no held-out culture quizzes; run {again}")
    return invented[1]


def _the_hook(hook: str | None, first: PopulationFolder) -> str:
    from culture_core.saes.choice import usual_hook

    return hook or usual_hook(first)


def _compared(
    args: argparse.Namespace, populations: list[PopulationFolder], hook: str, *, build: bool
) -> "list[Compared]":
    from culture_core.comparison.compare import Compared
    from culture_core.comparison.work import work_folder

    if not build:
        return [Compared(one.name, one) for one in populations]
    if args.as_built:
        return [Compared(one.name, one, one) for one in populations]
    compared = []
    for one in populations:
        folder = work_folder(one, Path(args.work))
        print(f"\n{one.name}: SAEs, indexes and matches in {folder.root}", flush=True)
        _build(folder, hook, args)
        compared.append(Compared(one.name, one, folder))
    return compared


def _build(folder: PopulationFolder, hook: str, args: argparse.Namespace) -> None:
    """Build what features are compared by; what is up to date is skipped."""
    from culture_core.features.index.quiz_set import QuizSet
    from culture_core.features.index.stage import IndexSettings, index_jobs, index_saes
    from culture_core.saes.training_stage import DEFAULTS, at_hooks, train_population_saes
    from culture_core.universality.matching.stage import match_saes
    from culture_core.universality.matching.store import MatchSettings

    workers = common.the_workers(args)
    made: dict[str, Any] = {"if_stale": True, "command": common.command_line()}
    chosen = {name: getattr(args, name) for name in SAE_OPTIONS}
    saes = at_hooks(folder, [hook], replace(DEFAULTS, **chosen))
    train_population_saes(folder, saes, workers=workers, **made)
    settings = replace(IndexSettings(), quiz_set=replace(QuizSet(), n=args.index))
    index_saes(index_jobs(folder, hook, settings), workers=workers, **made)
    match_saes(folder, hook, MatchSettings(rotation_quizzes=0), **made)


def _feature_settings(args: argparse.Namespace) -> dict[str, Any]:
    if args.as_built:
        return {"as_built": True}
    chosen = {name: getattr(args, name) for name in SAE_OPTIONS}
    return {**chosen, "index_quizzes": args.index}


def _settings(args: argparse.Namespace) -> "LikenessSettings":
    from culture_core.comparison.measure import LikenessSettings
    from culture_core.comparison.states import StateSettings

    return LikenessSettings(
        n_world=args.world, seed=args.seed, states=StateSettings(n_quizzes=args.states, seed=args.seed + 1)
    )
