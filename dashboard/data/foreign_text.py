"""Text of strangers, made fit to be repeated to the reader."""

import re

LONGEST = 60
# a problem is shown as Markdown, and what stands in backquotes in it as a command to run
UNSAFE = re.compile(r"[^\w .,/+-]")


def quoted(text: str) -> str:
    """Text from a URL or a form, in quotes: at most 60 characters, each that Markdown could read as a "?"."""
    return f"'{UNSAFE.sub('?', text[:LONGEST])}'"
