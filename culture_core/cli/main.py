"""`culture` / `python -m culture_core`: one command a stage, from a quiz to a feature."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from culture_core.errors import CultureError
from culture_core.memory import keep_freed_memory

# command name -> module with DESCRIPTION, EXAMPLES, add_arguments(parser) and run(args)
COMMANDS = {
    "quizzes": "culture_core.cli.quizzes",
    "convert": "culture_core.cli.convert",
    "train": "culture_core.cli.train",
    "evaluate": "culture_core.cli.evaluate",
    "answers": "culture_core.cli.answers",
    "invent": "culture_core.cli.invent",
    "train-sae": "culture_core.cli.train_sae",
    "import-sae": "culture_core.cli.import_sae",
    "evaluate-sae": "culture_core.cli.evaluate_sae",
    "index": "culture_core.cli.index",
    "merge-index": "culture_core.cli.merge_index",
    "grade": "culture_core.cli.grade",
    "probe": "culture_core.cli.probe",
    "match": "culture_core.cli.match",
    "causal": "culture_core.cli.causal",
    "circuits": "culture_core.cli.circuits",
    "results": "culture_core.cli.results",
    "build": "culture_core.cli.build",
    "export": "culture_core.cli.export",
    "dashboard": "culture_core.cli.dashboard",
}


class _Help(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    """Examples as they are written, and every option's default."""


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = argparse.ArgumentParser(
        prog="culture",
        description="Look inside the culture GPTs: quizzes, models, SAEs, features and their matches.",
        epilog="`culture COMMAND --help` shows a command's options and examples.",
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module_name in COMMANDS.items():
        module = import_module(module_name)
        subparser = subparsers.add_parser(
            name,
            help=module.DESCRIPTION,
            description=module.DESCRIPTION,
            epilog="examples:\n" + "\n".join(f"  culture {example}" for example in module.EXAMPLES),
            formatter_class=_Help,
        )
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; exit status 0, or 2 after a one-line error."""
    args = build_parser().parse_args(argv)
    keep_freed_memory()
    try:
        args.run(args)
    except CultureError as error:
        print(f"culture: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("culture: interrupted; nothing half-written was left", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 141
    return 0


if __name__ == "__main__":
    sys.exit(main())
