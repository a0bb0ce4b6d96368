"""One look of a head in a sentence."""

from culture_core.circuits.heads.one_look import Look
from culture_core.figures.rows import position_name, quiz_row


def look_sentence(look: Look) -> str:
    """Which head looks where, how much, and with what score."""
    labels = quiz_row(look.tokens.numpy()).labels
    above = look.excess.total
    return (
        f"to predict {position_name(look.query, labels)}, head {look.name} gives {look.attention:.0%} of its "
        f"attention to {seen_name(look.key, labels)}: its score there, {look.score:.2f}, is {abs(above):.2f} "
        f"{'above' if above >= 0 else 'below'} the mean over all tokens that it sees"
    )


def seen_name(token: int, labels: tuple[str, ...]) -> str:
    """A token that is read, in words (0: the 0 in front)."""
    return "the 0 in front" if token == 0 else position_name(token - 1, labels)
