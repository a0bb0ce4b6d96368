"""What Python tells the browser's storage; the same shape stands in messages.js."""

from typing import TypedDict


class StorageMessage(TypedDict):
    """Notes to be stored: texts by name."""

    changes: dict[str, str]
