"""Text of strangers, made fit to be repeated to the reader."""

import re

LONGEST = 60
# a problem is shown as Markdown, and what stands in backquotes in it as a command to run
MARKS = re.compile(r"[!-/:-@\[-`{-~]")
# a colon begins an icon or a colour even after a backslash, unless a word joiner follows
MEANT = {":": ":\u2060"}
UNSAFE = re.compile(r"[^\w .,/+-]")


def quoted(text: str) -> str:
    """Text from a URL or a form, in quotes: at most 60 characters, each that Markdown could read as a "?"."""
    return f"'{UNSAFE.sub('?', text[:LONGEST])}'"


def literal(text: str) -> str:
    """Text that Markdown shows as it is: nothing in it is markup."""
    return MARKS.sub(lambda found: MEANT.get(found[0], f"\\{found[0]}"), " ".join(text.split()))
