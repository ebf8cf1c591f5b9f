"""Painted surfaces of one landmark, painted on first use and cached."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from zlib import crc32

import numpy as np

from landmark_retrieval.world.drawing.buildings import facade, flooring, furnishing, gateway, nave, roofing
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.sheet import Image, Sheet
from landmark_retrieval.world.drawing.solid import Surface

Painter = Callable[[Style, float, float, float, np.random.Generator], Sheet]

_PAINTERS: dict[str, Painter] = {
    "wall": partial(facade.paint_wall, door=False),
    "narrow wall": partial(facade.paint_wall, door=False),
    "wall with door": partial(facade.paint_wall, door=True),
    "gable wall": partial(facade.paint_wall, door=True),
    "church front": facade.paint_church_front,
    "tower": partial(facade.paint_tower, clock=False),
    "clock tower": partial(facade.paint_tower, clock=True),
    "fortress": partial(facade.paint_fortress, door=False),
    "fortress with door": partial(facade.paint_fortress, door=True),
    "colonnade": facade.paint_colonnade,
    "curtain wall": facade.paint_curtain_wall,
    "gateway": gateway.paint_gateway,
    "pediment": facade.paint_pediment,
    "gable piece": facade.paint_pediment,
    "entablature": facade.paint_entablature,
    "chimney": roofing.paint_battlement,
    "battlement": roofing.paint_battlement,
    "roof": roofing.paint_roof,
    "spire": roofing.paint_spire,
    "dome": roofing.paint_dome,
    "plain": roofing.paint_plain,
    "shaft": roofing.paint_shaft,
    **furnishing.PAINTERS,
    **nave.PAINTERS,
    **flooring.PAINTERS,
}

_DAYLIGHT_LEFT = np.array([0.20, 0.22, 0.30])  # what a wall keeps of its colours after dark
_LAMPLIGHT = np.array([255, 205, 120])  # what a lit window adds


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
            longest = max(surface.width, surface.height)
            scale = min(18.0, 460.0 / longest) * self._detail
            painter = _PAINTERS[surface.painter]
            self._sheets[surface] = painter(self._style, surface.width, surface.height, scale, rng)
        return self._sheets[surface]


def _after_dark(sheet: Sheet) -> Image:
    """Lit windows in a dark wall, which lamps on the ground reach from below."""
    rows = sheet.image.shape[0]
    lamps = 0.22 + 0.45 * np.linspace(0, 1, rows, dtype=np.float32) ** 2
    reach = (
        lamps[:, None, None] * np.array([1.25, 1.0, 0.65], np.float32)
        + _DAYLIGHT_LEFT.astype(np.float32) * 0.6
    )
    lit = sheet.image * reach + sheet.glow[..., None] * (_LAMPLIGHT / 255).astype(np.float32)
    return np.clip(lit, 0, 255).astype(np.uint8)


def _halvings(picture: Image) -> list[Image]:
    import cv2

    levels = [picture]
    while min(levels[-1].shape[:2]) > 3 and len(levels) < 6:
        height, width = levels[-1].shape[:2]
        half = cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        levels.append(np.asarray(half, np.uint8))
    return levels
