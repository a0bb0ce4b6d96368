"""One self-contained HTML page about features: words and pictures, for a paper's appendix or an archive."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

STYLE = """
body { max-width: 900px; margin: 2em auto; padding: 0 1em; }
body { font-family: sans-serif; color: #222; background: #fff; }
section { margin: 2em 0; break-inside: avoid; }
h1 { font-size: 1.5em; }
h2 { margin-bottom: 0.2em; font-size: 1.15em; }
p { margin: 0.3em 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.quiet { color: #666; font-size: 0.85em; }
svg { max-width: 100%; height: auto; }
"""


@dataclass(frozen=True)
class Section:
    """A part of the page: a heading, lines of text, what is quieter, and a picture as SVG ("": none)."""

    heading: str
    lines: Sequence[str] = ()
    quiet: Sequence[str] = ()
    picture: str = ""


def html_page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The page as text. Words are escaped; pictures are put in as they are."""
    body = "".join(_section(section) for section in sections)
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head>\n<body>\n<h1>{escape(title)}</h1>\n<p>{escape(lead)}</p>\n"
        f"{body}</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in section.lines if line)
    quiet = "".join(f'<p class="quiet">{escape(line)}</p>\n' for line in section.quiet if line)
    heading = escape(section.heading)
    return f"<section>\n<h2>{heading}</h2>\n{lines}{quiet}{section.picture}\n</section>\n"
