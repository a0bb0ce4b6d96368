"""The notebooks run from top to bottom on the shipped population, and what they show is so.

The checks run in the notebook's own kernel, behind its last cell, on its own variables.
"""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted(path.stem for path in EXAMPLES.glob("*.ipynb"))
LONGEST_CELL = 26

TOUR_CHECKS = """
from culture_core.models.steering import steered
from culture_core.evaluation.scoring import score_quizzes

assert all((browse.predicted[k, number] == tokens[-100:].numpy()).all() for k in range(5))
assert sorted(members) == sorted(population.models) and members[0] == feature
for k, member in members.items():
    mutual = {match.model_k: match.feature for match in matches.best(k, member) if match.mutual}
    assert mutual == {other: f for other, f in members.items() if other != k}
replace = ablate([members[3]]).on(population.sae(hook, 3))
whole = score_quizzes(steered(population.gpt(3), hook, replace), test.tokens).loss
plain = score_quizzes(population.gpt(3), test.tokens).loss
assert abs(float((whole - plain).mean()) - effects.matched[3]) < 1e-4
"""

STUDY_CHECKS = """
from culture_core import generate

assert ablated.solved["nothing"] == float(generate(gpt, quizzes)[0].float().mean())
assert len(ablated) == 1 + 2 * gpt.config.n_blocks
assert int(logits.argmax()) == int(tokens[cell]) == margin.token
assert margins.margin["nothing changed"] == pytest.approx(found.value, abs=1e-3)


def by_hand(x):
    before = sae.encode(x)
    after = before.clone()
    after[:, 1:, feature] = 0
    return x + sae.decode(after) - sae.decode(before)


with torch.inference_mode():
    without = steered(gpt, hook, by_hand)(tokens[None])[0, cell]
left = float(without[margin.token] - without[margin.against])
assert found.value - left == pytest.approx(float(found.ablation.max()), abs=1e-3)
assert margins.margin["amplified 15 times"] != margins.margin["nothing changed"]
assert (answers["nothing changed"] == tokens[LAST_GRID].numpy()).all()
kept = interventions["only the top three"].after(sae.encode(torch.randn(5, sae.W_dec.shape[1])))
assert ((kept > 0).sum(-1) <= 3).all()
"""

CHECKS = {"tour": TOUR_CHECKS, "study": "import pytest\n" + STUDY_CHECKS}


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_notebook_runs_and_what_it_shows_is_so(name):
    notebook = read(name)
    notebook.cells.append(nbformat.v4.new_code_cell(CHECKS[name]))
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(EXAMPLES)}}).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in shown) >= 2


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_notebook_names_no_feature_and_keeps_no_outputs(name):
    code = [cell for cell in read(name).cells if cell.cell_type == "code"]
    assert not any(cell.outputs for cell in code)
    assert not any(re.search(r"\b\d{3,}\b", cell.source) for cell in code)
    assert max(len(cell.source.splitlines()) for cell in code) <= LONGEST_CELL
