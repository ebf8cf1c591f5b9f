"""Wall ornament: friezes, clocks, rose windows, niches, signs, banners, ivy."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.world.drawing.buildings.opening import opening
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.sheet import Colour, Sheet, palette, pick, tone

_SIGNS = palette("b22c28 244c8c d6a830 286e48 ece8de 28282c 78346e")


def cornice(sheet: Sheet, style: Style, level: float, depth: float) -> None:
    """A projecting band whose shadow falls on the wall below."""
    sheet.shade(0, level + depth, sheet.width, level + depth * 1.9, 0.66)
    sheet.rectangle(0, level, sheet.width, level + depth, style.trim)
    sheet.rectangle(0, level + depth * 0.62, sheet.width, level + depth, tone(style.trim, 0.78))


def dentils(sheet: Sheet, style: Style, level: float) -> None:
    """A row of small blocks under a cornice."""
    for left in np.arange(0.1, sheet.width, 0.62):
        sheet.rectangle(left, level, left + 0.32, level + 0.34, tone(style.trim, 0.96))


def frieze(sheet: Sheet, style: Style, level: float, height: float) -> None:
    """A band of repeated figures, drawn by lot and with some of them worn away."""
    sheet.rectangle(0, level, sheet.width, level + height, tone(style.second, 0.9))
    motif = int(sheet.rng.integers(4))
    for x in np.arange(height * 0.7, sheet.width, height * 1.35):
        colour = tone(style.trim, sheet.rng.uniform(0.8, 1.05))
        middle = level + height / 2
        if sheet.rng.random() < 0.12:
            continue
        if motif == 0:
            sheet.circle(x, middle, height * 0.36, colour)
            sheet.circle(x, middle, height * 0.15, tone(style.accent, 1.0))
        elif motif == 1:
            opening(sheet, "pointed", x, level + height * 0.1, height * 0.8, height * 0.85, colour)
        elif motif == 2:
            size = height * 0.42
            diamond = [[x - size, middle], [x, middle - size], [x + size, middle], [x, middle + size]]
            sheet.polygon(diamond, colour)
        else:
            half, low, high = height * 0.4, level + height * 0.8, level + height * 0.2
            sheet.line(x - half, low, x + half, high, colour, height * 0.18)


def quoins(sheet: Sheet, style: Style) -> None:
    """Corner stones, long and short by turns."""
    for number, top in enumerate(np.arange(0.0, sheet.height, 0.75)):
        reach = 1.15 if number % 2 else 0.7
        for left in (0.0, sheet.width - reach):
            stone = tone(style.trim, sheet.rng.uniform(0.86, 1.04))
            sheet.rectangle(left, top + 0.06, left + reach, top + 0.7, stone)


def pilaster(sheet: Sheet, style: Style, x: float, top: float, bottom: float, width: float = 0.7) -> None:
    """A flat column with base and capital."""
    half = width / 2
    sheet.shade(x + half, top, x + half + 0.22, bottom, 0.7)
    sheet.upright(x, half, top, bottom, tone(style.trim, 0.97))
    flutes = x + np.array([-0.45, 0.0, 0.45]) * half
    sheet.bars(flutes, top + 0.7, bottom - 0.6, tone(style.trim, 0.78), 0.06)
    sheet.upright(x, half * 1.5, top, top + 0.45, style.trim)
    sheet.upright(x, half * 1.4, bottom - 0.4, bottom, tone(style.trim, 0.9))


def clock(sheet: Sheet, style: Style, x: float, y: float, radius: float) -> None:
    """A clock face; it shows the same hour in every photograph of the wall."""
    sheet.circle(x, y, radius * 1.25, tone(style.trim, 0.85))
    face: Colour = (240, 236, 220) if style.variant else (40, 52, 84)
    hand: Colour = (30, 28, 30) if style.variant else (222, 184, 90)
    sheet.circle(x, y, radius, face)
    for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
        across, up = np.cos(angle) * radius, np.sin(angle) * radius
        sheet.line(x + across * 0.78, y + up * 0.78, x + across * 0.94, y + up * 0.94, hand, 0.1 * radius)
    for length, angle in zip((0.5, 0.75), sheet.rng.uniform(0, 2 * np.pi, 2), strict=True):
        end = x + np.cos(angle) * radius * length, y + np.sin(angle) * radius * length
        sheet.line(x, y, *end, hand, 0.12 * radius)


def rose(sheet: Sheet, style: Style, x: float, y: float, radius: float) -> None:
    """A rose window with coloured glass between stone petals."""
    sheet.circle(x, y, radius * 1.16, tone(style.trim, 1.04))
    sheet.circle(x, y, radius, (38, 40, 52))
    petals = int(sheet.rng.integers(6, 13))
    for ring, share in ((0.68, 0.24), (0.32, 0.15)):
        for angle in np.linspace(0, 2 * np.pi, petals, endpoint=False):
            glass = _SIGNS[int(sheet.rng.integers(4))]
            across, down = x + np.cos(angle) * radius * ring, y + np.sin(angle) * radius * ring
            size, colour = 2 * radius * share, tone(glass, sheet.rng.uniform(0.55, 0.9))
            opening(sheet, "round", across, down - radius * share, size, size, colour, 170)
    for angle in np.linspace(0, 2 * np.pi, petals, endpoint=False) + np.pi / petals:
        sheet.line(x, y, x + np.cos(angle) * radius, y + np.sin(angle) * radius, style.trim, 0.09 * radius)
    sheet.circle(x, y, radius * 0.14, style.trim)


def niche(sheet: Sheet, style: Style, x: float, top: float, height: float) -> None:
    """A statue in a niche."""
    width = height * 0.5
    opening(sheet, "arch", x, top, width, height, tone(style.wall, 0.5))
    stone = tone(style.trim, sheet.rng.uniform(0.8, 1.0))
    lean = sheet.rng.uniform(-0.06, 0.06) * height
    sheet.ellipse(x + lean, top + height * 0.27, width * 0.14, width * 0.17, stone)
    shoulders = [[x + lean - width * 0.2, top + height * 0.4], [x + lean + width * 0.2, top + height * 0.38]]
    hem = [[x + width * 0.27, top + height], [x - width * 0.25, top + height]]
    sheet.polygon([*shoulders, *hem], tone(stone, 0.92))
    fold = x + lean, top + height * 0.5, x - lean * 2, top + height * 0.95
    sheet.line(*fold, tone(stone, 0.65), 0.08 * width)


def sign(sheet: Sheet, x: float, y: float, width: float, height: float) -> None:
    """A board with writing nobody can read."""
    ground = pick(_SIGNS, sheet.rng)
    ink: Colour = (240, 236, 226) if sum(ground) < 420 else (40, 36, 40)
    sheet.upright(x, width / 2, y, y + height, ground)
    pen = x - width * 0.42
    while pen < x + width * 0.36:
        stroke = sheet.rng.uniform(0.25, 0.6) * height
        top, bottom = y + height * 0.25, y + height * 0.78
        sheet.line(pen, bottom, pen + stroke * 0.4, top, ink, 0.1 * height)
        if sheet.rng.random() < 0.6:
            sheet.line(pen + stroke * 0.4, top, pen + stroke * 0.8, bottom, ink, 0.1 * height)
        pen += stroke * 1.15


def banner(sheet: Sheet, x: float, top: float, width: float, length: float) -> None:
    """A long flag hanging down the wall, in two or three colours."""
    for number, choice in enumerate(sheet.rng.choice(len(_SIGNS), 3, replace=False)):
        left = x - width / 2 + width * number / 3
        sheet.rectangle(left, top, left + width / 3 + 0.02, top + length, _SIGNS[int(choice)])
    sheet.circle(x, top + length * 0.35, width * 0.28, (236, 232, 222))


def ivy(sheet: Sheet, x: float, height: float, spread: float) -> None:
    """Ivy climbing from the ground."""
    leaves = sheet.rng.standard_normal((150, 2)) * [0.4 * spread, 0.33 * height]
    for across, up in leaves:
        red, green, blue = (int(sheet.rng.integers(*limits)) for limits in ((30, 70), (70, 112), (28, 56)))
        radius = sheet.rng.uniform(0.1, 0.3)
        sheet.ellipse(x + across, sheet.height - abs(up), radius, radius * 0.8, (red, green, blue))
