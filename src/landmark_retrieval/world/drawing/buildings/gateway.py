"""The wall of a triumphal arch."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.world.drawing.buildings import ornament
from landmark_retrieval.world.drawing.buildings.facade import clad
from landmark_retrieval.world.drawing.buildings.material import weathered
from landmark_retrieval.world.drawing.buildings.opening import outline
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.sheet import Sheet, tone


def _view_through(sheet: Sheet, x: float, top: float, width: float) -> None:
    """The street beyond an arch: bright air, a few houses, the pavement."""
    bottom = sheet.height
    sheet.polygon(outline("arch", x, top, width, bottom - top), (206, 214, 222))
    for share in (-0.5, -0.28, 0.22):
        left, roof = x + share * width, bottom - (bottom - top) * sheet.rng.uniform(0.2, 0.42)
        sheet.rectangle(
            left, roof, left + width * 0.28, bottom, tone((176, 160, 144), sheet.rng.uniform(0.75, 1.05))
        )
    sheet.rectangle(x - width / 2, bottom - (bottom - top) * 0.12, x + width / 2, bottom, (150, 144, 136))


def paint_gateway(style: Style, width: float, height: float, scale: float, rng: np.random.Generator) -> Sheet:
    """A triumphal arch: one great opening, two small ones, reliefs above."""
    sheet = clad(style, width, height, scale, rng)
    attic = height * 0.24
    for side in (-1, 1):
        ornament.pilaster(sheet, style, width * (0.5 + side * 0.2), attic + 0.6, height, 1.0)
        ornament.pilaster(sheet, style, width * (0.5 + side * 0.46), attic + 0.6, height, 1.0)
        x = width * (0.5 + side * 0.33)
        sheet.polygon(outline("arch", x, height * 0.62, width * 0.13, height * 0.38), (52, 48, 46), 60)
        for column in (-1, 1):
            ornament.niche(sheet, style, x + column * width * 0.04, height * 0.36, height * 0.17)
    for grow, colour in ((1.16, style.trim), (1.08, tone(style.trim, 0.7)), (1.0, (58, 52, 50))):
        opening = outline(
            "arch", width / 2, height * (1 - 0.62 * grow), width * 0.3 * grow, height * 0.62 * grow
        )
        sheet.polygon(opening, colour, 90)
    ornament.frieze(sheet, style, attic, height * 0.05)
    ornament.cornice(sheet, style, attic - 0.5, 0.5)
    ornament.sign(sheet, width / 2, height * 0.08, width * 0.5, height * 0.09)
    ornament.cornice(sheet, style, 0, 0.6)
    weathered(sheet, 1.3)
    _view_through(sheet, width / 2, height * 0.44, width * 0.22)
    return sheet
