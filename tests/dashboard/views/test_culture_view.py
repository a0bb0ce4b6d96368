"""Whether culture makes the GPTs more alike, on the Universal page."""

import json

import pytest

from culture_core.artifacts import sha256_file
from culture_core.comparison.compare import open_comparison
from culture_core.comparison.tables import measure_rows
from culture_core.errors import CultureError
from dashboard.components.matches.culture import accuracy_table, conclusion_words
from dashboard.data.population.populations import CACHE_VARIABLE


def difference(name, **records):
    pairs = {
        measure.replace("__", "."): {"mean": mean, "interval": interval}
        for measure, (mean, interval) in records.items()
    }
    return {"name": name, "from": "before", "pairs": pairs}


def test_the_conclusion_names_what_is_clearly_higher_and_lower():
    after = difference(
        "after", world__same_wrong=(-0.03, [-0.04, -0.02]), states__3__cka_by_position=(0.1, [0.05, 0.2])
    )
    control = difference(
        "control", world__same_wrong=(-0.01, [-0.02, 0.01]), states__3__cka_by_position=(0.1, [0.05, 0.2])
    )
    assert conclusion_words([after, control]) == (
        "**Clearly more alike than before: states after block 3 (CKA by position) (after, control).** "
        "Clearly less alike: same mistake, world quizzes (after)."
    )


def test_no_conclusion_is_drawn_from_an_interval_around_0():
    told = conclusion_words([difference("after", world__same_wrong=(-0.01, [-0.02, 0.01]))])
    assert told == "**No measure of likeness differs clearly from before.**"


def test_two_gpts_allow_no_conclusion():
    assert "nothing can be concluded" in conclusion_words(
        [difference("after", world__same_wrong=(-0.01, None))]
    )


def test_the_view_shows_the_shipped_comparison(shipped, open_page):
    comparison = shipped.comparison()
    app = open_page("universal", view="culture")
    assert not app.exception
    assert conclusion_words(comparison["differences"]) in [text.value for text in app.markdown]
    shown = [table.value for table in app.table]
    assert any(table.equals(accuracy_table(comparison)) for table in shown)
    assert any(len(table) == len(measure_rows(comparison)) for table in shown)


def test_gpts_without_saes_can_be_compared(
    shipped, answered_population, copy_population, open_page, monkeypatch
):
    copy = copy_population(answered_population)
    comparison = json.loads(json.dumps(shipped.comparison()))
    comparison["manifest"]["settings"]["parts"] = ["states"]
    comparison["manifest"]["hook"] = None
    hashes = {str(k): sha256_file(copy.model(k)) for k in range(5)}
    comparison["manifest"]["made_by"]["inputs"]["populations"][0]["model_sha256"] = hashes
    for one in comparison["populations"]:
        one["figures"] = {}
    first, *others = comparison["differences"]
    del first["pairs"]["states.3.cka_by_position"]
    copy.comparison.write_text(json.dumps(comparison))
    monkeypatch.setenv(CACHE_VARIABLE, str(copy.root.parent))
    app = open_page("universal", view="culture")
    assert not app.exception and not app.warning
    captions = " ".join(caption.value for caption in app.caption)
    assert "States: 400" in captions and "Answers:" not in captions and "Features:" not in captions
    assert "states after block 3" in conclusion_words([first, *others])


def test_gpts_that_were_never_compared_name_the_command(population, open_page):
    app = open_page("universal", view="culture")
    assert not app.exception
    (command,) = [code.value for code in app.code]
    assert command.split()[:2] == ["culture", "compare"] and str(population.folder.root) in command


@pytest.mark.parametrize("damage", ["{", "[]", "3", '{"manifest": {}}', "of other GPTs"])
def test_a_comparison_that_cannot_be_used_is_told_in_one_line(
    population, copy_population, shipped, open_page, monkeypatch, damage
):
    copy = copy_population(population.folder)
    copy.comparison.write_text(json.dumps(shipped.comparison()) if damage == "of other GPTs" else damage)
    monkeypatch.setenv(CACHE_VARIABLE, str(copy.root.parent))
    app = open_page("universal", view="culture")
    assert not app.exception
    (told,) = [message.value for message in (*app.warning, *app.error)]
    assert str(copy.comparison) in told or "of other GPTs" in told


def test_a_comparison_without_its_measures_is_damaged(shipped, copy_population):
    copy = copy_population(shipped.folder)
    comparison = json.loads(copy.comparison.read_text())
    del comparison["differences"][0]["pairs"]["world.same"]["interval"]
    copy.comparison.write_text(json.dumps(comparison))
    with pytest.raises(CultureError, match="damaged"):
        open_comparison(copy)
