"""Groups and families: influence and effects against forward passes, the choice of sets, the command."""

import shutil

import numpy as np
import pytest
import torch

from culture_core import open_population
from culture_core.cli.main import main
from culture_core.errors import CultureError, NothingToMeasure
from culture_core.features.interventions import Change, Intervention
from culture_core.models.api import load_culture
from culture_core.models.steering import steered
from culture_core.saes.hooks import activations_at
from culture_core.saes.store import load_sae
from culture_core.universality.families.choice import FAMILY, GROUP, Described, choose_feature_sets
from culture_core.universality.families.effects import ABLATION, INTERCHANGE, Effect, ReadQuizzes
from culture_core.universality.families.influence import deciding_cells, influences
from culture_core.universality.families.run import family_quizzes, paired_quizzes
from culture_core.universality.families.stage import measure_families
from culture_core.universality.families.store import FamilySettings
from culture_core.world.vocabulary import LAST_GRID

HOOK = "blocks.1.hook_resid_post"
SMALL = FamilySettings(quizzes=16)


@pytest.fixture(scope="module")
def one_gpt(built_population):
    model = load_culture([1], built_population.root)[0]
    return model, load_sae(built_population.sae(HOOK, 1)), *paired_quizzes(SMALL)


def predictions(model, tokens):
    with torch.inference_mode():
        return model(tokens)[:, LAST_GRID].log_softmax(-1)


def test_partners_are_other_quizzes_of_the_same_task():
    tokens, partner = paired_quizzes(FamilySettings(quizzes=20))
    assert len(tokens) == 24 and sorted(partner.tolist()) == list(range(24))
    assert (partner % 8 == torch.arange(24) % 8).all() and (partner != torch.arange(24)).all()
    assert len(paired_quizzes(FamilySettings(quizzes=1))[0]) == 16


def test_ablation_of_a_set_equals_a_whole_forward_pass(one_gpt):
    model, sae, tokens, partner = one_gpt
    features = np.array([2, 7, 11])
    quizzes = ReadQuizzes(model, sae, HOOK, tokens, partner, torch.arange(20))
    change = Intervention(tuple(Change(feature, scale=0.0) for feature in features.tolist()))
    after = predictions(steered(model, HOOK, change.on(sae)), tokens)
    truth = tokens[:, LAST_GRID].long()[..., None]
    expected = (predictions(model, tokens) - after).gather(-1, truth)[..., 0].mean(1)
    assert expected.abs().max() > 1e-5
    torch.testing.assert_close(quizzes.ablation(features), expected, atol=1e-5, rtol=1e-3)


def test_interchange_of_a_set_equals_one_done_by_hand(one_gpt):
    model, sae, tokens, partner = one_gpt
    features = [3, 5, 8]
    quizzes = ReadQuizzes(model, sae, HOOK, tokens, partner, torch.tensor([8, 5, 3]))
    found = quizzes.interchange(np.array(features))
    states = activations_at(model, HOOK, tokens)
    before = predictions(model, tokens)
    for quiz in (0, 9):
        theirs = int(partner[quiz])
        codes, other = (sae.encode(states[number]) for number in (quiz, theirs))
        patched = codes.clone()
        patched[:, features] = other[:, features]
        value = states[quiz] + (sae.decode(patched) - sae.decode(codes))

        def put(_, value=value):
            return value[None]

        after = predictions(steered(model, HOOK, put), tokens[quiz : quiz + 1])[0]
        gains = [
            float((after - before[quiz])[cell, a] - (after - before[quiz])[cell, b])
            for cell, (a, b) in enumerate(
                zip(tokens[theirs, LAST_GRID].long(), tokens[quiz, LAST_GRID].long(), strict=True)
            )
            if a != b
        ]
        assert float(found[quiz]) == pytest.approx(np.mean(gains), abs=1e-4)
    everything = quizzes.interchange_state()
    assert everything.nanmean() > quizzes.interchange_all().nanmean() or everything.isfinite().any()


def test_prompt_noise_is_not_taken_for_the_deciding_cell():
    quizzes = family_quizzes(FamilySettings())
    cells = deciding_cells(quizzes.clean)
    assert (cells != deciding_cells(quizzes.tokens)).any()
    last, partner = quizzes.clean[:, -100:], quizzes.clean[:, -201:-101]
    changed = (last != partner).int()
    first = torch.where(changed.any(1), 304 + changed.argmax(1), -1)
    assert torch.equal(cells, first)


def test_influence_is_the_slope_of_the_deciding_cell(one_gpt):
    model, sae, tokens, _ = one_gpt
    few = tokens[:4]
    found = influences(model, sae, HOOK, few, few)
    states, cells = activations_at(model, HOOK, few), deciding_cells(few)
    strongest = np.argsort(-found)[:2].tolist()
    step = 1e-2
    for feature in strongest:
        effects = []
        for quiz in range(4):
            codes = sae.encode(states[quiz])[:, feature]
            moved = states[quiz] + step * codes[:, None] * sae.W_dec[feature]

            def put(_, moved=moved):
                return moved[None]

            cell = int(cells[quiz])
            right = int(few[quiz, cell])
            with torch.inference_mode():
                logs = [
                    one(few[quiz : quiz + 1])[0, cell].log_softmax(-1)[right]
                    for one in (steered(model, HOOK, put), model)
                ]
            effects.append(abs(float(logs[0] - logs[1])) / step)
        assert found[feature] == pytest.approx(np.mean(effects), rel=0.1)


def test_groups_and_families_with_the_most_influence_are_chosen(measured_population):
    matches = open_population(measured_population.root).matches(HOOK)
    f = matches.n_features
    influence = np.linspace(0, 1, f) + 0.1 * (np.arange(f) % 2)
    concept = np.where(np.arange(f) % 2, "odd & low", "even").astype(str)
    concept[3::4] = "odd"
    concept[[0, f - 1]] = ""
    one = Described(influence, np.full(f, 0.01), concept, np.where(np.arange(f) % 3, 0.9, 0.1))
    settings = FamilySettings(groups=2, families=1, members=4)
    many = choose_feature_sets(matches, [one] * len(matches.models), FamilySettings(families=9, members=4))
    assert {chosen.name for chosen in many if chosen.kind == FAMILY} == {"odd", "low", "even"}
    sets = choose_feature_sets(matches, [one] * len(matches.models), settings)
    assert [chosen.kind for chosen in sets].count(FAMILY) == 1 and sets[-1].name == "odd"
    expected = [i for i in range(f - 1) if i % 2 and i % 3][-4:]
    assert sets[-1].features[0].tolist() == expected
    members = matches.groups[[f"gpt_{k}" for k in matches.models]].to_numpy()
    strongest = matches.groups.group.to_numpy()[influence[members].mean(1).argmax()]
    assert sets[0].kind == GROUP and sets[0].name == str(strongest)
    taken = {feature for chosen in sets for feature in chosen.features[0].tolist()}
    for chosen in sets:
        assert not taken & set(chosen.controls[0].tolist())
        assert len(chosen.controls[0]) == len(chosen.features[0])


def test_the_command_writes_what_the_reader_reads(measured_population):
    families = open_population(measured_population.root).families(HOOK)
    assert len(families.table) == len(families.kind) and set(families.kind) == {GROUP, FAMILY}
    for place, kind in enumerate(families.kind):
        sizes = [len(families.features(place, k)) for k in families.models]
        assert min(sizes) >= 1 and (kind == FAMILY or sizes == [1] * 5)
    for measure in (ABLATION, INTERCHANGE):
        effects, interval = families.effects(measure), families.interval(measure)
        assert effects.shape == (len(families.kind), 5, 2) and np.isfinite(effects).all()
        inside = (interval[..., 0] <= effects[..., 0]) & (effects[..., 0] <= interval[..., 1])
        assert inside.all()
        real = (interval[..., 0] > 0).all(1) | (interval[..., 1] < 0).all(1)
        np.testing.assert_array_equal(families.is_real(measure), real)
        controls = families.effects(measure, controls=True)
        apart = effects[..., 0] - controls[..., 0]
        error = np.sqrt(effects[..., 1] ** 2 + controls[..., 1] ** 2)
        np.testing.assert_array_equal(families.beats_controls(measure), (apart > 1.96 * error).all(1))
    assert set(families.ceilings) == {"all features", "the state"}


def test_no_eligible_set_is_one_line(built_population, capsys):
    options = ["--n", "16", "--most-dense", "0", "--least-f1", "1", "--workers", "1"]
    assert main(["families", "--population", str(built_population.root), *options]) != 0
    assert "try a lower --least-f1" in capsys.readouterr().err
    with pytest.raises(NothingToMeasure):
        measure_families(built_population, HOOK, FamilySettings(quizzes=16, most_dense=0.0, least_f1=1.0))
    with pytest.raises(CultureError, match="run `culture families"):
        open_population(built_population.root).families(HOOK)


def test_a_mean_of_too_few_values_has_no_error():
    values = torch.tensor([1.0, 3.0, float("nan")])
    assert Effect.of(values) == Effect(2.0, pytest.approx(1.0))
    assert np.isnan(Effect.of(values[1:]).mean)


def test_missing_grades_are_told_before_the_work(built_population, copy_population, capsys):
    population = copy_population(built_population)
    shutil.rmtree(population.concepts(HOOK, 4))
    assert main(["families", "--population", str(population.root), "--n", "16"]) == 2
    said = capsys.readouterr()
    assert "no grades of GPT 4" in said.err and "influence" not in said.out
