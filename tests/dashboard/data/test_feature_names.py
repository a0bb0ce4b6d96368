"""Lists of features are read from a link as they were written."""

import pytest

from dashboard.data.feature.feature_names import FeatureName, read_features, write_features

SIZES = {0: 64, 2: 32}
NAMES = [FeatureName(0, 5), FeatureName(2, 31), FeatureName(0, 63)]


def test_a_list_of_features_is_read_as_it_was_written():
    assert write_features(NAMES) == "0.5,2.31,0.63"
    assert read_features("0.5,2.31,0.63", SIZES) == (NAMES, None)
    assert read_features(" 0.5 , 0.5,", SIZES) == ([FeatureName(0, 5)], None)
    assert read_features("", SIZES) == ([], None)
    assert write_features([]) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.64", "GPT 0 has no feature 64"),
        ("1.3", "there is no GPT 1"),
        ("0", "is not a feature"),
        ("0.5;2.1", "is not a feature"),
        ("0.-1", "is not a feature"),
        ("٠.٥", "is not a feature"),
        ("0." + "9" * 50, "is not a feature"),
        ("<b>", "is not a feature"),
    ],
)
def test_what_names_no_feature_is_left_out_and_told(text, words):
    names, problem = read_features(f"0.5,{text},2.31", SIZES)
    assert names == NAMES[:2]
    assert words in str(problem)


def test_too_many_features_are_cut_off_and_told():
    names, problem = read_features(",".join(f"0.{feature}" for feature in range(12)), SIZES)
    assert names == [FeatureName(0, feature) for feature in range(10)]
    assert "more than 10 features" in str(problem)
