"""What ships in cache/ is what this code makes: `culture build` finds nothing to do, and the page of results
comes out as it stands in docs/."""

import shutil
from pathlib import Path

from culture_core.cli.main import main

REPOSITORY = Path(__file__).parents[2]


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and "activations" not in path.parts
    }


def test_the_shipped_population_is_up_to_date_and_gives_the_page_of_results(tmp_path, monkeypatch):
    shipped = REPOSITORY / "cache" / "world-1M"
    shutil.copytree(shipped, tmp_path / "cache" / "world-1M", ignore=shutil.ignore_patterns("activations"))
    monkeypatch.chdir(tmp_path)
    assert main(["build", "--population", "cache/world-1M"]) == 0
    assert _files(tmp_path / "cache" / "world-1M") == _files(shipped)
    assert (tmp_path / "docs" / "results.md").read_text() == (REPOSITORY / "docs" / "results.md").read_text()
