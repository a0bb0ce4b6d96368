"""Python and JavaScript name the same keys in what they send each other."""

import importlib
import re
from pathlib import Path
from typing import is_typeddict

import pytest

COMPONENTS = Path(__file__).parents[3] / "dashboard" / "components"
FOLDERS = sorted(path.parent.name for path in COMPONENTS.glob("*/messages.js"))
TYPEDEF = re.compile(r"/\*\*(?:(?!\*/).)*?@typedef \{object\} (\w+)(.*?)\*/", re.DOTALL)
PROPERTY = re.compile(r"@property \{.*\} (\[?)(\w+)")
# what only Streamlit or JavaScript has
ONE_SIDED = {"Component"}


def python_keys(folder: str) -> dict[str, tuple[set[str], set[str]]]:
    """By the name of a TypedDict, its required and its optional keys."""
    module = importlib.import_module(f"dashboard.components.{folder}.messages")
    found = {name: kind for name, kind in vars(module).items() if is_typeddict(kind)}
    own = {name: kind for name, kind in found.items() if kind.__module__ == module.__name__}
    return {name: (set(kind.__required_keys__), set(kind.__optional_keys__)) for name, kind in own.items()}


def script_keys(folder: str) -> dict[str, tuple[set[str], set[str]]]:
    """By the name of a typedef, its required and its optional properties."""
    keys = {}
    for name, body in TYPEDEF.findall((COMPONENTS / folder / "messages.js").read_text()):
        found = PROPERTY.findall(body)
        keys[name] = (
            {key for optional, key in found if not optional},
            {key for optional, key in found if optional},
        )
    return {name: both for name, both in keys.items() if name not in ONE_SIDED}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_message_has_the_same_keys_on_both_sides(folder):
    assert python_keys(folder)
    assert script_keys(folder) == python_keys(folder)


def test_every_component_with_a_script_declares_its_messages():
    entries = {path.parent.name for path in COMPONENTS.glob("*/*.js") if path.stem == path.parent.name}
    declared = {*FOLDERS, "grid_editor"}  # the editor is sent a board
    assert entries <= declared


def test_every_script_is_checked_for_types():
    for path in COMPONENTS.rglob("*.js"):
        assert path.read_text().startswith("// @ts-check\n"), path
