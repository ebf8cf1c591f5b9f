"""Framed photographs of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Frame = Literal["query", "correct", "wrong", "ignored", "removed", "added", "relabelled", "kept", "pair"]

GLYPHS: Final[Mapping[Frame, str]] = {
    "query": "?",
    "correct": "✓",
    "wrong": "✗",
    "ignored": "–",
    "removed": "✗",
    "added": "+",
    "relabelled": "⇄",
    "kept": "✓",
    "pair": "≈",
}
"""A sign beside the colour of each frame, for readers who cannot tell the colours apart."""


@dataclass(frozen=True)
class Tile:
    """A framed photograph with lines of text below it; `thumbnail` is empty if it could not be read."""

    image_id: str
    frame: Frame
    thumbnail: str
    notes: tuple[str, ...]

    @property
    def glyph(self) -> str:
        """The sign of its frame."""
        return GLYPHS[self.frame]
