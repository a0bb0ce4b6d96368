"""Whether this server is one reader's own, or open to a group."""

import os

PUBLIC_VARIABLE = "CULTURE_PUBLIC"
OFF = ("", "0", "false", "no", "off")


def is_public() -> bool:
    """Whether many readers share the server: then it writes nothing, and notes stay in their browsers."""
    return os.environ.get(PUBLIC_VARIABLE, "").strip().lower() not in OFF
