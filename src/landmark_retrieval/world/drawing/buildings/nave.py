"""Inner walls of churches, and the ground coats of all inner walls."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.world.drawing.buildings import ornament
from landmark_retrieval.world.drawing.buildings.artwork import GLASS, painting, stained_glass
from landmark_retrieval.world.drawing.buildings.material import masonry, mottle
from landmark_retrieval.world.drawing.buildings.opening import opening
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.sheet import Colour, Sheet, blend, pick, tone


def lined(sheet: Sheet, colour: Colour, stone: bool) -> None:
    """Cover the sheet with stone blocks or mottled plaster."""
    sheet.fill(colour)
    if stone:
        masonry(sheet, colour, "ashlar")
    else:
        mottle(sheet, 0.03, 50)


def darkened_above(sheet: Sheet, strength: float) -> None:
    """Rooms are darker towards the corners and the ceiling."""
    rows, columns = sheet.image.shape[:2]
    up = np.linspace(1 - strength, 1, rows, dtype=np.float32)[:, None]
    edge = 1 - 0.25 * np.abs(np.linspace(-1, 1, columns, dtype=np.float32))[None, :] ** 6
    sheet.multiply(up * edge)


def pale_stone(style: Style) -> Colour:
    """The stone of the landmark's inside."""
    return blend(style.trim, style.second, 0.35)


def paint_nave_wall(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """Arcade, gallery and high windows of a church."""
    stone = pale_stone(style)
    lined(sheet, stone, True)
    shape = style.window if style.window in ("arch", "pointed") else "arch"
    bay = 4.5
    for x in np.arange(bay / 2, width, bay):
        opening(sheet, shape, x, height * 0.41, bay * 0.86, height * 0.6, tone(stone, 1.12))
        opening(sheet, shape, x, height * 0.44, bay * 0.72, height * 0.56, tone(stone, 0.32))
        stained_glass(sheet, shape, x, height * 0.58, bay * 0.26, height * 0.2, tone(stone, 0.45))
        for side in (-0.28, 0.0, 0.28):
            opening(sheet, shape, x + side * bay, height * 0.31, bay * 0.16, height * 0.07, tone(stone, 0.4))
        stained_glass(sheet, shape, x, height * 0.07, bay * 0.4, height * 0.2, tone(stone, 1.1))
        if sheet.rng.random() < 0.6:
            painting(sheet, x + bay / 2, height * 0.62, 0.9, 1.5)
    ornament.cornice(sheet, style, height * 0.395, 0.25)
    ornament.cornice(sheet, style, height * 0.285, 0.22)
    darkened_above(sheet, 0.15)


def paint_altar_wall(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """Great windows above an altarpiece, between statues."""
    stone = pale_stone(style)
    lined(sheet, tone(stone, 0.9), True)
    shape = "pointed" if style.window == "pointed" else "arch"
    middle = width / 2
    if style.variant:
        for side, grow in ((-0.27, 0.8), (0.0, 1.0), (0.27, 0.8)):
            x, top = middle + side * width, height * (0.45 - 0.3 * grow)
            stained_glass(sheet, shape, x, top, width * 0.18 * grow, height * 0.34 * grow, stone)
    else:
        ornament.rose(sheet, style, middle, height * 0.3, width * 0.24)
    gold = tone((204, 164, 84), sheet.rng.uniform(0.8, 1.1))
    opening(sheet, shape, middle, height * 0.52, width * 0.5, height * 0.4, gold)
    for row in range(2):
        top = height * (0.61 + 0.15 * row)
        for x in middle + np.linspace(-0.19, 0.19, 5) * width:
            colour = tone(pick(GLASS, sheet.rng), 0.7)
            opening(sheet, "arch", x, top, width * 0.07, height * 0.13, colour)
            ornament.niche(sheet, style, x, top + height * 0.02, height * 0.1)
    painting(sheet, middle, height * 0.58, width * 0.16, height * 0.26)
    for side in (-1, 1):
        ornament.niche(sheet, style, middle + side * width * 0.36, height * 0.62, height * 0.22)
    sheet.upright(middle, width * 0.22, height * 0.9, height, (236, 232, 222))
    sheet.upright(middle, width * 0.2, height * 0.92, height * 0.98, tone(style.accent, 1.1))
    candles = middle + np.array([-0.16, -0.1, 0.1, 0.16]) * width
    sheet.bars(candles, height * 0.84, height * 0.9, (250, 244, 220), 0.1)
