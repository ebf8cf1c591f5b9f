"""Flat surface to paint on, measured in metres: a wall, roof or floor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Colour = tuple[int, int, int]
Image = NDArray[np.uint8]

_SHIFT = 3  # fractional bits of OpenCV's drawing coordinates


def tone(colour: Colour, factor: float) -> Colour:
    """`colour` (RGB, 0..255) made lighter (`factor` > 1) or darker."""
    red, green, blue = (int(min(255, max(0, channel * factor))) for channel in colour)
    return red, green, blue


def palette(codes: str) -> tuple[Colour, ...]:
    """Colours from their hexadecimal codes, separated by blanks."""
    return tuple((code >> 16, code >> 8 & 255, code & 255) for code in (int(c, 16) for c in codes.split()))


def blend(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with a `share` of `second` mixed in."""
    red, green, blue = (int(a * (1 - share) + b * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def pick(colours: Sequence[Colour], rng: np.random.Generator) -> Colour:
    """One of the colours, each equally likely."""
    return colours[int(rng.integers(len(colours)))]


@dataclass
class Sheet:
    """A picture `(height, width, 3)` uint8 RGB and a mask `(height, width)` uint8 of what glows at night.

    All drawing coordinates are metres, x to the right and y downwards from the upper left corner.
    """

    image: Image
    glow: Image
    scale: float  # pixels per metre
    rng: np.random.Generator

    @property
    def width(self) -> float:
        """Width in metres."""
        return self.image.shape[1] / self.scale

    @property
    def height(self) -> float:
        """Height in metres."""
        return self.image.shape[0] / self.scale

    def polygon(self, points: ArrayLike, colour: Colour, glow: int | None = None) -> None:
        """Fill the polygon `points` `(n, 2)`; `glow` (0..255) is what it gives at night."""
        fixed = np.rint(np.asarray(points) * (self.scale * 2**_SHIFT)).astype(np.int32)
        cv2.fillPoly(self.image, [fixed], colour, cv2.LINE_AA, _SHIFT)
        if glow is not None:
            cv2.fillPoly(self.glow, [fixed], glow, cv2.LINE_8, _SHIFT)

    def rectangle(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Fill an upright rectangle; it hides what glowed behind it."""
        self.polygon([[left, top], [right, top], [right, bottom], [left, bottom]], colour, 0)

    def upright(self, x: float, half: float, top: float, bottom: float, colour: Colour) -> None:
        """Fill the rectangle that extends `half` to either side of `x`."""
        self.rectangle(x - half, top, x + half, bottom, colour)

    def circle(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Fill a circle."""
        self.ellipse(x, y, radius, radius, colour)

    def ellipse(self, x: float, y: float, radius_x: float, radius_y: float, colour: Colour) -> None:
        """Fill an upright ellipse."""
        angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
        self.polygon(np.stack([x + radius_x * np.cos(angle), y + radius_y * np.sin(angle)], 1), colour)

    def line(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, thickness: float) -> None:
        """Draw a line `thickness` metres thick (at least a pixel)."""
        start, end = ([round(v * self.scale * 2**_SHIFT) for v in point] for point in ((x0, y0), (x1, y1)))
        pixels = max(1, round(thickness * self.scale))
        cv2.line(self.image, start, end, colour, pixels, cv2.LINE_AA, _SHIFT)

    def fill(self, colour: Colour) -> None:
        """Cover everything with one colour."""
        self.image[:] = colour

    def multiply(self, factor: NDArray[np.floating]) -> None:
        """Scale the colours by a `factor` for each pixel, row or column."""
        self.image[:] = np.clip(self.image * factor[..., None], 0, 255).astype(np.uint8)

    def bars(
        self, places: Iterable[float], top: float, bottom: float, colour: Colour, thickness: float
    ) -> None:
        """Draw upright lines at several `places` from left to right."""
        for x in places:
            self.line(x, top, x, bottom, colour, thickness)

    def shade(self, left: float, top: float, right: float, bottom: float, factor: float) -> None:
        """Darken (`factor` < 1) or lighten an upright rectangle of what is painted already."""
        columns = slice(max(0, round(left * self.scale)), max(0, round(right * self.scale)))
        rows = slice(max(0, round(top * self.scale)), max(0, round(bottom * self.scale)))
        part = self.image[rows, columns]
        if part.size:
            part[:] = cv2.convertScaleAbs(part, alpha=factor)


def blank_sheet(width: float, height: float, scale: float, colour: Colour, rng: np.random.Generator) -> Sheet:
    """A sheet of `width` x `height` metres in one colour."""
    size = max(2, round(height * scale)), max(2, round(width * scale))
    image = np.empty((*size, 3), np.uint8)
    image[:] = colour
    return Sheet(image, np.zeros(size, np.uint8), scale, rng)
