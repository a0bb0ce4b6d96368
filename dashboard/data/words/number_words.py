"""Numbers as the pages write them."""

LEAST_SHARE = 1e-5
WORDS = (
    *(
        "no",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ),
)


def probability_words(p: float) -> str:
    """A probability with two decimals, as in 0.93; "<0.01" for a small one."""
    return f"{p:.2f}" if p >= 0.005 else "<0.01"


def number_word(n: int) -> str:
    """A small number as a word, as in "eight"; others in digits."""
    return WORDS[n] if 0 <= n < len(WORDS) else f"{n:,}"


def share_words(share: float) -> str:
    """A share as a percentage with the digits that count; "<0.001%" for a tiny one."""
    if share == 0:
        return "0"
    if share < LEAST_SHARE:
        return f"<{LEAST_SHARE:.3%}"
    return f"{share:.1%}" if share >= 0.1 else f"{100 * share:.2g}%"


def counted(n: int, noun: str) -> str:
    """A number with its noun, as in "1 GPT", "1,234 features"."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
