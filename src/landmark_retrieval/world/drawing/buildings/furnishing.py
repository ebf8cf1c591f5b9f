"""Inner walls of churches, galleries, libraries, ballrooms, theatres and concourses."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.world.drawing.buildings import ornament
from landmark_retrieval.world.drawing.buildings.artwork import GLASS, books, painting, stained_glass
from landmark_retrieval.world.drawing.buildings.material import masonry, mottle
from landmark_retrieval.world.drawing.buildings.opening import opening
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.sheet import Colour, Sheet, blend, palette, pick, tone

_SKIN: Colour = (222, 180, 150)
_GOLD: Colour = (206, 172, 96)
_GILDING: Colour = (208, 172, 98)
_WALLPAPERS = palette("963a34 406258 d4c8b0 606c8e b09660 7a4c54")


def _lined(sheet: Sheet, colour: Colour, stone: bool) -> None:
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


def _pale_stone(style: Style) -> Colour:
    """The stone of the landmark's inside."""
    return blend(style.trim, style.second, 0.35)


def paint_nave_wall(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """Arcade, gallery and high windows of a church."""
    stone = _pale_stone(style)
    _lined(sheet, stone, True)
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
    stone = _pale_stone(style)
    _lined(sheet, tone(stone, 0.9), True)
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


def _room_colour(style: Style) -> Colour:
    return _WALLPAPERS[style.seed % 6]


def paint_gallery_wall(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A coloured wall hung with paintings."""
    rng = sheet.rng
    _lined(sheet, _room_colour(style), False)
    sheet.rectangle(0, height * 0.88, width, height, tone(style.trim, 0.9))
    ornament.cornice(sheet, style, 0, height * 0.07)
    ornament.frieze(sheet, style, height * 0.1, height * 0.06)
    pen = rng.uniform(0.5, 1.2)
    while pen < width - 1.6:
        wide = rng.uniform(1.1, 3.0)
        if rng.random() < 0.45:
            painting(sheet, pen + wide / 2, height * 0.24, wide, height * 0.24)
            painting(sheet, pen + wide / 2, height * 0.53, wide * rng.uniform(0.7, 1), height * 0.24)
        else:
            high = height * rng.uniform(0.3, 0.5)
            painting(sheet, pen + wide / 2, height * 0.48 - high / 2, wide, high)
        pen += wide + rng.uniform(0.4, 1.1)
    darkened_above(sheet, 0.2)


def paint_great_picture_wall(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """The end of a gallery: one great picture, doors on either side."""
    _lined(sheet, tone(_room_colour(style), 1.08), False)
    painting(sheet, width / 2, height * 0.2, width * 0.42, height * 0.5)
    for side in (-1, 1):
        x = width * (0.5 + 0.36 * side)
        opening(sheet, "arch", x, height * 0.42, width * 0.16, height * 0.58, style.trim)
        opening(sheet, "arch", x, height * 0.46, width * 0.12, height * 0.54, (44, 36, 34))
        painting(sheet, x, height * 0.14, width * 0.14, height * 0.2)
    ornament.cornice(sheet, style, 0, height * 0.08)
    sheet.rectangle(width * 0.3, height * 0.9, width * 0.7, height, tone(style.accent, 0.8))


def paint_book_wall(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """Bookcases up to a gallery, and more above it."""
    wood = tone((122, 82, 52), 0.7 + 0.2 * style.variant)
    _lined(sheet, wood, False)
    bay = 2.6
    for left in np.arange(0.2, width - 1, bay):
        for row in range(9):
            if row == 4:
                continue
            top = height * (0.07 + 0.1 * row)
            books(sheet, left + 0.15, top, left + bay - 0.25, top + height * 0.085)
        ornament.pilaster(sheet, style, left, height * 0.05, height, 0.4)
    level = height * 0.53
    sheet.rectangle(0, level - height * 0.035, width, level, tone(wood, 0.6))
    rail = level - height * 0.09
    sheet.bars(np.arange(0, width, 0.4), rail, level, _GOLD, 0.06)
    sheet.line(0, rail, width, rail, _GOLD, 0.1)
    ladder = width * sheet.rng.uniform(0.1, 0.9)
    sheet.bars((ladder, ladder + 0.6), height * 0.55, height, tone(wood, 1.5), 0.09)
    darkened_above(sheet, 0.2)


def paint_ballroom_wall(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """Tall bright windows or mirrors between gilded pilasters."""
    ground = blend(_room_colour(style), (240, 234, 220), 0.6)
    _lined(sheet, ground, False)
    bay = 4.0
    for number, x in enumerate(np.arange(bay / 2, width, bay)):
        opening(sheet, "arch", x, height * 0.14, bay * 0.6, height * 0.76, (206, 170, 96))
        bright: Colour = (232, 238, 246) if (number + style.variant) % 3 else (120, 130, 140)
        opening(sheet, "arch", x, height * 0.16, bay * 0.52, height * 0.74, bright, 160)
        sheet.bars(x + np.array([-0.13, 0.0, 0.13]) * bay, height * 0.2, height * 0.9, ground, 0.08)
        for level in (0.35, 0.52, 0.7):
            sheet.line(x - bay * 0.26, height * level, x + bay * 0.26, height * level, ground, 0.08)
        if sheet.rng.random() < 0.5:
            cloth = tone(style.accent, 1.1)
            for middle in (x - bay * 0.22, x + bay * 0.22):
                opening(sheet, "rectangle", middle, height * 0.17, bay * 0.12, height * 0.74, cloth)
        ornament.pilaster(sheet, style, x + bay / 2, height * 0.1, height, 0.5)
        painting(sheet, x + bay / 2, height * 0.35, 0.8, 1.1)
    ornament.frieze(sheet, style, height * 0.03, height * 0.07)


def paint_stage_wall(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A proscenium with its curtain."""
    _lined(sheet, blend(_room_colour(style), style.trim, 0.4), False)
    opening(sheet, "segment", width / 2, height * 0.16, width * 0.76, height * 0.84, _GILDING)
    opening(sheet, "segment", width / 2, height * 0.2, width * 0.68, height * 0.8, (30, 24, 26))
    cloth = tone(((160, 36, 40), (40, 60, 110), (120, 80, 40))[style.variant], 0.9)
    drawn = sheet.rng.uniform(0.2, 0.5)
    for fold in np.linspace(0, 1, 26):
        if drawn < fold < 1 - drawn * 0.8:
            continue
        x, colour = width * (0.16 + 0.68 * fold), tone(cloth, 0.7 + 0.4 * (int(fold * 25) % 2))
        sheet.upright(x, width * 0.014, height * 0.24, height * 0.93, colour)
    painting(sheet, width / 2, height * 0.45, width * 0.3, height * 0.4)
    ornament.clock(sheet, style, width / 2, height * 0.1, height * 0.05)
    for side in (-1, 1):
        x = width * (0.5 + 0.44 * side)
        for level in (0.25, 0.5):
            opening(sheet, "arch", x, height * level, width * 0.07, height * 0.16, (60, 30, 30))
    ornament.frieze(sheet, style, height * 0.02, height * 0.05)


def paint_boxes_wall(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """Tiers of theatre boxes."""
    _lined(sheet, blend(_room_colour(style), style.trim, 0.4), False)
    for tier in range(3):
        top = height * (0.08 + 0.28 * tier)
        for x in np.arange(1.3, width, 2.6):
            opening(sheet, "arch", x, top, 2.0, height * 0.2, (58, 26, 28))
            for _ in range(int(sheet.rng.integers(0, 4))):
                seat, skin = x + sheet.rng.uniform(-0.7, 0.7), tone(_SKIN, sheet.rng.uniform(0.5, 1))
                sheet.ellipse(seat, top + height * 0.13, 0.18, 0.24, skin)
        ornament.frieze(sheet, style, top + height * 0.17, height * 0.07)
        sheet.rectangle(0, top + height * 0.165, width, top + height * 0.18, _GILDING)
    darkened_above(sheet, 0.1)


def paint_concourse_wall(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """Shop fronts and signs below great glazed arches."""
    rng = sheet.rng
    _lined(sheet, tone(_pale_stone(style), 0.95), style.variant != 1)
    bay = 5.5
    for x in np.arange(bay / 2, width, bay):
        opening(sheet, "arch", x, height * 0.08, bay * 0.8, height * 0.44, tone(style.accent, 0.8))
        opening(sheet, "arch", x, height * 0.1, bay * 0.72, height * 0.4, (206, 220, 230), 120)
        bars = x + np.linspace(-0.36, 0.36, 7) * bay
        sheet.bars(bars, height * 0.12, height * 0.5, tone(style.accent, 0.7), 0.1)
        sheet.upright(x, bay * 0.4, height * 0.68, height, (64, 66, 70))
        sheet.upright(
            x, bay * 0.36, height * 0.74, height * 0.96, blend(pick(GLASS, rng), (250, 240, 210), 0.6)
        )
        for _ in range(4):
            left = x + rng.uniform(-0.34, 0.24) * bay
            top, right = height * rng.uniform(0.76, 0.86), left + rng.uniform(0.3, 1)
            sheet.rectangle(left, top, right, height * 0.96, tone(pick(GLASS, rng), 0.8))
        ornament.sign(sheet, x, height * 0.6, bay * 0.75, height * 0.075)
    ornament.clock(sheet, style, bay * rng.integers(1, max(2, int(width / bay))), height * 0.3, height * 0.07)
    ornament.cornice(sheet, style, height * 0.55, 0.3)
