"""What a user has is never written over: refused in one line, before the work."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from culture_core.artifacts import read_json
from culture_core.cli.main import main

QUIZZES = ("quizzes", "--tasks", "frame", "--n", "3")
TRAIN = ("train", "--preset", "17K", "--models", "1", "--budget", "9h", "--out")
STACKED = ("train-stacked", "--preset", "17K", "--models", "1", "--device", "cpu", "--out")
HOOK = "blocks.1.hook_resid_post"


@pytest.fixture
def population(tmp_path, fixture_gpts, capsys) -> Path:
    root = tmp_path / "population"
    assert main(["convert", str(fixture_gpts), str(root)]) == 0
    capsys.readouterr()
    return root


@pytest.fixture
def other(population) -> Path:
    return Path(shutil.copytree(population, population.with_name("other")))


@pytest.fixture
def thesis(tmp_path) -> Path:
    """A folder of the user's."""
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "thesis.tex").write_text("mine")
    return folder


def refused(capsys, *command: str | Path) -> str:
    """The one line that a command ends in."""
    assert main([str(word) for word in command]) == 2
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert said.out == ""
    return said.err


def assert_untouched(thesis: Path) -> None:
    assert [path.name for path in thesis.iterdir()] == ["thesis.tex"]
    assert (thesis / "thesis.tex").read_text() == "mine"
    assert not [path for path in thesis.parent.iterdir() if path.name.endswith((".partial", ".training"))]


@pytest.mark.parametrize("command", [(*QUIZZES, "--dataset"), TRAIN, STACKED])
def test_a_folder_that_is_not_ours_is_refused_before_the_work(command, thesis, capsys):
    assert "thesis" in refused(capsys, *command, thesis)
    assert "is a file" in refused(capsys, *command, thesis / "thesis.tex")
    assert "is a file" in refused(capsys, *command, thesis / "thesis.tex" / "inner")
    assert_untouched(thesis)


@pytest.mark.parametrize("option", ["--out", "--json"])
def test_a_file_that_is_not_ours_is_refused_before_the_work(option, thesis, population, capsys):
    commands = {"--out": QUIZZES, "--json": ("novelty", "--population", population)}
    command = (*commands[option], option)
    assert "is not replaced; name another file" in refused(capsys, *command, thesis / "thesis.tex")
    assert "is a folder; name a file" in refused(capsys, *command, thesis)
    assert_untouched(thesis)


def test_pages_comparisons_and_exports_leave_other_files_alone(thesis, population, other, capsys):
    (population / "saes" / HOOK).mkdir(parents=True)
    tex = thesis / "thesis.tex"
    assert "is not a results page" in refused(capsys, "results", "--population", population, "--out", tex)
    assert "exists already" in refused(capsys, "invent", "--population", population, "--export-quizzes", tex)
    assert "not a comparison" in refused(
        capsys, "compare", population, other, "--parts", "states", "--out", tex
    )
    assert_untouched(thesis)


def test_a_comparison_does_not_build_in_a_population_of_the_same_name(population, other, capsys):
    out = ("--out", population.parent / "comparison.json")
    error = refused(capsys, "compare", population, other, "--work", population.parent, *out)
    assert "not a folder written by `culture compare`" in error.splitlines()[-1]
    assert not (population / "saes").exists()


def test_exported_checkpoints_do_not_replace_those_that_are_there(population, fixture_gpts, tmp_path, capsys):
    published = tmp_path / "published"
    shutil.copytree(fixture_gpts, published)
    before = (published / "gpt_003.pth").read_bytes()
    (published / "gpt_000.pth").unlink()
    assert "gpt_001.pth exists already" in refused(capsys, "export", population, published)
    assert not (published / "gpt_000.pth").exists()
    assert (published / "gpt_003.pth").read_bytes() == before


def test_force_replaces_a_population_and_nothing_that_culture_did_not_write(population, fixture_gpts, capsys):
    (population / "thesis.tex").write_text("mine")
    again = ("convert", fixture_gpts, population, "--force")
    assert "it also contains thesis.tex" in refused(capsys, *again)
    (population / "thesis.tex").unlink()
    assert main([str(word) for word in again]) == 0


def test_a_new_run_does_not_replace_a_population(population, capsys):
    assert "exists already" in refused(capsys, *TRAIN, population)
    assert not population.with_name("population.training").exists()


def test_only_the_pictures_of_the_old_page_are_removed(built_population, copy_population, tmp_path):
    population = copy_population(built_population)
    page, pictures = tmp_path / "docs" / "page.md", tmp_path / "docs" / "images" / "page"
    pictures.mkdir(parents=True)
    for name in ("group_photo.png", "group_7.png", "group_8.png"):
        (pictures / name).touch()
    page.write_text("# Results\n\nWritten by culture\n\n![Group 7](images/page/group_7.png)\n")
    assert main(["results", "--population", str(population.root), "--out", str(page)]) == 0
    assert {"group_photo.png", "group_8.png"} <= {path.name for path in pictures.iterdir()}
    assert "group_7.png" not in page.read_text()
    assert not (pictures / "group_7.png").exists()


def test_what_culture_wrote_is_written_again(tmp_path, population):
    report, dataset = tmp_path / "report.json", tmp_path / "dataset"
    evaluate = ["evaluate", "0", "--source", str(population), "--num-test-samples", "7", "--tasks", "frame"]
    for options in ([], ["--partitioned"], []):
        assert main([*QUIZZES, "--dataset", str(dataset), "--out", str(tmp_path / "q.npz"), *options]) == 0
        assert main([*evaluate, "--json", str(report)]) == 0
    assert read_json(report)["command"].split()[0] == "culture"


def test_an_output_without_room_is_told_in_one_line():
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "culture_core", *QUIZZES, "--show"]
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert run.stderr == "culture: error: the output: No space left on device\n"
    assert run.returncode == 2
