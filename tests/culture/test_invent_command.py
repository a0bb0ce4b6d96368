import argparse
import json

import pytest
from culture_helpers import leaning_population

from culture_core.cli import invent
from culture_core.culture.published import open_store
from culture_core.errors import CultureError

QUICK = ("--round-size", "8", "--limit-candidates", "16", "--threads", "1", "--understands", "1e-60")


def run(*words: str) -> None:
    parser = argparse.ArgumentParser()
    invent.add_arguments(parser)
    invent.run(parser.parse_args(words))


def test_the_command_reports_and_stores(tmp_path, capsys):
    population = leaning_population(tmp_path / "population")
    report_file = tmp_path / "report.json"
    command = ("--population", str(population.root), "--n", "500", *QUICK, "--fails", "1e-65")
    run(*command, "--json", str(report_file))
    printed = capsys.readouterr().out
    assert "candidates per second" in printed
    assert "author" in printed
    report = json.loads(report_file.read_text())
    assert report["candidates"] == 16
    assert report["settings"]["verdicts"]["fails"] == 1e-65
    assert open_store(population).runs[0]["candidates"] == 16


def test_quizzes_go_out_and_come_in_by_the_command(tmp_path, capsys):
    population = leaning_population(tmp_path / "population")
    other = leaning_population(tmp_path / "other")
    out = str(tmp_path / "c_quizzes.pth")
    command = ("--population", str(population.root), "--n", "4", *QUICK, "--fails", "1e-65")
    run(*command, "--max-failures", "3", "--min-failures", "0", "--export-quizzes", out)
    run("--population", str(other.root), "--import-quizzes", out)
    assert len(open_store(other).table) > 0
    assert "added from" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "nothing to do"),
        (("--n", "3", "--understands", "0.2"), "fails"),
        (("--n", "3", "--device", "nonsense"), "no device"),
        (("--import-quizzes", "nowhere.pth"), "does not exist"),
        (("--export-quizzes", "out.pth"), "no culture quizzes"),
        (("--export-quizzes", "out.pth", "--json", "r.json"), "--json goes with --n"),
        (("--export-quizzes", "r.json", "--n", "1", "--json", "r.json"), "name one file"),
        (("--n", "1", "--min-failures", "7", "--max-failures", "7"), "GPTs can fail a quiz"),
    ],
)
def test_bad_input_is_told_in_one_line(words, message, tmp_path, monkeypatch):
    population = leaning_population(tmp_path / "population")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CultureError, match=message) as error:
        run("--population", str(population.root), *words)
    assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["population"]
