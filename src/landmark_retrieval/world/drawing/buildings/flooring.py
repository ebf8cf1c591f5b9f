"""Floors, ceilings and furniture of rooms."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.world.drawing.buildings.artwork import GLASS, painting
from landmark_retrieval.world.drawing.buildings.material import clouded, masonry
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.sheet import Colour, Sheet, blank_sheet, blend, tone


def _worn(sheet: Sheet, strength: float = 0.06) -> None:
    rows, columns = sheet.image.shape[:2]
    factor = 1 + strength * clouded(rows, columns, 60, sheet.rng)
    sheet.image[:] = np.clip(sheet.image * factor[..., None], 0, 255).astype(np.uint8)


def paint_floor(style: Style, width: float, height: float, scale: float, rng: np.random.Generator) -> Sheet:
    """A floor of tiles, planks or mosaic; a carpet down the middle of some."""
    light, dark = blend(style.trim, (255, 255, 255), 0.1), blend(style.accent, (60, 50, 46), 0.5)
    sheet = blank_sheet(width, height, scale, light, rng)
    kind = int(rng.integers(4))
    step = float(rng.uniform(0.6, 1.2))
    if kind == 3:
        masonry(sheet, (150, 106, 70), "brick")
    for row, y in enumerate(np.arange(0, height if kind != 3 else 0, step)):
        for column, x in enumerate(np.arange(0, width, step)):
            colour = tone(dark if (row + column) % 2 else light, rng.uniform(0.85, 1.1))
            if kind == 1:
                diamond = np.array(
                    [[x + step / 2, y], [x + step, y + step / 2], [x + step / 2, y + step], [x, y + step / 2]]
                )
                sheet.polygon(diamond, colour)
            else:
                sheet.rectangle(
                    x,
                    y,
                    x + step,
                    y + step,
                    colour if kind != 2 or (row % 3 and column % 3) else tone(style.second, 0.8),
                )
    if rng.random() < 0.5:
        carpet = tone(((150, 34, 40), (40, 62, 112), (70, 92, 60))[style.variant], 1.0)
        sheet.rectangle(width * 0.42, 0, width * 0.58, height, carpet)
        for edge in (0.43, 0.57):
            sheet.line(width * edge, 0, width * edge, height, (206, 172, 96), 0.1)
    _worn(sheet)
    return sheet


def paint_ceiling(style: Style, width: float, height: float, scale: float, rng: np.random.Generator) -> Sheet:
    """Coffers, beams, painted panels or a glass roof."""
    kind = int(rng.integers(4))
    ground: Colour = blend(style.trim, (250, 246, 236), 0.4)
    sheet = blank_sheet(width, height, scale, ground, rng)
    step = 2.4 if kind else 1.7
    for y in np.arange(0.2, height - 0.5, step):
        if kind == 1:
            sheet.rectangle(0, y, width, y + 0.5, (104, 74, 50))
            continue
        for x in np.arange(0.2, width - 0.5, step):
            inner = (236, 242, 248) if kind == 2 else tone(ground, rng.uniform(0.62, 0.74))
            sheet.rectangle(x, y, x + step * 0.84, y + step * 0.84, inner)
            if kind == 0:
                sheet.ellipse(x + step * 0.42, y + step * 0.42, step * 0.2, step * 0.2, (206, 172, 96))
    if kind == 3:
        for y in np.arange(height * 0.12, height * 0.9, height * 0.3):
            painting(sheet, width / 2, y, width * 0.5, height * 0.22)
    _worn(sheet, 0.04)
    return sheet


def paint_vault(style: Style, width: float, height: float, scale: float, rng: np.random.Generator) -> Sheet:
    """A barrel unrolled: `width` runs along the nave, `height` across it; with ribs, some painted."""
    ground = blend(style.trim, style.second, 0.25)
    sheet = blank_sheet(width, height, scale, ground, rng)
    masonry(sheet, tone(ground, 0.92), "brick" if style.variant == 1 else "panel")
    bay = 4.5
    painted = rng.random() < 0.6
    for left in np.arange(0, width, bay):
        for flip in (0.0, 1.0):
            sheet.line(left, height * flip, left + bay, height * (1 - flip), tone(ground, 1.15), 0.22)
            sheet.line(
                left + 0.2, height * flip, left + bay + 0.2, height * (1 - flip), tone(ground, 0.7), 0.1
            )
        if painted:
            for share in (0.25, 0.75):
                spot = left + bay * rng.uniform(0.4, 0.6), height * share
                sheet.ellipse(*spot, bay * 0.18, bay * 0.18, tone(GLASS[int(rng.integers(len(GLASS)))], 0.75))
                sheet.ellipse(*spot, bay * 0.09, bay * 0.09, (206, 172, 96))
        sheet.rectangle(left - 0.25, 0, left + 0.25, height, tone(ground, 1.18))
        sheet.line(left + 0.3, 0, left + 0.3, height, tone(ground, 0.68), 0.12)
        sheet.ellipse(left + bay / 2, height / 2, 0.5, 0.5, (206, 172, 96))
    return sheet


def paint_bench(style: Style, width: float, height: float, scale: float, rng: np.random.Generator) -> Sheet:
    """The back of a pew."""
    wood = tone((112, 74, 46), 0.75 + 0.2 * style.variant)
    sheet = blank_sheet(width, height, scale, wood, rng)
    for x in np.arange(0.25, width, 0.75):
        sheet.rectangle(x, height * 0.25, x + 0.5, height * 0.85, tone(wood, rng.uniform(0.65, 0.85)))
    sheet.rectangle(0, 0, width, height * 0.12, tone(wood, 1.3))
    return sheet


def paint_seats(style: Style, width: float, height: float, scale: float, rng: np.random.Generator) -> Sheet:
    """A row of upholstered seats."""
    cloth = ((156, 36, 40), (42, 62, 114), (110, 84, 50))[style.variant]
    sheet = blank_sheet(width, height, scale, (48, 34, 30), rng)
    for x in np.arange(0.05, width - 0.3, 0.72):
        sheet.rectangle(x, height * 0.05, x + 0.62, height * 0.75, tone(cloth, rng.uniform(0.8, 1.1)))
    return sheet


def paint_case(style: Style, width: float, height: float, scale: float, rng: np.random.Generator) -> Sheet:
    """A side of a display case or counter."""
    wood = tone((112, 84, 62), 0.7 + 0.3 * style.variant)
    sheet = blank_sheet(width, height, scale, wood, rng)
    sheet.rectangle(0.06, 0.06, width - 0.06, height * 0.5, (148, 158, 158))
    for x in np.arange(0.18, width - 0.15, 0.24):
        thing = blend(GLASS[int(rng.integers(len(GLASS)))], (120, 104, 84), rng.uniform(0.4, 0.9))
        tall = rng.uniform(0.12, 0.36) * height
        sheet.rectangle(x - 0.06, height * 0.48 - tall, x + 0.06, height * 0.48, thing)
    for x in np.arange(0.15, width - 0.3, 0.8):
        sheet.rectangle(x, height * 0.58, x + 0.6, height * 0.92, tone(wood, 0.8))
    return sheet


PAINTERS = {
    "floor": paint_floor,
    "ceiling": paint_ceiling,
    "vault": paint_vault,
    "bench": paint_bench,
    "seats": paint_seats,
    "case": paint_case,
}
