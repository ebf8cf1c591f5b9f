"""Painted surfaces of one landmark, painted on first use and cached."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from zlib import crc32

import cv2
import numpy as np

from landmark_retrieval.world.drawing.buildings import facade, flooring, furnishing, roofing
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.sheet import Image, Sheet, blank_sheet
from landmark_retrieval.world.drawing.solid import Surface

Painter = Callable[[Sheet, Style, float, float], None]

# `paint_book_wall` paints the surface "book wall", and so on
_PAINTERS: dict[str, Painter] = {
    name.removeprefix("paint_").replace("_", " "): painter
    for module in (facade, roofing, furnishing, flooring)
    for name, painter in vars(module).items()
    if name.startswith("paint_")
}
_PAINTERS |= {
    "narrow wall": facade.paint_wall,
    "wall with door": partial(facade.paint_wall, door=True),
    "gable wall": partial(facade.paint_wall, door=True),
    "clock tower": partial(facade.paint_tower, clock=True),
    "fortress with door": partial(facade.paint_fortress, door=True),
    "gable piece": facade.paint_pediment,
    "chimney": roofing.paint_battlement,
}

_DAYLIGHT_LEFT = np.array([0.20, 0.22, 0.30])  # what a wall keeps of its colours after dark
_LAMPLIGHT = np.array([255, 205, 120])  # what a lit window adds


def paint(
    painter: str, style: Style, width: float, height: float, scale: float, rng: np.random.Generator
) -> Sheet:
    """A new sheet of `width` by `height` metres, painted by the named painter."""
    sheet = blank_sheet(width, height, scale, (0, 0, 0), rng)
    _PAINTERS[painter](sheet, style, width, height)
    return sheet


class Paintings:
    """The surfaces of one landmark at full size and every halving of it."""

    def __init__(self, style: Style, detail: float) -> None:
        """Begin with nothing painted; `detail` is 1 for photographs of 256 pixels, and scales with them."""
        self._style = style
        self._detail = detail
        self._sheets: dict[Surface, Sheet] = {}
        self._levels: dict[tuple[Surface, bool], list[Image]] = {}

    def levels(self, surface: Surface, night: bool) -> list[Image]:
        """The painting of a surface by day or after dark: full size, half of it, and so on."""
        key = surface, night
        if key not in self._levels:
            sheet = self._sheet(surface)
            self._levels[key] = _halvings(_after_dark(sheet) if night else sheet.image)
        return self._levels[key]

    def _sheet(self, surface: Surface) -> Sheet:
        if surface not in self._sheets:
            rng = np.random.default_rng([self._style.seed, crc32(surface.painter.encode()), surface.number])
            size = surface.width, surface.height
            scale = min(18.0, 460.0 / max(size)) * self._detail
            self._sheets[surface] = paint(surface.painter, self._style, *size, scale, rng)
        return self._sheets[surface]


def _after_dark(sheet: Sheet) -> Image:
    """Lit windows in a dark wall, which lamps on the ground reach from below."""
    rows = sheet.image.shape[0]
    lamps = 0.22 + 0.45 * np.linspace(0, 1, rows, dtype=np.float32) ** 2
    reach = lamps[:, None, None] * np.array([1.25, 1.0, 0.65], np.float32)
    reach += _DAYLIGHT_LEFT.astype(np.float32) * 0.6
    lit = sheet.image * reach + sheet.glow[..., None] * (_LAMPLIGHT / 255).astype(np.float32)
    return np.clip(lit, 0, 255).astype(np.uint8)


def _halvings(picture: Image) -> list[Image]:
    levels = [picture]
    while min(levels[-1].shape[:2]) > 3 and len(levels) < 6:
        height, width = levels[-1].shape[:2]
        half = cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        levels.append(np.asarray(half, np.uint8))
    return levels
