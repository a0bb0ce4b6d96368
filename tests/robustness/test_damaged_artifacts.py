"""Missing, truncated, corrupt and stale artifacts: a page that says which and what to run; the rest goes on.

`python tests/robustness/test_damaged_artifacts.py POPULATION` does every kind of damage to every file.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
import streamlit as st
from pages import DASHBOARD, page_names
from streamlit.testing.v1 import AppTest

from culture_core.artifacts import PopulationFolder

SUFFIXES = (".json", ".npz", ".npy", ".safetensors")


@pytest.fixture
def population(built_population, tmp_path, monkeypatch) -> PopulationFolder:
    """A copy of the small population, as the only one in cache/."""
    shutil.copytree(built_population.root, tmp_path / "cache" / "small")
    monkeypatch.setenv("CULTURE_CACHE", str(tmp_path / "cache"))
    return PopulationFolder(tmp_path / "cache" / "small")


def remove(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def corrupt(path: Path) -> None:
    path.write_bytes(b"\x00not what it was\xff" * 20)


DAMAGES = (remove, truncate, corrupt)


def make_stale(path: Path) -> None:
    """Pretend that the manifest is of other inputs: every hash in it changes."""
    path.write_text(json.dumps(_other_hashes(json.loads(path.read_text()))))


def _other_hashes(value):
    if isinstance(value, dict):
        return {key: _other_hashes(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_other_hashes(inner) for inner in value]
    is_hash = isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")
    return value[::-1] if is_hash else value


def files(population: PopulationFolder) -> list[Path]:
    """One file of each kind of artifact: those of GPT 0 stand for those of all."""
    found = [path for path in sorted(population.root.rglob("*")) if path.suffix in SUFFIXES]
    return [path for path in found if not any(f"gpt_{k}" in str(path) for k in range(1, 5))]


def open_pages(names: Iterable[str]) -> dict[str, AppTest]:
    apps = {}
    for page in names:
        app = AppTest.from_file(str(DASHBOARD / "Home.py"), default_timeout=60)
        app.run()
        app.switch_page(f"views/{page}.py")
        apps[page] = app.run()
    return apps


def pages_after(
    damage: Callable[[Path], None], path: Path, names: Sequence[str] | None = None
) -> dict[str, AppTest]:
    """Pages (default: all) of a server started after the damage; the file is put back."""
    before = path.read_bytes()
    damage(path)
    st.cache_resource.clear()
    st.cache_data.clear()
    apps = open_pages(page_names() if names is None else names)
    path.write_bytes(before)
    return apps


def problems(apps: dict[str, AppTest], name: str) -> list[str]:
    """Which pages ended in a traceback, with its first words."""
    return [f"{name}, {page}: {app.exception[0].value}" for page, app in apps.items() if app.exception]


@pytest.mark.parametrize("turn", range(len(DAMAGES)))
def test_a_damaged_file_never_ends_in_a_traceback(population, turn):
    """Every file is damaged in one of the three ways, and every third page opened, by turns.

    All pages after every damage to every file: this file as a script.
    """
    told, names = set(), page_names()
    for number, path in enumerate(files(population)):
        if number % len(DAMAGES) != turn:
            continue
        place = number // len(DAMAGES)
        apps = pages_after(DAMAGES[place % len(DAMAGES)], path, names[place // len(DAMAGES) % 3 :: 3])
        assert not problems(apps, path.name)
        told |= {path.name for app in apps.values() for warning in app.warning if "culture " in warning.value}
    assert told


def test_a_stale_artifact_is_named_with_the_command_that_makes_it_again(population):
    hook = population.indexed_hooks()[0]
    for path in (population.index(hook, 0), population.matches(hook)):
        apps = pages_after(make_stale, path / "manifest.json")
        assert not problems(apps, path.name)
        warnings = [warning.value for app in apps.values() for warning in app.warning]
        assert any("of another" in text or "of other" in text for text in warnings)
        assert any("run `culture" in text for text in warnings)


def main(root: str) -> None:
    """Damage every file of a copy of a population in every way, and print what ends in a traceback."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CULTURE_CACHE"] = folder
        copy = PopulationFolder(Path(folder) / Path(root).name)
        shutil.copytree(root, copy.root)
        n_cases, bad = 0, []
        for path in files(copy):
            for damage in DAMAGES:
                apps = pages_after(damage, path)
                bad += problems(apps, f"{damage.__name__} {path.relative_to(copy.root)}")
                n_cases += len(apps)
    print(*bad, f"{n_cases} pages opened, {len(bad)} ended in a traceback", sep="\n")


if __name__ == "__main__":
    main(sys.argv[1])
