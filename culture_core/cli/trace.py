"""`culture trace`: one answer of one GPT, traced back through SAE features to the cells it comes from."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings
from culture_core.cli.trace_files import new_picture, viewer_file

if TYPE_CHECKING:
    from culture_core.artifacts import PopulationFolder
    from culture_core.circuits.check_stage import TraceCheck
    from culture_core.circuits.sharing import Sharing
    from culture_core.circuits.stage import TracedAnswer

DESCRIPTION = "trace one answer back through SAE features to the cells it comes from: an attribution graph"
EXAMPLES = (
    "trace --population cache/world-1M --quiz 4 --gpt 0",
    "trace --population cache/world-1M --quiz 4 --cell 3,4 --against red --out graph.json",
    "trace --population cache/world-1M --quiz 4 --viewer viewer.json    # to open in Neuronpedia",
    "trace --population cache/world-1M --quiz 4 --ablate 5 --picture quiz4.png",
    "trace --population cache/world-1M --quiz 4 --head 2.0    # why this head looks where it looks",
    "trace --population cache/world-1M --check --if-stale    # ablate the nodes of many graphs in every GPT",
    "trace --population cache/world-1M --profile             # trace many quizzes in all GPTs, and compare",
)
SHOWN, PAIRS_SHOWN = 20, 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.circuits.check import CheckSettings
    from culture_core.circuits.profile import ProfileSettings
    from culture_core.circuits.stage import AnswerSettings

    common.add_population(parser)
    add_settings(parser, AnswerSettings())
    parser.add_argument(
        "--out",
        default=None,
        type=common.report_file,
        help="also write the whole graph to this file",
        metavar="FILE",
    )
    parser.add_argument(
        "--picture",
        default=None,
        type=new_picture,
        help="also draw the cells that the answer comes from, in every GPT, as a new PNG",
        metavar="FILE",
    )
    parser.add_argument(
        "--ablate",
        default=0,
        type=common.count,
        help="also take away the N strongest supernodes of features, one at a time (default: 0)",
        metavar="N",
    )
    parser.add_argument(
        "--viewer",
        default=None,
        type=viewer_file,
        help="also write it in the form that circuit-tracer and Neuronpedia read",
        metavar="FILE",
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--check",
        action="store_true",
        help="instead of tracing one answer, ablate nodes of many graphs and compare with what is predicted",
    )
    instead.add_argument(
        "--profile",
        action="store_true",
        help="instead of tracing one answer, trace quizzes of every task in all GPTs and compare the GPTs",
    )
    instead.add_argument(
        "--head",
        default=None,
        type=_head,
        help="instead of tracing the answer, explain why this head looks where it does when the cell is "
        "predicted",
        metavar="BLOCK.HEAD",
    )
    parser.add_argument(
        "--looks-at",
        default=None,
        type=common.count,
        help="token that --head looks at, counted from the 0 in front (default: the one it attends to most)",
        metavar="N",
    )
    add_settings(parser, CheckSettings())
    add_settings(parser, ProfileSettings())
    common.add_models(parser)
    common.add_if_stale(parser)
    common.add_workers(parser)


def run(args: argparse.Namespace) -> None:
    _check_options(args)
    if args.check:
        _check(args)
    elif args.profile:
        _profile(args)
    elif args.head is not None:
        _look(args)
    else:
        _trace(args)


def _check_options(args: argparse.Namespace) -> None:
    """Errors: CultureError for options that would do nothing."""
    from culture_core.circuits.stage import AnswerSettings
    from culture_core.errors import CultureError

    if args.head is None and args.looks_at is not None:
        raise CultureError("--looks-at goes with --head")
    given = [name for name in ("out", "picture", "ablate", "viewer", "against") if getattr(args, name)]
    if args.head is not None and given:
        raise CultureError(f"--{given[0]} is about a graph, and --head traces none")
    named = ("quiz", "cell", "gpt")
    given += [name for name in named if getattr(args, name) != getattr(AnswerSettings, name)]
    if (args.check or args.profile) and given:
        raise CultureError(f"--{given[0]} is about one answer; --check and --profile trace many")
    if not (args.check or args.profile) and (args.models or args.if_stale):
        option = "--models" if args.models else "--if-stale"
        raise CultureError(f"{option} goes with --check or --profile; one answer is traced in --gpt")


def _check(args: argparse.Namespace) -> None:
    from culture_core.circuits.check import CheckSettings
    from culture_core.circuits.check_stage import check_population
    from culture_core.circuits.graph import TraceSettings

    checks = check_population(
        common.the_population(args),
        read_settings(args, CheckSettings()),
        read_settings(args, TraceSettings()),
        **_of_stage(args),
    )
    show_checks(checks)


def _of_stage(args: argparse.Namespace) -> dict[str, Any]:
    """What both stages take."""
    return {
        "models": args.models,
        "if_stale": args.if_stale,
        "workers": common.the_workers(args),
        "command": common.command_line(),
    }


def show_checks(checks: "list[TraceCheck]") -> None:
    """Print how well graphs predict what ablations do, beside random features."""
    rows = [
        {"GPT": check.model_k, "prediction": prediction, **asdict(found)}
        for check in checks
        for prediction, found in check.rows.items()
    ]
    print(common.table(rows))


def _profile(args: argparse.Namespace) -> None:
    from culture_core.circuits.profile import ProfileSettings
    from culture_core.circuits.profile_stage import profile_population

    sharing = profile_population(
        common.the_population(args),
        read_settings(args, ProfileSettings()),
        **_of_stage(args),
    )
    show_sharing(sharing)


def show_stage(found: "list[TraceCheck] | Sharing | None") -> None:
    """Print what either stage of a build found."""
    if isinstance(found, list):
        show_checks(found)
    else:
        show_sharing(found)


def show_sharing(sharing: "Sharing | None") -> None:
    """Print how alike the circuits of the GPTs are, beside other quizzes."""
    if sharing is not None:
        print(common.table(sharing.means().to_dict("records")))


def _head(text: str) -> tuple[int, int]:
    from culture_core.circuits.heads.one_look import read_head

    return read_head(text)


def _look(args: argparse.Namespace) -> None:
    from culture_core.circuits.stage import AnswerSettings, look_at
    from culture_core.circuits.words import look_rows
    from culture_core.figures.looks import look_sentence

    common.use_threads(args)
    population, settings = common.the_population(args), read_settings(args, AnswerSettings())
    look = look_at(population, settings, args.head, args.looks_at)
    print(f"GPT {settings.gpt}, quiz {settings.quiz[:12]}: {look_sentence(look)}")
    print(common.table(look_rows(population, settings.gpt, look, PAIRS_SHOWN)))


def _trace(args: argparse.Namespace) -> None:
    from culture_core import artifacts
    from culture_core.circuits.record import answer_record
    from culture_core.circuits.stage import AnswerSettings, trace_answer
    from culture_core.circuits.viewer import viewer_record
    from culture_core.models.population import read_manifest

    common.use_threads(args)
    population, settings = common.the_population(args), read_settings(args, AnswerSettings())
    traced = trace_answer(population, settings)
    show(population, traced)
    if args.ablate:
        _ablate(population, traced, args.ablate)
    if args.picture is not None:
        _draw(population, traced, args.picture)
    if args.out is not None:
        common.report_json(args.out, answer_record(population, traced), indent=None)
    if args.viewer is not None:
        n_blocks = read_manifest(population.root)["config"]["n_blocks"]
        artifacts.write_json(args.viewer, viewer_record(population, traced, settings.kept, n_blocks))
        print(f"graph for a viewer written to {args.viewer}")


def show(population: "PopulationFolder", traced: "TracedAnswer") -> None:
    """Print the target, the strongest nodes, and what the graph explains."""
    from culture_core.circuits.words import detected, labels
    from culture_core.figures.rows import position_name, quiz_row
    from culture_core.world.vocabulary import COLOUR_NAMES

    graph, margin = traced.graph, traced.graph.margin
    names, nodes = labels(graph, detected(population, traced.model_k, graph)), graph.nodes
    grids = quiz_row(graph.tokens).labels
    rows: list[dict[str, Any]] = [
        {
            "influence": round(float(nodes.influence[node]), 4),
            "after block": "-" if nodes.block[node] < 0 else int(nodes.block[node]),
            "node": names[node],
            "at": "in front" if nodes.token[node] == 0 else position_name(int(nodes.token[node]) - 1, grids),
        }
        for node in (-nodes.influence).argsort()[:SHOWN]
    ]
    right, other = COLOUR_NAMES[margin.token], COLOUR_NAMES[margin.against]
    print(f"GPT {traced.model_k}, quiz {traced.quiz[:12]}, {position_name(margin.position, grids)}:")
    print(f"{right} minus {other} is {graph.value:+.3f}, of which {graph.bias:+.3f} from constants")
    print(common.table(rows))
    scores = graph.scores
    print(
        f"{len(nodes)} nodes, {len(graph.edges)} edges in {traced.seconds:.1f} s; "
        f"replacement {scores.replacement:.3f}, completeness {scores.completeness:.3f}"
    )
    print(
        f"in this graph {scores.embeddings:.0%} of the influence comes from tokens and positions, "
        f"{scores.errors:.0%} from errors of the SAEs; {scores.lost:.0%} was cut. Before the cut "
        f"{scores.unexpanded:.1%} ends in features too weak to follow"
    )


def _ablate(population: "PopulationFolder", traced: "TracedAnswer", n: int) -> None:
    """Print the margin without each of the strongest supernodes."""
    from culture_core.circuits.groups import group_nodes
    from culture_core.circuits.stage import ablate_strongest
    from culture_core.circuits.words import detected, labels
    from culture_core.figures.rows import position_name, quiz_row
    from culture_core.world.vocabulary import COLOUR_NAMES

    graph, words = traced.graph, detected(population, traced.model_k, traced.graph)
    names, grids = labels(graph, words), quiz_row(graph.tokens).labels
    rows = []
    for change in ablate_strongest(population, traced, group_nodes(graph, words), n):
        first = change.members[graph.nodes.influence[change.members].argmax()]
        rows.append(
            {
                "supernode": names[first],
                "nodes": len(change.members),
                "strongest at": position_name(int(graph.nodes.token[first]) - 1, grids),
                "influence": round(change.influence, 4),
                "margin without it": round(change.measured, 3),
                "predicted": round(change.predicted, 3),
                "answer": COLOUR_NAMES[change.answer],
            }
        )
    print(f"taken away one at a time (the margin is {graph.value:+.3f}):\n{common.table(rows)}")


def _draw(population: "PopulationFolder", traced: "TracedAnswer", path: Path) -> None:
    from culture_core.circuits.stage import trace_in_all
    from culture_core.results.circuit_picture import circuit_picture
    from culture_core.writing import atomic_file

    graphs = {k: one.graph for k, one in trace_in_all(population, traced).items()}
    with atomic_file(path) as partial:
        partial.write_bytes(circuit_picture(graphs))
    print(f"picture of {len(graphs)} GPTs written to {path}")
