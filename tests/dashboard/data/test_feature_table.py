"""The features table: filters together leave what a look at every row leaves; a link restores them."""

import numpy as np
import pandas as pd
import pytest

from culture_core.errors import CultureError
from dashboard.components.feature_list.listing import grid_cell
from dashboard.components.feature_list.messages import read_action
from dashboard.components.feature_list.ranges import (
    encode_ends,
    end_words,
    one_two_five,
    span_ends,
    span_options,
)
from dashboard.data.feature.feature_filter import RANGES, SORTABLE, FeatureFilter, Span, choose_features
from dashboard.data.feature.feature_table import for_download, with_notes
from dashboard.notes.note import FeatureKey, Note

N = 60


@pytest.fixture
def table() -> pd.DataFrame:
    """Sixty features of two GPTs with every column there can be, some values missing."""
    chance = np.random.default_rng(0)
    dead = chance.random(N) < 0.2
    columns = {name: np.where(dead, np.nan, chance.random(N)) for name in RANGES}
    kinds = {
        "task": ["aa", "bb", "Cc"],
        "promoted": ["aa", "bb"],
        "kind": ["rule", "none"],
        "concept": ["aa & Cc", "bb", "Cc", "Cc2"],
    }
    names = {name: np.where(dead, "", chance.choice(options, N)) for name, options in kinds.items()}
    own = np.repeat([[True, False, False], [False, False, True]], N // 2, axis=0)
    r = np.where(own | dead[:, None], np.nan, chance.random((N, 3)))
    rows = pd.DataFrame(
        {
            "gpt": np.repeat([0, 3], N // 2),
            "feature": np.tile(np.arange(N // 2), 2),
            "dead": dead,
            **columns,
            **names,
            "gpts": np.where(dead, np.nan, chance.integers(1, 4, N)),
            "lacks": np.where(dead, np.nan, chance.choice([-1, 0, 3], N)),
            **{f"r_{k}": r[:, place] for place, k in enumerate((0, 1, 3))},
        }
    )
    key = FeatureKey("p", "h", 3, 4)
    notes = [Note(key, starred=True, name="Corner finder", text="see <b>", lists=("mine",))]
    return with_notes(rows, [*notes, Note(FeatureKey("p", "h", 9, 4), starred=True)])


def passes(row: pd.Series, chosen: FeatureFilter) -> bool:
    """The filters, one feature at a time."""
    tests = [
        not chosen.models or row.gpt in chosen.models,
        chosen.fires == "any" or row.dead == (chosen.fires == "dead"),
        *(getattr(chosen, name) in ("any", row[name]) for name in ("task", "promoted", "kind")),
        set(chosen.concept) <= set(row.concept.split(" & ")),
        sum(row[f"r_{k}"] >= chosen.r for k in (0, 1, 3)) >= chosen.matched,
        all(row[f"r_{k}"] < chosen.r for k in chosen.absent),
        chosen.gpts == 0 or row.gpts == chosen.gpts,
        chosen.lacks == -1 or row.lacks == chosen.lacks,
        not chosen.starred or row.starred,
        not chosen.listed or chosen.listed in row.lists,
        *(word in f"{row.concept} {row['name']} {row.note}".lower() for word in chosen.words.lower().split()),
    ]
    for name in RANGES:
        span = getattr(chosen, name)
        tests.append(span.low is None or row[name] >= span.low)
        tests.append(span.high is None or row[name] <= span.high)
    return all(tests)


FILTERS = [
    {},
    {"fires": "any"},
    {"fires": "dead"},
    {"models": "3"},
    {"task": "aa", "density": "0.2..0.9", "max": "0.1..", "f1": "..0.8", "concept": "Cc"},
    {"promoted": "bb", "universality": "0.3..", "excess": "..0.7", "models": "0,3"},
    {"starred": "1"},
    {"listed": "mine", "words": "corner <b>"},
    {"words": "CC"},
    {"concept": "aa & Cc"},
    {"matched": "2", "r": "0.4"},
    {"matched": "1", "absent": "3", "r": "0.6"},
    {"gain": "0.3..0.9"},
    {"kind": "rule", "gpts": "2"},
    {"lacks": "3"},
]


@pytest.mark.parametrize("parameters", FILTERS)
@pytest.mark.parametrize("sort", ["max", "task", "feature"])
@pytest.mark.parametrize("up", ["0", "1"])
def test_all_filters_together_leave_what_a_look_at_every_row_leaves(table, parameters, sort, up):
    chosen = FeatureFilter.parse({**parameters, "sort": sort, "up": up}, table)
    found = choose_features(table, chosen)
    expected = table[[passes(row, chosen) for _, row in table.iterrows()]]
    assert sorted(found.index) == sorted(expected.index)
    values = [value for value in found[sort] if value != "" and value == value]
    assert values == sorted(values, reverse=not chosen.up)
    assert all(value == "" or value != value for value in found[sort][len(values) :])


@pytest.mark.parametrize("parameters", FILTERS)
def test_a_filter_is_restored_exactly_by_its_link(table, parameters):
    chosen = FeatureFilter.parse({**parameters, "sort": "f1", "up": "1"}, table)
    written = {name: value for name, value in chosen.parameters().items() if value is not None}
    assert FeatureFilter.parse(written, table) == chosen
    assert chosen.n_set() == len([name for name in written if name not in ("sort", "up", "r")])


def test_the_order_of_ties_is_fixed_and_missing_values_come_last(table):
    tied = table.assign(max=np.where(table.gpt == 0, 1.0, np.nan))
    found = choose_features(tied, FeatureFilter(fires="any", sort="max"))
    assert list(zip(found.gpt, found.feature, strict=True)) == list(
        zip(table.gpt, table.feature, strict=True)
    )


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"models": "7"}, "no GPT"),
        ({"models": ""}, "no GPT"),
        ({"task": "zz"}, "no task"),
        ({"fires": "never"}, "no fires"),
        ({"sort": "__class__"}, "no sort"),
        ({"density": "0.5"}, "not a range"),
        ({"density": "a..b"}, "not a range"),
        ({"density": "nan..inf"}, "not a range"),
        ({"concept": "aa & C"}, "no concept"),
        ({"matched": "3"}, "no number of GPTs"),
        ({"r": "nan"}, "not an r"),
        ({"r": "2"}, "not an r"),
        ({"absent": "2"}, "no GPT"),
        ({"lacks": "1"}, "no GPT"),
        ({"gpts": "4"}, "no number of GPTs"),
        ({"kind": "zz"}, "no kind"),
    ],
)
def test_a_link_to_what_is_not_there_is_refused_in_words(table, parameters, words):
    with pytest.raises(CultureError, match=words):
        FeatureFilter.parse(parameters, table)


@pytest.mark.parametrize("name", ["f1", "concept", "kind", "excess", "gpts", "lacks", "promoted"])
def test_a_filter_on_what_is_not_made_yet_says_what_to_run(table, name):
    with pytest.raises(CultureError, match="run `culture"):
        FeatureFilter.parse({name: "0.."}, table.drop(columns=name))


def test_what_is_not_made_yet_is_not_needed(table):
    bare = table.drop(
        columns=["concept", "f1", "gain", "excess", "promoted", "universality", "r_0", "r_1", "r_3"]
    )
    assert len(choose_features(bare, FeatureFilter(fires="any", words="corner"))) == 1
    assert FeatureFilter().order(bare) == "density"
    assert FeatureFilter().order(table) == "excess"


def test_notes_stand_on_their_features(table):
    noted = table[table.starred]
    assert noted[["gpt", "feature", "name"]].to_numpy().tolist() == [[3, 4, "Corner finder"]]
    assert for_download(noted).lists.tolist() == ["mine"]


def test_every_column_that_can_be_sorted_is_sorted(table):
    for name in SORTABLE:
        assert len(choose_features(table, FeatureFilter(sort=name))) == (~table.dead).sum()


def test_eighty_thousand_features_are_filtered_and_sorted_quickly(table):
    large = pd.concat([table] * 1366, ignore_index=True)
    chosen = FeatureFilter(words="corner", density=Span(0.1, 0.9), task="aa", sort="max")
    import time

    started = time.process_time()
    choose_features(large, chosen)
    assert time.process_time() - started < 0.5


def test_the_stops_of_a_slider_hold_the_ends_of_the_link():
    span = Span(0.0123, None)
    options = span_options("density", pd.Series([0.0, 0.001, 0.2]), span)
    assert options == sorted(options)
    assert span_ends(span)[0] in options
    assert span_ends(span)[1] in options
    assert Span.parse(encode_ends(span_ends(span)) or "..") == span
    assert encode_ends(span_ends(Span())) is None
    assert len({end_words("density", end) for end in options}) == len(options)


def test_stops_are_one_two_and_five_of_every_power_of_ten():
    assert one_two_five(0.02, 3) == [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"star": 0}, ("star", 0)),
        ({"sort": "max"}, ("sort", "max")),
        ({"star": 4}, None),
        ({"star": -1}, None),
        ({"star": "0"}, None),
        ({"sort": "secret"}, None),
        ({"sort": ["max"]}, None),
        ({"delete": 0}, None),
        ({}, None),
        (None, None),
        ({"sort": "max", "star": 1}, None),
    ],
)
def test_an_action_of_the_browser_is_believed_only_when_it_fits(value, expected):
    assert read_action(value, 4, ["max", "task"]) == expected


def test_a_thumbnail_is_light():
    cell = grid_cell(np.arange(100) % 11, np.linspace(0, 1, 100))
    assert len(str(cell)) < 300
