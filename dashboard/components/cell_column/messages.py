"""What Python and a column of the Cell view tell each other; the same shapes stand in messages.js."""

from typing import TypedDict

import numpy as np

from culture_core.figures.style import DIGITS, GridStyle, contrast_colour
from culture_core.world.vocabulary import N_TOKENS
from dashboard.data.circuit.steering import SCALE, STUDY_FACTOR, ZERO
from dashboard.data.feature.firing_features import FiringFeature
from dashboard.data.words.token_names import token_name

MARKER_GROUND = "#e6e4ec"
MARKER_LETTERS = ("A", "fA", "B", "fB")


class TokenMessage(TypedDict):
    """A token with what the GPT makes of it."""

    name: str
    digit: str
    colour: str
    ink: str
    logit: float
    probability: float


class ActionMessage(TypedDict):
    """What can be done with a feature in the Lab; query: parameters added to those of the quiz."""

    label: str
    title: str
    query: dict[str, str]


class FeatureMessage(TypedDict):
    """A feature that fires; share of its maximum over the index, None where there is no index."""

    id: int
    activation: float
    share: float | None
    words: str
    title: str
    actions: list[ActionMessage]


class ColumnMessage(TypedDict):
    """A whole column."""

    tokens: list[TokenMessage]
    expected: int
    truth: int
    features: list[FeatureMessage]
    first: int
    heading: str
    note: str
    chosen: int | None
    matched: int | None
    address: dict[str, str]
    lab: dict[str, str]


def feature_message(feature: FiringFeature, model_k: int) -> FeatureMessage:
    """A feature of a GPT as a message."""
    share = "" if feature.share is None else f", {feature.share:.0%} of its maximum"
    return {
        "id": feature.feature,
        "activation": feature.activation,
        "share": feature.share,
        "words": feature.words,
        "title": f"{feature.sentence}Activation {feature.activation:.4g}{share}. Click to draw it.",
        "actions": _actions(feature.feature, model_k),
    }


def _actions(feature: int, model_k: int) -> list[ActionMessage]:
    """The ways from a feature into the Lab."""
    steered = {"part": "steer", "features": f"{model_k}.{feature}"}
    return [
        {
            "label": "Ablate",
            "title": f"Set feature {feature} to zero in the Lab",
            "query": {**steered, "do": ZERO},
        },
        {
            "label": f"x{STUDY_FACTOR}",
            "title": f"Amplify feature {feature} {STUDY_FACTOR} times in the Lab",
            "query": {**steered, "do": SCALE, "by": str(STUDY_FACTOR)},
        },
        {
            "label": "Why",
            "title": f"What feature {feature} does for this GPT's answer",
            "query": {"part": "why", "gpt": str(model_k), "shown": str(feature)},
        },
    ]


def token_messages(logits: np.ndarray, probabilities: np.ndarray, style: GridStyle) -> list[TokenMessage]:
    """The 15 tokens with their colours, logits (15,) and probabilities (15,)."""
    colours = [*style.palette, *(MARKER_GROUND,) * len(MARKER_LETTERS)]
    digits = [*DIGITS, *MARKER_LETTERS]
    return [
        {
            "name": token_name(token, style.names),
            "digit": digits[token],
            "colour": colours[token],
            "ink": contrast_colour(colours[token]),
            "logit": float(logits[token]),
            "probability": float(probabilities[token]),
        }
        for token in range(N_TOKENS)
    ]
