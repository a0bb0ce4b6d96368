"""Words of the field with a dotted underline; pointing at one, or focusing it, shows what it means."""

from html import escape

import streamlit as st

from dashboard.data.words.glossary import TERMS

STYLE = """<style>
.terms { position: relative; font-size: 0.8125rem; line-height: 1.8; }
.terms span {
  margin-right: 1em;
  text-decoration: underline dotted;
  text-underline-offset: 3px;
  white-space: nowrap;
  cursor: help;
}
.terms span:hover::after, .terms span:focus::after {
  content: attr(data-meaning);
  position: absolute;
  z-index: 100;
  top: 100%;
  left: 0;
  max-width: min(460px, 100%);
  padding: 8px 11px;
  border: 1px solid color-mix(in srgb, CanvasText 28%, Canvas);
  border-radius: 6px;
  background: Canvas;
  color: CanvasText;
  line-height: 1.4;
  white-space: normal;
}
</style>"""


def explained(*words: str) -> None:
    """A quiet line of words, each with its meaning."""
    terms = " ".join(_term(word) for word in words)
    st.html(f'{STYLE}<div class="terms">Words used here: {terms}</div>')


def _term(word: str) -> str:
    meaning = escape(TERMS[word], quote=True)
    told = f"{word}: {meaning}"
    return f'<span tabindex="0" role="note" aria-label="{told}" data-meaning="{meaning}">{word}</span>'
