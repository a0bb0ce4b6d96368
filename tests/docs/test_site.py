"""`make docs`: the site builds without a warning and has the API from the docstrings."""

import subprocess
import sys

from doc_pages import REPOSITORY

from culture_core.world.quizzes import generate_quizzes


def test_the_site_builds_without_a_warning_and_has_the_docstrings(tmp_path):
    site = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    page = (site / "reference" / "api" / "world.html").read_text()
    assert "culture_core.world.quizzes.generate_quizzes" in page
    assert generate_quizzes.__doc__.splitlines()[0].split("`")[0].strip() in page
