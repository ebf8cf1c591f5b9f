"""Inner walls of churches, and the ground coats of all inner walls."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.world.drawing.buildings import ornament
from landmark_retrieval.world.drawing.buildings.artwork import GLASS, painting, stained_glass
from landmark_retrieval.world.drawing.buildings.material import clouded, masonry
from landmark_retrieval.world.drawing.buildings.opening import outline
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.sheet import Colour, Sheet, blank_sheet, blend, tone


def lined(
    style: Style,
    width: float,
    height: float,
    scale: float,
    colour: Colour,
    rng: np.random.Generator,
    stone: bool,
) -> Sheet:
    """A sheet of stone blocks or of mottled plaster."""
    sheet = blank_sheet(width, height, scale, colour, rng)
    if stone:
        masonry(sheet, colour, "ashlar")
    else:
        rows, columns = sheet.image.shape[:2]
        mottled = 1 + 0.03 * clouded(rows, columns, 50, rng)
        sheet.image[:] = np.clip(sheet.image * mottled[..., None], 0, 255).astype(np.uint8)
    return sheet


def darkened_above(sheet: Sheet, strength: float) -> None:
    """Rooms are darker towards the corners and the ceiling."""
    rows, columns = sheet.image.shape[:2]
    up = np.linspace(1 - strength, 1, rows, dtype=np.float32)[:, None]
    edge = 1 - 0.25 * np.abs(np.linspace(-1, 1, columns, dtype=np.float32))[None, :] ** 6
    sheet.image[:] = (sheet.image * (up * edge)[..., None]).astype(np.uint8)


def pale_stone(style: Style) -> Colour:
    """The stone of the landmark's inside."""
    return blend(style.trim, style.second, 0.35)


def stained(rng: np.random.Generator) -> Colour:
    """One of the colours of stained glass."""
    return GLASS[int(rng.integers(len(GLASS)))]


def paint_nave_wall(
    style: Style, width: float, height: float, scale: float, rng: np.random.Generator
) -> Sheet:
    """Arcade, gallery and high windows of a church."""
    stone = pale_stone(style)
    sheet = lined(style, width, height, scale, stone, rng, True)
    shape = style.window if style.window in ("arch", "pointed") else "arch"
    bay = 4.5
    for x in np.arange(bay / 2, width, bay):
        opening = outline(shape, x, height * 0.44, bay * 0.72, height * 0.56)
        sheet.polygon(outline(shape, x, height * 0.41, bay * 0.86, height * 0.6), tone(stone, 1.12))
        sheet.polygon(opening, tone(stone, 0.32))
        stained_glass(sheet, shape, x, height * 0.58, bay * 0.26, height * 0.2, tone(stone, 0.45))
        for side in (-0.28, 0.0, 0.28):
            sheet.polygon(
                outline(shape, x + side * bay, height * 0.31, bay * 0.16, height * 0.07), tone(stone, 0.4)
            )
        stained_glass(sheet, shape, x, height * 0.07, bay * 0.4, height * 0.2, tone(stone, 1.1))
        if rng.random() < 0.6:
            painting(sheet, x + bay / 2, height * 0.62, 0.9, 1.5)
    ornament.cornice(sheet, style, height * 0.395, 0.25)
    ornament.cornice(sheet, style, height * 0.285, 0.22)
    darkened_above(sheet, 0.15)
    return sheet


def paint_altar_wall(
    style: Style, width: float, height: float, scale: float, rng: np.random.Generator
) -> Sheet:
    """Great windows above an altarpiece, between statues."""
    stone = pale_stone(style)
    sheet = lined(style, width, height, scale, tone(stone, 0.9), rng, True)
    shape = "pointed" if style.window == "pointed" else "arch"
    middle = width / 2
    if style.variant:
        for side, grow in ((-0.27, 0.8), (0.0, 1.0), (0.27, 0.8)):
            stained_glass(
                sheet,
                shape,
                middle + side * width,
                height * (0.45 - 0.3 * grow),
                width * 0.18 * grow,
                height * 0.34 * grow,
                stone,
            )
    else:
        ornament.rose(sheet, style, middle, height * 0.3, width * 0.24)
    gold = tone((204, 164, 84), rng.uniform(0.8, 1.1))
    sheet.polygon(outline(shape, middle, height * 0.52, width * 0.5, height * 0.4), gold)
    for row in range(2):
        for column in np.linspace(-0.19, 0.19, 5):
            top = height * (0.61 + 0.15 * row)
            sheet.polygon(
                outline("arch", middle + column * width, top, width * 0.07, height * 0.13),
                tone(stained(rng), 0.7),
            )
            ornament.niche(sheet, style, middle + column * width, top + height * 0.02, height * 0.1)
    painting(sheet, middle, height * 0.58, width * 0.16, height * 0.26)
    for side in (-1, 1):
        ornament.niche(sheet, style, middle + side * width * 0.36, height * 0.62, height * 0.22)
    sheet.rectangle(middle - width * 0.22, height * 0.9, middle + width * 0.22, height, (236, 232, 222))
    sheet.rectangle(
        middle - width * 0.2, height * 0.92, middle + width * 0.2, height * 0.98, tone(style.accent, 1.1)
    )
    for side in (-0.16, -0.1, 0.1, 0.16):
        sheet.line(
            middle + side * width, height * 0.84, middle + side * width, height * 0.9, (250, 244, 220), 0.1
        )
    return sheet


PAINTERS = {"nave wall": paint_nave_wall, "altar wall": paint_altar_wall}
