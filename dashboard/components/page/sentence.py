"""Words that start a sentence of their own."""


def capitalised(words: object) -> str:
    """The words of a fragment or of an error with a capital first letter; all else stays."""
    text = str(words)
    return text[:1].upper() + text[1:]
