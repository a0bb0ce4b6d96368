"""What answers of several GPTs come from, traced over many quizzes and compared."""

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from circuit_helpers import save_small_population, small_gpt, small_saes
from scipy import sparse

from culture_core.artifacts import read_json, write_json
from culture_core.circuits.graph import TraceSettings, trace
from culture_core.circuits.nodes import FEATURE, TOKEN
from culture_core.circuits.profile import (
    KEPT,
    Profiles,
    ProfileSettings,
    change_margin,
    profile,
    profile_quizzes,
)
from culture_core.circuits.profile_stage import open_sharing
from culture_core.circuits.sharing import (
    CELLS,
    MATCHED,
    OTHER_TASK,
    SAME,
    SAME_TASK,
    of_block,
    share_circuits,
)
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.intervals import jackknife_interval
from culture_core.population import Population
from culture_core.results.sharing import sharing_section
from culture_core.world.quizzes import generate_quizzes
from culture_core.world.vocabulary import LAST_GRID, WORLD_TASKS

FEW = ProfileSettings(per_task=2)


@pytest.fixture(scope="module")
def quizzes():
    return profile_quizzes(FEW)[:4]


def test_a_profile_adds_up_the_whole_graph_of_each_answer(quizzes):
    gpt, saes = small_gpt(), small_saes()
    found = profile(gpt, saes, quizzes)
    for row, quiz in enumerate(quizzes.tokens):
        graph = trace(gpt, saes, quiz, change_margin(quiz), TraceSettings(1.0, 1.0))
        assert found.margin[row] == pytest.approx(graph.value, abs=1e-4)
        nodes, tokens = graph.nodes, np.zeros(405)
        own = nodes.kind == TOKEN
        np.add.at(tokens, nodes.token[own], nodes.influence[own])
        np.testing.assert_allclose(found.tokens[row], tokens[1:], atol=1e-4)
        for block, matrix in found.features.items():
            here = (nodes.kind == FEATURE) & (nodes.block == block)
            total = np.bincount(nodes.feature[here], nodes.influence[here], minlength=20)
            kept = matrix[[row]].toarray()[0]
            np.testing.assert_allclose(kept[kept > 0], total[kept > 0], atol=1e-4)
            assert kept.sum() >= KEPT * total.sum() - 1e-4
            assert kept[kept > 0].min() >= total[kept == 0].max() - 1e-6


def test_the_margin_is_where_the_rule_first_shows_over_what_stood_there_before():
    quizzes = generate_quizzes(WORLD_TASKS, 3, 5, structure="A,f_A,B,f_B")
    for quiz in quizzes.tokens.tolist():
        before, after = quiz[203:303], quiz[304:404]
        place = next(cell for cell in range(100) if before[cell] != after[cell])
        margin = change_margin(torch.tensor(quiz))
        assert (margin.position, margin.token, margin.against) == (304 + place, after[place], before[place])
    unchanged = quizzes.tokens[0].clone()
    unchanged[LAST_GRID] = unchanged[203:303]
    margin = change_margin(unchanged)
    assert margin.position == 304 and margin.token != margin.against


def some_profiles(seed: int, n: int, f: int) -> Profiles:
    random = np.random.default_rng(seed)
    features = random.random((n, f)) * (random.random((n, f)) < 0.5)
    return Profiles(
        ["x", "y"] * (n // 2),
        np.zeros(n, np.float32),
        np.zeros((n, 4), np.float32),
        random.random((n, 404)).astype(np.float32),
        {1: sparse.csr_array(features.astype(np.float32))},
    )


def test_overlaps_are_those_of_plain_loops():
    n, f, models = 6, 7, (0, 1, 3)
    profiles = {k: some_profiles(k, n, f) for k in models}
    random = np.random.default_rng(9)
    best = random.integers(f, size=(3, 3, f)).astype(np.int32)
    reader = SimpleNamespace(models=list(models), best_feature=best, mutual=np.zeros((3, 3, f), bool))
    for a, b in combinations(range(3), 2):
        partner = random.permutation(f)
        best[a, b], reader.mutual[a, b] = partner, random.random(f) < 0.6
    sharing = share_circuits(profiles, {1: reader})
    table = sharing.table.set_index(["a", "b", "task", "compared"])
    for (i, a), (j, b) in combinations(enumerate(models), 2):
        p, q = (profiles[k].features[1].toarray().astype(float) for k in (a, b))
        p, q = p / p.sum(1, keepdims=True), q / q.sum(1, keepdims=True)
        pairs = [(x, best[i, j, x]) for x in range(f) if reader.mutual[i, j, x]]
        cells = [one.tokens.astype(float) for one in (profiles[a], profiles[b])]
        cells = [one / one.sum(1, keepdims=True) for one in cells]
        for task, first in (("x", 0), ("y", 1)):
            rows = range(first, n, 2)
            row = table.loc[(a, b, task, of_block(1))]
            for name, step in ((SAME, 0), (SAME_TASK, 2), (OTHER_TASK, 1)):
                shared = [sum(min(p[r, x], q[(r + step) % n, y]) for x, y in pairs) for r in rows]
                assert row[name] == pytest.approx(np.mean(shared), abs=1e-6)
                both = [np.minimum(cells[0][r], cells[1][(r + step) % n]).sum() for r in rows]
                assert table.loc[(a, b, task, CELLS)][name] == pytest.approx(np.mean(both), abs=1e-6)
            most = [min(sum(p[r, x] for x, _ in pairs), sum(q[r, y] for _, y in pairs)) for r in rows]
            assert row[MATCHED] == pytest.approx(np.mean(most), abs=1e-6)
            assert table.loc[(a, b, task, CELLS)][MATCHED] == pytest.approx(1.0)


def test_means_have_intervals_over_gpts():
    n, models = 4, (0, 1, 2)
    profiles = {k: some_profiles(k, n, 5) for k in models}
    sharing = share_circuits(profiles, {})
    row = sharing.means().set_index("compared").loc[CELLS]
    excess = sharing.table.assign(excess=lambda t: t[SAME] - t[SAME_TASK])
    without = [excess[(excess.a != k) & (excess.b != k)].excess.mean() for k in models]
    assert (row.low, row.high) == pytest.approx(jackknife_interval(excess.excess.mean(), without))
    assert len(sharing.by_task()) == 2


def test_profiles_are_kept_compared_and_refused_when_an_sae_is_another(tmp_path, capsys):
    population = save_small_population(tmp_path / "tiny", n_gpts=2, blocks=(0, 1))
    words = ["trace", "--population", str(population.root), "--profile", "--per-task", "2"]
    assert main([*words, "--models", "0"]) == 0
    assert "not compared yet: no profile of GPT 1" in capsys.readouterr().out
    assert main(words) == 0
    assert "another quiz of the task" in capsys.readouterr().out
    whole = profile(small_gpt(1), small_saes((0, 1)), profile_quizzes(FEW)[:4])
    kept = Population(population).trace_profile(1)
    assert kept.tasks[:4] == whole.tasks and len(kept.tasks) == len(kept.margin) == 16
    np.testing.assert_allclose(kept.tokens[:4], whole.tokens, rtol=1e-3, atol=1e-6)
    for block, matrix in whole.features.items():
        np.testing.assert_allclose(kept.features[block][:4].toarray(), matrix.toarray(), rtol=1e-3, atol=1e-6)
    means = open_sharing(population).means()
    assert means.compared.tolist() == [CELLS]
    assert f"| {means[SAME][0]:.3f} |" in sharing_section(Population(population))
    before = population.trace_profile(1).stat().st_mtime_ns
    assert main([*words, "--if-stale"]) == 0
    assert population.trace_profile(1).stat().st_mtime_ns == before
    assert main([*words, "--models", "1", "--profile-seed", "1"]) == 2
    assert "over other quizzes" in capsys.readouterr().err
    manifest = population.sae("blocks.1.hook_resid_post", 1) / "manifest.json"
    write_json(manifest, {**read_json(manifest), "sha256": "of another"})
    with pytest.raises(CultureError, match=r"other SAEs; run `culture trace .* --profile`"):
        Population(population).trace_profile(1)
