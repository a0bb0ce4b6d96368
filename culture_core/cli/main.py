"""`culture` / `python -m culture_core`: one command per stage, from a quiz to a feature."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module, metadata
from pathlib import Path
from typing import NoReturn

from culture_core.errors import CultureError
from culture_core.memory import keep_freed_memory
from culture_core.processes import ending_at_signals
from culture_core.writing import of_the_disk

# as a shell reports a command whose reader has gone
SIGPIPE = 13

# command name -> module with DESCRIPTION, EXAMPLES, add_arguments(parser) and run(args)
COMMANDS = {
    "quizzes": "culture_core.cli.quizzes",
    "convert": "culture_core.cli.convert",
    "train": "culture_core.cli.train",
    "train-stacked": "culture_core.cli.train_stacked",
    "adopt": "culture_core.cli.adopt",
    "evaluate": "culture_core.cli.evaluate",
    "answers": "culture_core.cli.answers",
    "invent": "culture_core.cli.invent",
    "bounds": "culture_core.cli.bounds",
    "novelty": "culture_core.cli.novelty",
    "train-sae": "culture_core.cli.train_sae",
    "import-sae": "culture_core.cli.import_sae",
    "evaluate-sae": "culture_core.cli.evaluate_sae",
    "index": "culture_core.cli.index",
    "merge-index": "culture_core.cli.merge_index",
    "grade": "culture_core.cli.grade",
    "probe": "culture_core.cli.probe",
    "match": "culture_core.cli.match",
    "causal": "culture_core.cli.causal",
    "families": "culture_core.cli.families",
    "transfer": "culture_core.cli.transfer",
    "joint": "culture_core.cli.joint",
    "layers": "culture_core.cli.layers",
    "circuits": "culture_core.cli.circuits",
    "heads": "culture_core.cli.heads",
    "trace": "culture_core.cli.trace",
    "compare": "culture_core.cli.compare",
    "results": "culture_core.cli.results",
    "build": "culture_core.cli.build",
    "export": "culture_core.cli.export",
    "dashboard": "culture_core.cli.dashboard",
}


class _Help(argparse.RawDescriptionHelpFormatter):
    """Examples as they are written, and every option's default that says something."""

    def _get_help_string(self, action: argparse.Action) -> str:
        text, default = action.help or "", action.default
        says_nothing = default is None or default is False or default in ("", [], (), argparse.SUPPRESS)
        if says_nothing or "(default" in text:
            return text
        return f"{text} (default: %(default)s)"


class _Parser(argparse.ArgumentParser):
    """One whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}; see `{self.prog} --help`\n")


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """The parser of every command; only that of `command` knows its options, which takes imports."""
    parser = _Parser(
        prog="culture",
        description="Look inside the culture GPTs: quizzes, models, SAEs, features and their matches.",
        epilog="`culture COMMAND --help` shows a command's options and examples.",
    )
    parser.add_argument("--version", action="version", version=_version())
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
        if name == command:
            module.add_arguments(subparser)
            subparser.set_defaults(run=module.run)
    return parser


def _version() -> str:
    try:
        return f"culture {metadata.version('culture-core')}"
    except metadata.PackageNotFoundError:
        return "culture (not installed)"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; exit status 0, 2 after a one-line error, or that of the signal that ended it."""
    words = list(sys.argv[1:] if argv is None else argv)
    with _some_output(), ending_at_signals() as asked:
        try:
            return _run(words)
        except CultureError as error:
            print(f"culture: error: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("culture: interrupted; nothing half-written was left", file=sys.stderr)
            return asked.status
        except BrokenPipeError:
            _drop_output()
            return 128 + SIGPIPE
        except OSError as error:
            return _tell_of_the_disk(error)


def _tell_of_the_disk(error: OSError) -> int:
    """One line about a disk that is full, read-only or closed to this user; other errors go on."""
    reason = of_the_disk(error)
    if not reason:
        raise error
    if error.filename is None:
        _drop_output()
    print(f"culture: error: {error.filename or 'the output'}: {reason}", file=sys.stderr)
    return 2


def _run(words: list[str]) -> int:
    typed = next((word for word in words if word in COMMANDS), None)
    try:
        args = build_parser(typed).parse_args(words)
        keep_freed_memory()
        args.run(args)
    finally:
        sys.stdout.flush()  # a closed pipe is told here, not by the interpreter at its end
    return 0


@contextmanager
def _some_output() -> Iterator[None]:
    """Somewhere to print to, even where a stream was closed from the start."""
    with ExitStack() as stack:
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:
                stack.callback(setattr, sys, name, None)
                setattr(sys, name, stack.enter_context(Path(os.devnull).open("w")))
        yield


def _drop_output() -> None:
    """Send what is still to be printed nowhere: its reader has gone."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
