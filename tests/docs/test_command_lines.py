"""Every `culture` command line in the docs is one that the real parser takes."""

import argparse
import shlex

import pytest
from doc_pages import Page, pages

from culture_core.cli.main import build_parser

CULTURE = "culture"


def command_lines(page: Page) -> list[str]:
    return [line for line in page.shell_lines() if line.startswith(f"{CULTURE} ")]


def spans(page: Page) -> list[str]:
    return [span for span in page.spans() if span.startswith(f"{CULTURE} ")]


LINES = [(page.name, line) for page in pages() for line in command_lines(page)]
SPANS = sorted({(page.name, span) for page in pages() for span in spans(page)})


@pytest.fixture(scope="module")
def parser() -> argparse.ArgumentParser:
    return build_parser()


@pytest.fixture(scope="module")
def options(parser) -> dict[str, set[str]]:
    """The options of every command."""
    commands = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return {name: set(command._option_string_actions) for name, command in commands.choices.items()}


@pytest.mark.parametrize(("page", "line"), LINES)
def test_every_command_line_in_a_block_parses(parser, page, line):
    words = shlex.split(line, comments=True)[1:]
    assert parser.parse_args(words).command == words[0], page


@pytest.mark.parametrize(("page", "span"), SPANS)
def test_every_command_named_in_the_text_exists_with_the_options_named(options, page, span):
    command, *words = shlex.split(span)[1:]
    assert command == "COMMAND" or command in options, page
    named = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert command == "COMMAND" or named <= options[command], page


def test_an_unknown_option_is_not_taken(parser, capsys):
    with pytest.raises(SystemExit):
        parser.parse_args(["match", "--no-such-option"])
    assert "--no-such-option" in capsys.readouterr().err


def test_commands_are_found_in_all_three_places():
    block = "```sh\nculture grade \\\n  --models 0\n```\n"
    page = Page("", f"Run `culture match --seed 1`.\n\n    culture index\n\n{block}")
    assert command_lines(page) == ["culture grade    --models 0", "culture index"]
    assert spans(page) == ["culture match --seed 1"]


def test_the_readme_and_every_guide_but_the_dashboards_show_command_lines():
    shown = {page for page, _ in [*LINES, *SPANS]}
    guides = {page.name for page in pages() if page.name.startswith("docs/guide/")}
    assert {"README.md", *guides} - shown <= {"docs/guide/dashboard.md"}
