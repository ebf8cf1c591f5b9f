"""Floors, ceilings and furniture of rooms."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.world.drawing.buildings.artwork import GLASS, painting
from landmark_retrieval.world.drawing.buildings.material import masonry, mottle
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.sheet import Colour, Sheet, blend, pick, tone


def paint_floor(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A floor of tiles, planks or mosaic; a carpet down the middle of some."""
    rng = sheet.rng
    light, dark = blend(style.trim, (255, 255, 255), 0.1), blend(style.accent, (60, 50, 46), 0.5)
    sheet.fill(light)
    kind = int(rng.integers(4))
    step = float(rng.uniform(0.6, 1.2))
    if kind == 3:
        masonry(sheet, (150, 106, 70), "brick")
    for row, y in enumerate(np.arange(0, height if kind != 3 else 0, step)):
        for column, x in enumerate(np.arange(0, width, step)):
            colour = tone(dark if (row + column) % 2 else light, rng.uniform(0.85, 1.1))
            if kind == 1:
                across, down = x + step / 2, y + step / 2
                sheet.polygon([[across, y], [x + step, down], [across, y + step], [x, down]], colour)
            else:
                inlay = kind == 2 and not (row % 3 and column % 3)
                sheet.rectangle(x, y, x + step, y + step, tone(style.second, 0.8) if inlay else colour)
    if rng.random() < 0.5:
        carpet = tone(((150, 34, 40), (40, 62, 112), (70, 92, 60))[style.variant], 1.0)
        sheet.rectangle(width * 0.42, 0, width * 0.58, height, carpet)
        sheet.bars((width * 0.43, width * 0.57), 0, height, (206, 172, 96), 0.1)
    mottle(sheet, 0.06, 60)


def paint_ceiling(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """Coffers, beams, painted panels or a glass roof."""
    kind = int(sheet.rng.integers(4))
    ground: Colour = blend(style.trim, (250, 246, 236), 0.4)
    sheet.fill(ground)
    step = 2.4 if kind else 1.7
    for y in np.arange(0.2, height - 0.5, step):
        if kind == 1:
            sheet.rectangle(0, y, width, y + 0.5, (104, 74, 50))
            continue
        for x in np.arange(0.2, width - 0.5, step):
            inner = (236, 242, 248) if kind == 2 else tone(ground, sheet.rng.uniform(0.62, 0.74))
            sheet.rectangle(x, y, x + step * 0.84, y + step * 0.84, inner)
            if kind == 0:
                sheet.circle(x + step * 0.42, y + step * 0.42, step * 0.2, (206, 172, 96))
    if kind == 3:
        for y in np.arange(height * 0.12, height * 0.9, height * 0.3):
            painting(sheet, width / 2, y, width * 0.5, height * 0.22)
    mottle(sheet, 0.04, 60)


def paint_vault(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A barrel unrolled: `width` runs along the nave, `height` across it; with ribs, some painted."""
    ground = blend(style.trim, style.second, 0.25)
    masonry(sheet, tone(ground, 0.92), "brick" if style.variant == 1 else "panel")
    bay = 4.5
    painted = sheet.rng.random() < 0.6
    for left in np.arange(0, width, bay):
        for flip in (0.0, 1.0):
            start, end = height * flip, height * (1 - flip)
            sheet.line(left, start, left + bay, end, tone(ground, 1.15), 0.22)
            sheet.line(left + 0.2, start, left + bay + 0.2, end, tone(ground, 0.7), 0.1)
        if painted:
            for share in (0.25, 0.75):
                spot = left + bay * sheet.rng.uniform(0.4, 0.6), height * share
                sheet.ellipse(*spot, bay * 0.18, bay * 0.18, tone(pick(GLASS, sheet.rng), 0.75))
                sheet.ellipse(*spot, bay * 0.09, bay * 0.09, (206, 172, 96))
        sheet.upright(left, 0.25, 0, height, tone(ground, 1.18))
        sheet.line(left + 0.3, 0, left + 0.3, height, tone(ground, 0.68), 0.12)
        sheet.circle(left + bay / 2, height / 2, 0.5, (206, 172, 96))


def paint_bench(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """The back of a pew."""
    wood = tone((112, 74, 46), 0.75 + 0.2 * style.variant)
    sheet.fill(wood)
    for x in np.arange(0.25, width, 0.75):
        sheet.rectangle(x, height * 0.25, x + 0.5, height * 0.85, tone(wood, sheet.rng.uniform(0.65, 0.85)))
    sheet.rectangle(0, 0, width, height * 0.12, tone(wood, 1.3))


def paint_seats(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A row of upholstered seats."""
    cloth = ((156, 36, 40), (42, 62, 114), (110, 84, 50))[style.variant]
    sheet.fill((48, 34, 30))
    for x in np.arange(0.05, width - 0.3, 0.72):
        sheet.rectangle(x, height * 0.05, x + 0.62, height * 0.75, tone(cloth, sheet.rng.uniform(0.8, 1.1)))


def paint_case(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A side of a display case or counter."""
    wood = tone((112, 84, 62), 0.7 + 0.3 * style.variant)
    sheet.fill(wood)
    sheet.rectangle(0.06, 0.06, width - 0.06, height * 0.5, (148, 158, 158))
    for x in np.arange(0.18, width - 0.15, 0.24):
        thing = blend(pick(GLASS, sheet.rng), (120, 104, 84), sheet.rng.uniform(0.4, 0.9))
        tall = sheet.rng.uniform(0.12, 0.36) * height
        sheet.upright(x, 0.06, height * 0.48 - tall, height * 0.48, thing)
    for x in np.arange(0.15, width - 0.3, 0.8):
        sheet.rectangle(x, height * 0.58, x + 0.6, height * 0.92, tone(wood, 0.8))
