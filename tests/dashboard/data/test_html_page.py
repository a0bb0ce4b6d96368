"""The exported page stands alone and shows what a reader wrote as text."""

from dashboard.data.feature.html_page import Section, html_page


def test_what_is_written_is_text_and_pictures_are_kept():
    hostile = "<script>alert(1)</script>"
    page = html_page(hostile, hostile, [Section(hostile, [hostile, ""], [hostile], "<svg><rect/></svg>")])
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 6
    assert page.count("<p>") == 2
    assert "<svg><rect/></svg>" in page


def test_the_page_needs_nothing_from_elsewhere():
    page = html_page("Features", "Lead", [Section("GPT 0 · 1", ["says"])])
    assert page.startswith("<!doctype html>")
    assert not any(word in page for word in ("http:", "https:", "src=", "<link", "@import"))
    assert "break-inside: avoid" in page
