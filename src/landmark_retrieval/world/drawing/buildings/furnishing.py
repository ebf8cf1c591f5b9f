"""Inner walls of galleries, libraries, ballrooms, theatres and concourses."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.world.drawing.buildings import ornament
from landmark_retrieval.world.drawing.buildings.artwork import books, painting
from landmark_retrieval.world.drawing.buildings.nave import darkened_above, lined, pale_stone, stained
from landmark_retrieval.world.drawing.buildings.opening import outline
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.sheet import Colour, Sheet, blend, tone


def _room_colour(style: Style) -> Colour:
    return ((150, 58, 52), (64, 98, 88), (212, 200, 176), (96, 108, 142), (176, 150, 96), (122, 76, 84))[
        style.seed % 6
    ]


def paint_gallery_wall(
    style: Style, width: float, height: float, scale: float, rng: np.random.Generator
) -> Sheet:
    """A coloured wall hung with paintings."""
    ground = _room_colour(style)
    sheet = lined(style, width, height, scale, ground, rng, False)
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
    return sheet


def paint_great_picture_wall(
    style: Style, width: float, height: float, scale: float, rng: np.random.Generator
) -> Sheet:
    """The end of a gallery: one great picture, doors on either side."""
    sheet = lined(style, width, height, scale, tone(_room_colour(style), 1.08), rng, False)
    painting(sheet, width / 2, height * 0.2, width * 0.42, height * 0.5)
    for side in (-1, 1):
        x = width * (0.5 + 0.36 * side)
        sheet.polygon(outline("arch", x, height * 0.42, width * 0.16, height * 0.58), style.trim)
        sheet.polygon(outline("arch", x, height * 0.46, width * 0.12, height * 0.54), (44, 36, 34))
        painting(sheet, x, height * 0.14, width * 0.14, height * 0.2)
    ornament.cornice(sheet, style, 0, height * 0.08)
    sheet.rectangle(width * 0.3, height * 0.9, width * 0.7, height, tone(style.accent, 0.8))
    return sheet


def paint_book_wall(
    style: Style, width: float, height: float, scale: float, rng: np.random.Generator
) -> Sheet:
    """Bookcases up to a gallery, and more above it."""
    wood = tone((122, 82, 52), 0.7 + 0.2 * style.variant)
    sheet = lined(style, width, height, scale, wood, rng, False)
    bay = 2.6
    for left in np.arange(0.2, width - 1, bay):
        for row in range(9):
            top = height * (0.07 + 0.1 * row)
            if row == 4:
                continue
            books(sheet, left + 0.15, top, left + bay - 0.25, top + height * 0.085)
        ornament.pilaster(sheet, style, left, height * 0.05, height, 0.4)
    level = height * 0.53
    sheet.rectangle(0, level - height * 0.035, width, level, tone(wood, 0.6))
    for bar in np.arange(0, width, 0.4):
        sheet.line(bar, level - height * 0.09, bar, level, (206, 172, 96), 0.06)
    sheet.line(0, level - height * 0.09, width, level - height * 0.09, (206, 172, 96), 0.1)
    ladder = width * rng.uniform(0.1, 0.9)
    for side in (0.0, 0.6):
        sheet.line(ladder + side, height * 0.55, ladder + side, height, tone(wood, 1.5), 0.09)
    darkened_above(sheet, 0.2)
    return sheet


def paint_ballroom_wall(
    style: Style, width: float, height: float, scale: float, rng: np.random.Generator
) -> Sheet:
    """Tall bright windows or mirrors between gilded pilasters."""
    ground = blend(_room_colour(style), (240, 234, 220), 0.6)
    sheet = lined(style, width, height, scale, ground, rng, False)
    gold: Colour = (206, 170, 96)
    bay = 4.0
    for number, x in enumerate(np.arange(bay / 2, width, bay)):
        sheet.polygon(outline("arch", x, height * 0.14, bay * 0.6, height * 0.76), gold)
        bright: Colour = (232, 238, 246) if (number + style.variant) % 3 else (120, 130, 140)
        sheet.polygon(outline("arch", x, height * 0.16, bay * 0.52, height * 0.74), bright, 160)
        for bar in (-0.13, 0.0, 0.13):
            sheet.line(x + bar * bay, height * 0.2, x + bar * bay, height * 0.9, ground, 0.08)
        for level in (0.35, 0.52, 0.7):
            sheet.line(x - bay * 0.26, height * level, x + bay * 0.26, height * level, ground, 0.08)
        if rng.random() < 0.5:
            for side in (-1, 1):
                sheet.polygon(
                    outline("rectangle", x + side * bay * 0.22, height * 0.17, bay * 0.12, height * 0.74),
                    tone(style.accent, 1.1),
                )
        ornament.pilaster(sheet, style, x + bay / 2, height * 0.1, height, 0.5)
        painting(sheet, x + bay / 2, height * 0.35, 0.8, 1.1)
    ornament.frieze(sheet, style, height * 0.03, height * 0.07)
    return sheet


def paint_stage_wall(
    style: Style, width: float, height: float, scale: float, rng: np.random.Generator
) -> Sheet:
    """A proscenium with its curtain."""
    sheet = lined(style, width, height, scale, blend(_room_colour(style), style.trim, 0.4), rng, False)
    gold: Colour = (208, 172, 98)
    sheet.polygon(outline("segment", width / 2, height * 0.16, width * 0.76, height * 0.84), gold)
    sheet.polygon(outline("segment", width / 2, height * 0.2, width * 0.68, height * 0.8), (30, 24, 26))
    cloth = tone(((160, 36, 40), (40, 60, 110), (120, 80, 40))[style.variant], 0.9)
    drawn = rng.uniform(0.2, 0.5)
    for fold in np.linspace(0, 1, 26):
        if drawn < fold < 1 - drawn * 0.8:
            continue
        x = width * (0.16 + 0.68 * fold)
        sheet.rectangle(
            x - width * 0.014,
            height * 0.24,
            x + width * 0.014,
            height * 0.93,
            tone(cloth, 0.7 + 0.4 * (int(fold * 25) % 2)),
        )
    painting(sheet, width / 2, height * 0.45, width * 0.3, height * 0.4)
    ornament.clock(sheet, style, width / 2, height * 0.1, height * 0.05)
    for side in (-1, 1):
        for level in (0.25, 0.5):
            sheet.polygon(
                outline("arch", width * (0.5 + 0.44 * side), height * level, width * 0.07, height * 0.16),
                (60, 30, 30),
            )
    ornament.frieze(sheet, style, height * 0.02, height * 0.05)
    return sheet


def paint_boxes_wall(
    style: Style, width: float, height: float, scale: float, rng: np.random.Generator
) -> Sheet:
    """Tiers of theatre boxes."""
    ground = blend(_room_colour(style), style.trim, 0.4)
    sheet = lined(style, width, height, scale, ground, rng, False)
    gold: Colour = (208, 172, 98)
    for tier in range(3):
        top = height * (0.08 + 0.28 * tier)
        for x in np.arange(1.3, width, 2.6):
            sheet.polygon(outline("arch", x, top, 2.0, height * 0.2), (58, 26, 28))
            for _ in range(int(rng.integers(0, 4))):
                sheet.ellipse(
                    x + rng.uniform(-0.7, 0.7),
                    top + height * 0.13,
                    0.18,
                    0.24,
                    tone((222, 180, 150), rng.uniform(0.5, 1)),
                )
        ornament.frieze(sheet, style, top + height * 0.17, height * 0.07)
        sheet.rectangle(0, top + height * 0.165, width, top + height * 0.18, gold)
    darkened_above(sheet, 0.1)
    return sheet


def paint_concourse_wall(
    style: Style, width: float, height: float, scale: float, rng: np.random.Generator
) -> Sheet:
    """Shop fronts and signs below great glazed arches."""
    stone = pale_stone(style)
    sheet = lined(style, width, height, scale, tone(stone, 0.95), rng, style.variant != 1)
    bay = 5.5
    for x in np.arange(bay / 2, width, bay):
        sheet.polygon(outline("arch", x, height * 0.08, bay * 0.8, height * 0.44), tone(style.accent, 0.8))
        sheet.polygon(outline("arch", x, height * 0.1, bay * 0.72, height * 0.4), (206, 220, 230), 120)
        for bar in np.linspace(-0.36, 0.36, 7):
            sheet.line(
                x + bar * bay, height * 0.12, x + bar * bay, height * 0.5, tone(style.accent, 0.7), 0.1
            )
        sheet.rectangle(x - bay * 0.4, height * 0.68, x + bay * 0.4, height, (64, 66, 70))
        sheet.rectangle(
            x - bay * 0.36,
            height * 0.74,
            x + bay * 0.36,
            height * 0.96,
            blend(stained(rng), (250, 240, 210), 0.6),
        )
        for _ in range(4):
            left = x + rng.uniform(-0.34, 0.24) * bay
            sheet.rectangle(
                left,
                height * rng.uniform(0.76, 0.86),
                left + rng.uniform(0.3, 1),
                height * 0.96,
                tone(stained(rng), 0.8),
            )
        ornament.sign(sheet, x, height * 0.6, bay * 0.75, height * 0.075)
    ornament.clock(sheet, style, bay * rng.integers(1, max(2, int(width / bay))), height * 0.3, height * 0.07)
    ornament.cornice(sheet, style, height * 0.55, 0.3)
    return sheet


PAINTERS = {
    "gallery wall": paint_gallery_wall,
    "great picture wall": paint_great_picture_wall,
    "book wall": paint_book_wall,
    "ballroom wall": paint_ballroom_wall,
    "stage wall": paint_stage_wall,
    "boxes wall": paint_boxes_wall,
    "concourse wall": paint_concourse_wall,
}
