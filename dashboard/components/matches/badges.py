"""What is said of a match: its r, how it stands to its baselines, and how it was found."""

from culture_core.universality.matching.store import Match
from dashboard.components.feature_panels.messages import Badge

STRONG_R = 0.5
CLEAR_EXCESS = 0.2
BASELINE_WORDS = {
    "permutation": "with the other GPT's quizzes shuffled, position kept",
    "untrained": "in a GPT of random weights",
    "rotation": "in the same GPT with its state rotated",
}


def match_badges(match: Match) -> list[Badge]:
    """Badges of a match, the r first: text, tone ("good", "kind", "poor" or "") and help."""
    badges = [_badge(f"r {match.r:.2f}", "good" if match.r >= STRONG_R else "", "Pearson r over all tokens")]
    if match.highest_baseline is not None:
        name, r = match.highest_baseline
        excess = match.r - r
        text = f"{excess:+.2f} over {r:.2f}"
        help = f"excess over the highest baseline: the best r {BASELINE_WORDS.get(name, name)}"
        badges.append(_badge(text, "good" if excess >= CLEAR_EXCESS else "poor", help))
    if match.mutual:
        badges.append(_badge("mutual", "kind", "each is the other's best match"))
    if match.one_to_one:
        badges.append(_badge("one-to-one", "kind", "the best one-to-one assignment pairs them too"))
    if match.partial_r is not None:
        badges.append(_badge(f"partial {match.partial_r:.2f}", "", "r with position and token regressed out"))
    return badges


def _badge(text: str, tone: str, help: str) -> Badge:
    return {"text": text, "tone": tone, "help": help}
