"""The fast lane leaves out what it should, and the list that says so names files that exist."""

import pytest
from lanes import SLOW_FIXTURES, SLOW_PATHS, TESTS, is_slow


def test_every_slow_path_exists():
    assert [path for path in SLOW_PATHS if not (TESTS / path).exists()] == []


def test_this_test_is_in_the_fast_lane_and_one_of_the_browser_is_not(request):
    assert not is_slow(request.node)
    assert request.node.get_closest_marker("slow") is None
    browser = next((TESTS / "browser").glob("test_*.py"))
    assert is_slow(pytest.Module.from_parent(request.session, path=browser))


def test_slow_fixtures_are_fixtures_of_whole_folders():
    text = "".join(path.read_text() for path in TESTS.rglob("conftest.py"))
    assert [name for name in SLOW_FIXTURES if f"def {name}(" not in text] == []
