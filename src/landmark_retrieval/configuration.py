"""How an environment changes settings that are one of several kinds."""

from __future__ import annotations

from typing import Any


def without_absent(values: Any) -> Any:
    """A mapping without the keys that are null; anything else as it is.

    Environments are merged into the defaults key by key: one that chooses another kind takes the keys of the
    default kind out by setting them to null.
    """
    return {k: v for k, v in values.items() if v is not None} if isinstance(values, dict) else values
