"""Pictures, stained glass and books, which tell rooms apart."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.world.drawing.buildings.opening import opening
from landmark_retrieval.world.drawing.sheet import Colour, Sheet, blend, palette, pick, tone

GLASS = palette("c42c30 2c54b4 ecbe46 348c5a 9646a0 f0ecd2 46aac8")
_PIGMENTS = palette("963c2c 3a5078 c4a05a 46603e 6e4e38 d6ccb4 302c30 aa7882")


def _pigment(rng: np.random.Generator) -> Colour:
    return tone(pick(_PIGMENTS, rng), rng.uniform(0.7, 1.2))


def painting(sheet: Sheet, x: float, top: float, width: float, height: float) -> None:
    """A framed picture: a landscape, a portrait, or shapes."""
    rng = sheet.rng
    left, bottom = x - width / 2, top + height
    gold = tone((190, 150, 76), rng.uniform(0.6, 1.15))
    edge = 0.09 * min(width, height) + 0.05
    sheet.shade(left, top + 0.1, left + width + 0.15, bottom + 0.2, 0.7)
    sheet.rectangle(left, top, left + width, bottom, gold)
    half = edge * 0.5
    sheet.rectangle(left + half, top + half, left + width - half, bottom - half, tone(gold, 0.6))
    content = (_landscape, _portrait, _shapes)[int(rng.integers(3))]
    content(sheet, left + edge, top + edge, left + width - edge, bottom - edge)


def _landscape(sheet: Sheet, left: float, top: float, right: float, bottom: float) -> None:
    rng = sheet.rng
    sheet.rectangle(left, top, right, bottom, blend((150, 176, 200), _pigment(rng), 0.35))
    x = np.linspace(left, right, 7)
    for level in (0.4, 0.55, 0.75):
        ridge = top + (bottom - top) * np.clip(level + rng.normal(0, 0.09, 7), 0.1, 0.95)
        hill = np.concatenate([np.stack([x, ridge], 1), [[right, bottom], [left, bottom]]])
        sheet.polygon(hill, _pigment(rng))
    sun = rng.uniform(left, right) * 0.6 + (left + right) * 0.2
    sheet.circle(sun, top + (bottom - top) * 0.22, 0.12, (244, 226, 170))


def _portrait(sheet: Sheet, left: float, top: float, right: float, bottom: float) -> None:
    rng = sheet.rng
    sheet.rectangle(left, top, right, bottom, tone(_pigment(rng), 0.45))
    x, wide, high = (left + right) / 2, right - left, bottom - top
    chest, neck = top + high * 0.5, wide * 0.1
    robe = [[x - neck, chest], [x + neck, chest], [x + wide * 0.38, bottom], [x - wide * 0.36, bottom]]
    sheet.polygon(robe, _pigment(rng))
    head = min(wide, high) * 0.16
    sheet.ellipse(x, top + high * 0.33, head * 1.25, head * 1.35, tone((90, 66, 46), rng.uniform(0.4, 1.6)))
    sheet.ellipse(x + rng.uniform(-0.2, 0.2) * head, top + high * 0.37, head, head * 1.25, (222, 182, 150))
    sheet.upright(x, head, top + high * 0.52, top + high * 0.58, (232, 226, 214))


def _shapes(sheet: Sheet, left: float, top: float, right: float, bottom: float) -> None:
    rng = sheet.rng
    sheet.rectangle(left, top, right, bottom, _pigment(rng))
    for _ in range(7):
        corners = rng.uniform([left, top], [right, bottom], (int(rng.integers(3, 5)), 2))
        sheet.polygon(corners, _pigment(rng))


def stained_glass(
    sheet: Sheet, shape: str, x: float, top: float, width: float, height: float, stone: Colour
) -> None:
    """A window of coloured panes, bright against the wall."""
    rng = sheet.rng
    opening(sheet, shape, x, top - 0.25, width + 0.5, height + 0.4, stone)
    opening(sheet, shape, x, top, width, height, (226, 232, 240), 200)
    across, down = max(2, round(width / 0.55)), max(3, round(height / 0.55))
    theme = rng.choice(len(GLASS), 4, replace=False)
    for row in range(down):
        for column in range(across):
            left, upper = x - width / 2 + width * column / across, top + height * row / down
            head = min(width / 2, height) if shape != "rectangle" else 0.0
            depth = top + head - upper
            if depth > 0 and (left + width / across / 2 - x) ** 2 + depth**2 > (width * 0.52) ** 2:
                continue
            colour = blend(GLASS[int(rng.choice(theme))], (255, 255, 250), rng.uniform(0.05, 0.5))
            right, lower = left + width / across - 0.02, upper + height / down - 0.02
            sheet.rectangle(left + 0.04, upper + 0.04, right, lower, colour)
    sheet.circle(x, top + height * 0.45, width * 0.22, GLASS[int(theme[0])])


def books(sheet: Sheet, left: float, top: float, right: float, bottom: float) -> None:
    """A shelf of books of many colours and heights, with gaps and leaning ones."""
    rng = sheet.rng
    sheet.rectangle(left, top, right, bottom, (38, 28, 22))
    pen = left
    while pen < right - 0.06:
        run = rng.uniform(0.25, 0.8)
        colour, height = _pigment(rng), rng.uniform(0.62, 0.94)
        if rng.random() > 0.1:
            end, high = min(pen + run, right), (bottom - top) * height
            sheet.rectangle(pen, bottom - high, end, bottom, colour)
            for back in np.arange(pen + 0.13, end, 0.13):
                sheet.line(back, bottom - high, back, bottom, tone(colour, rng.uniform(0.45, 1.5)), 0.04)
            sheet.line(pen, bottom - high * 0.7, end, bottom - high * 0.7, (206, 172, 96), 0.03)
        pen += run
