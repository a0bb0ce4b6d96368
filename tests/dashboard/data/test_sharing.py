"""Whether a server is public is one setting, in the usual words."""

import pytest

from dashboard.data.sharing import PUBLIC_VARIABLE, is_public


@pytest.mark.parametrize(
    ("value", "public"),
    [("1", True), ("true", True), ("yes", True), ("0", False), ("No", False), ("", False)],
)
def test_the_variable_decides(monkeypatch, value, public):
    monkeypatch.setenv(PUBLIC_VARIABLE, value)
    assert is_public() is public


def test_a_server_is_not_public_unless_told(monkeypatch):
    monkeypatch.delenv(PUBLIC_VARIABLE, raising=False)
    assert not is_public()
