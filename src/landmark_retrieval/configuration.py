"""Base class of all settings, and removal of null keys."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Frozen; an unknown key is an error that names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def drop_nulls(values: Any) -> Any:
    """A mapping without its null keys; anything else unchanged.

    Environments are merged into the defaults key by key. One that selects another kind of settings removes
    the keys of the default kind by setting them to null.
    """
    return {k: v for k, v in values.items() if v is not None} if isinstance(values, dict) else values
