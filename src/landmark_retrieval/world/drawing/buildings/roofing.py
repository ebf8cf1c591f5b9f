"""Roofs, domes and plain surfaces."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.world.drawing.buildings.material import clouded, masonry
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.sheet import Sheet, tone


def paint_roof(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A slope of tiles or slates with dormers and skylights."""
    rng = sheet.rng
    masonry(sheet, style.roof, "brick")
    rows, columns = sheet.image.shape[:2]
    sheet.multiply(np.clip(1 + 0.05 * clouded(rows, columns, 60, rng), 0.6, 1.3))
    if height > 3 and width > 6:
        for x in np.arange(rng.uniform(1.5, 3), width - 1.5, rng.uniform(3.5, 6)):
            _dormer(sheet, style, float(x), height * rng.uniform(0.45, 0.6))
    sheet.rectangle(0, height - 0.25, width, height, tone(style.roof, 0.6))
    sheet.rectangle(0, 0, width, 0.2, tone(style.roof, 1.2))


def _dormer(sheet: Sheet, style: Style, x: float, top: float) -> None:
    high = min(1.5, sheet.height * 0.3)
    if sheet.rng.random() < 0.3:
        sheet.upright(x, 0.5, top, top + high * 0.7, (96, 116, 136))
        return
    sheet.upright(x, 0.75, top, top + high, tone(style.trim, 0.95))
    sheet.polygon([[x - 1, top], [x, top - 0.8], [x + 1, top]], tone(style.roof, 0.7))
    left, right, lintel, sill = x - 0.45, x + 0.45, top + 0.2, top + high
    glass = [[left, lintel], [right, lintel], [right, sill], [left, sill]]
    sheet.polygon(glass, tone(style.glass, sheet.rng.uniform(0.7, 1.2)), 150)


def paint_spire(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A steep slope of tiles in bands."""
    masonry(sheet, style.roof, "brick")
    for band in range(1, 6):
        level = height * band / 6
        sheet.shade(0, level, width, level + height / 14, 0.8 if band % 2 else 1.15)
    sheet.ellipse(width / 2, height * 0.72, width * 0.06, width * 0.09, (36, 34, 36))


def paint_dome(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A facet of a dome with its rib."""
    masonry(sheet, style.roof, "brick")
    sheet.upright(width / 2, 0.12, 0, height, tone(style.roof, 1.22 if style.variant else 0.75))


def paint_battlement(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A stretch of parapet."""
    masonry(sheet, tone(style.wall, 0.97), "rubble" if style.material == "plaster" else "ashlar")
    sheet.rectangle(0, 0, width, 0.2, tone(style.trim, 0.95))


def paint_plain(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A flat roof, a step, a plinth."""
    masonry(sheet, tone(style.trim, 0.85), "panel")


def paint_shaft(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A round column, unrolled and shaded as seen from before it."""
    masonry(sheet, style.trim, "ashlar")
    columns = sheet.image.shape[1]
    across = np.linspace(-0.95, 0.95, columns)
    flutes = 1 + 0.10 * np.sign(np.sin(np.arcsin(across) * 12))
    light = (0.52 + 0.5 * np.sqrt(1 - across**2) - 0.16 * across) * flutes
    sheet.multiply(light[None])
    cap = min(0.09 * height, 1.2 * width)
    sheet.shade(0, 0, width, cap, 1.12)
    sheet.shade(0, cap, width, cap * 1.4, 0.7)
    sheet.shade(0, height - cap * 0.7, width, height, 1.06)
