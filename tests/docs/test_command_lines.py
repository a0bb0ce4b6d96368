"""Every `culture` command line in the docs is one that the real parser takes."""

import argparse
import shlex

import pytest
from doc_pages import Page, pages

from culture_core.cli.main import COMMANDS, build_parser

CULTURE = "culture"


def command_lines(page: Page) -> list[str]:
    return [line for line in page.shell_lines() if line.startswith(f"{CULTURE} ")]


def spans(page: Page) -> list[str]:
    return [span for span in page.spans() if span.startswith(f"{CULTURE} ")]


LINES = [(page.name, line) for page in pages() for line in command_lines(page)]
SPANS = sorted({(page.name, span) for page in pages() for span in spans(page)})


@pytest.fixture(scope="module")
def options() -> dict[str, set[str]]:
    """The options of every command."""
    return {name: set(parser_of(name)._option_string_actions) for name in COMMANDS}


def parser_of(command: str) -> argparse.ArgumentParser:
    """The parser of one command, with its options."""
    whole = build_parser(command)
    commands = next(action for action in whole._actions if isinstance(action, argparse._SubParsersAction))
    return commands.choices[command]


@pytest.mark.parametrize(("page", "line"), LINES)
def test_every_command_line_in_a_block_parses(page, line):
    words = shlex.split(line, comments=True)[1:]
    assert build_parser(words[0]).parse_args(words).command == words[0], page


@pytest.mark.parametrize(("page", "span"), SPANS)
def test_every_command_named_in_the_text_exists_with_the_options_named(options, page, span):
    command, *words = shlex.split(span)[1:]
    assert command == "COMMAND" or command in options, page
    named = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert command == "COMMAND" or named <= options[command], page


def test_an_unknown_option_is_not_taken(capsys):
    with pytest.raises(SystemExit):
        build_parser("match").parse_args(["match", "--no-such-option"])
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
