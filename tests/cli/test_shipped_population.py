"""What ships in cache/ is what this code makes: `culture build` finds nothing to do, and the page of results
comes out as it stands in docs/, which no build touches."""

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


def _without_results(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if not name.startswith("results")}


def test_the_shipped_population_is_up_to_date_and_gives_the_page_of_results(tmp_path, monkeypatch):
    shipped = REPOSITORY / "cache" / "world-1M"
    shutil.copytree(shipped, tmp_path / "cache" / "world-1M", ignore=shutil.ignore_patterns("activations"))
    monkeypatch.chdir(tmp_path)
    docs = tmp_path / "docs"
    (docs / "images" / "results").mkdir(parents=True)
    (docs / "results.md").write_text("the page of another population")
    (docs / "images" / "results" / "group_1.png").write_bytes(b"a picture")
    before = _files(docs)
    assert main(["build", "--population", "cache/world-1M"]) == 0
    built = _files(tmp_path / "cache" / "world-1M")
    assert _without_results(built) == _without_results(_files(shipped))
    assert _files(docs) == before
    assert "results.md" in built
    pictures = [name for name in built if name.startswith("results/")]
    assert pictures and all(f"]({name})" in built["results.md"].decode() for name in pictures)
    (docs / "results.md").unlink()
    assert main(["results", "--population", "cache/world-1M", "--out", "docs/results.md"]) == 0
    assert (tmp_path / "docs" / "results.md").read_text() == (REPOSITORY / "docs" / "results.md").read_text()
