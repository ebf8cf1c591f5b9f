"""Outer walls painted by style: storeys, bays, windows, doors, ornament."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from landmark_retrieval.world.drawing.buildings import ornament
from landmark_retrieval.world.drawing.buildings.material import clad, weathered
from landmark_retrieval.world.drawing.buildings.opening import balcony, opening, portal, window
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.sheet import Sheet, tone

_SOLEMN = ("church", "cathedral", "mosque", "temple", "castle", "gate")  # no shop signs here


def _clad(sheet: Sheet, style: Style) -> None:
    clad(sheet, style.wall, style.material, tone(style.accent, 0.6))


def _bays(sheet: Sheet, style: Style) -> np.ndarray:
    """Middles of the bays, metres from the left edge."""
    number = max(1, round((sheet.width - 0.8) / style.bay))
    margin = 0.4 if number > 1 else 0.0
    step = (sheet.width - 2 * margin) / number
    return margin + step * (np.arange(number) + 0.5)


def _storeys(style: Style, top: float, bottom: float) -> np.ndarray:
    """Upper edges of the storeys, and the lower edge of the last."""
    number = max(1, round((bottom - top) / style.storey))
    return np.linspace(top, bottom, number + 1)


def _window_row(sheet: Sheet, style: Style, bays: np.ndarray, top: float, bottom: float, rail: bool) -> None:
    step = bays[1] - bays[0] if len(bays) > 1 else sheet.width
    width = min(step, style.bay * 1.2) * style.window_fill[0]
    height = (bottom - top) * style.window_fill[1]
    height = min(height, width * (1.0 if style.window == "round" else 2.6))
    start = top + (bottom - top - height) * 0.55
    for x in bays:
        chance = sheet.rng.random()
        if chance < 0.04:  # walled up
            opening(sheet, "rectangle", x, start, width, height, tone(style.wall, 0.86))
        elif chance < 0.08 and height > 1.6:
            ornament.niche(sheet, style, x, start, height)
        else:
            window(sheet, style, x, start, width, height)
        if rail and chance > 0.3 and style.window != "round":
            balcony(sheet, style, x, start + height + 0.2, width * 1.7)


def _trimmings(sheet: Sheet, style: Style, crown: float) -> None:
    if style.quoins:
        ornament.quoins(sheet, style)
    ornament.frieze(sheet, style, crown * 0.35, crown * 0.45)
    ornament.cornice(sheet, style, 0.0, crown * 0.35)
    if style.variant != 2:
        ornament.dentils(sheet, style, crown * 0.85)


def _chance_finds(sheet: Sheet, style: Style) -> None:
    """Signs, banners, ivy and pipes, which tell walls of one style apart."""
    rng = sheet.rng
    for _ in range(0 if style.typology in _SOLEMN else int(rng.integers(0, 3))):
        x, y = sheet.width * rng.uniform(0.12, 0.88), sheet.height - rng.uniform(2.6, 4.2)
        ornament.sign(sheet, x, y, rng.uniform(1.4, 3.4), rng.uniform(0.45, 0.7))
    if rng.random() < 0.35:
        x, length = sheet.width * rng.uniform(0.1, 0.9), sheet.height * rng.uniform(0.25, 0.5)
        ornament.banner(sheet, x, sheet.height * 0.2, 1.3, length)
    if rng.random() < 0.3:
        x, tall = rng.uniform(0, sheet.width), sheet.height * rng.uniform(0.4, 0.9)
        ornament.ivy(sheet, x, tall, rng.uniform(1.5, 3.5))
    if rng.random() < 0.5:
        pipe = sheet.width * rng.uniform(0.02, 0.98)
        sheet.line(pipe, 0.8, pipe, sheet.height, tone(style.roof, 0.8), 0.16)


def paint_wall(sheet: Sheet, style: Style, width: float, height: float, *, door: bool = False) -> None:
    """A wall of storeys and bays, with the main door in its middle if `door`."""
    _clad(sheet, style)
    crown = min(1.5, 0.12 * height)
    bays, storeys = _bays(sheet, style), _storeys(style, crown, height - 0.4)
    if style.pilasters and len(bays) > 1:
        for x in np.append(bays - (bays[1] - bays[0]) / 2, bays[-1] + (bays[1] - bays[0]) / 2):
            ornament.pilaster(sheet, style, float(np.clip(x, 0.4, width - 0.4)), crown, height)
    for number, (top, bottom) in enumerate(pairwise(storeys)):
        ground = number == len(storeys) - 2
        if number and style.material != "timber":
            ornament.cornice(sheet, style, top - 0.1, 0.28)
        _window_row(sheet, style, bays, top, bottom, style.balconies and not ground)
    _trimmings(sheet, style, crown)
    _chance_finds(sheet, style)
    weathered(sheet, 1.0)
    if door:
        tall = min(3.6, 0.72 * (storeys[-1] - storeys[-2]))
        portal(sheet, style, float(bays[len(bays) // 2]), min(2.4, 0.6 * style.bay), tall)


def paint_church_front(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """The entrance front of a church: portal, rose, tall windows, and blind arches up the gable."""
    _clad(sheet, style)
    middle = width / 2
    radius = min(width * 0.17, height * 0.12)
    level = height * 0.48
    ornament.frieze(sheet, style, height * 0.63, 0.9)
    ornament.cornice(sheet, style, height * 0.60, 0.4)
    for side in (-1, 1):
        window(sheet, style, middle + side * width * 0.32, height * 0.36, width * 0.1, height * 0.2)
        ornament.niche(sheet, style, middle + side * width * 0.31, height * 0.72, height * 0.13)
    for share, top in ((-0.12, 0.17), (0.0, 0.12), (0.12, 0.17)):
        window(sheet, style, middle + share * width, height * top, width * 0.06, height * 0.12)
    ornament.quoins(sheet, style)
    ornament.rose(sheet, style, middle, level - radius * 0.3, radius)
    if sheet.rng.random() < 0.6:
        ornament.banner(
            sheet, middle + width * 0.42 * sheet.rng.choice([-1, 1]), height * 0.62, 1.0, height * 0.2
        )
    weathered(sheet, 1.2)
    portal(sheet, style, middle, width * 0.2, height * 0.24)


def paint_tower(sheet: Sheet, style: Style, width: float, height: float, *, clock: bool = False) -> None:
    """A side of a tower: slits below, a clock, sound windows on top."""
    _clad(sheet, style)
    ornament.quoins(sheet, style)
    stages = np.linspace(0.5, height, max(2, round(height / max(5.0, width * 0.95))) + 1)
    for number, (top, bottom) in enumerate(pairwise(stages)):
        ornament.cornice(sheet, style, top - 0.3, 0.4)
        tall = bottom - top
        if number == 0:
            for x in (width * 0.3, width * 0.7):
                window(sheet, style, x, top + tall * 0.2, width * 0.22, tall * 0.6)
        elif number == 1 and clock:
            ornament.clock(sheet, style, width / 2, top + tall * 0.48, min(width * 0.3, tall * 0.36))
        elif sheet.rng.random() < 0.7:
            window(
                sheet, style, width * sheet.rng.uniform(0.4, 0.6), top + tall * 0.3, width * 0.2, tall * 0.4
            )
        else:
            ornament.niche(sheet, style, width / 2, top + tall * 0.3, tall * 0.4)
    weathered(sheet, 1.2)


def paint_colonnade(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A dark hall behind an architrave, to be placed behind columns."""
    _clad(sheet, style)
    sheet.shade(0, height * 0.2, width, height, 0.55)
    for x in np.arange(2.0, width - 1, 4.2):
        ornament.niche(sheet, style, x, height * 0.38, height * 0.3)
    ornament.frieze(sheet, style, height * 0.06, height * 0.1)
    ornament.cornice(sheet, style, 0, height * 0.06)
    portal(sheet, style, width / 2, min(3.0, width * 0.2), height * 0.55)


def paint_curtain_wall(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """Glass and panels in a strict grid, blinds and lights behind it at random."""
    rng = sheet.rng
    _clad(sheet, style)
    across, down = max(3, round(width / 3.2)), max(4, round(height / 3.6))
    for row in range(down):
        for column in range(across):
            left, top = width * column / across, height * row / down
            pane = tone(style.glass, rng.uniform(0.55, 1.9) if rng.random() < 0.85 else 2.6)
            middle, wide, high = left + width / across / 2, width / across * 0.82, height / down - 1.0
            glow = int(rng.choice([0, 30, 90, 220, 235]))
            opening(sheet, "rectangle", middle, top + 0.5, wide, high, pane, glow)
    if style.variant:
        for column in range(0, across + 1, 1 + style.variant):
            sheet.upright(width * column / across, 0.2, 0, height, style.trim)
    for _ in range(2):
        x, top = rng.uniform(0.3, 0.7) * width, height * rng.choice([0.01, 0.4, 0.9])
        ornament.sign(sheet, x, top, width * 0.5, height * 0.05)


def paint_pediment(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A triangle full of carved figures; what lies outside the triangle is never seen."""
    _clad(sheet, style)
    sheet.shade(0, 0, width, height, 0.8)
    for share in np.linspace(-0.32, 0.32, 7):
        size = height * (0.62 - 1.1 * abs(share)) * sheet.rng.uniform(0.8, 1.05)
        ornament.niche(sheet, style, width * (0.5 + share), height * 0.93 - size, size)
    if sheet.rng.random() < 0.5:
        ornament.clock(sheet, style, width / 2, height * 0.55, height * 0.22)
    edge = 0.09 * height + 0.15
    for side in (0.0, width):
        sheet.line(width / 2, 0, side, height, style.trim, 2.4 * edge)
        sheet.line(width / 2, edge * 1.8, side, height + edge * 1.8, tone(style.trim, 0.66), 0.4 * edge)
    sheet.rectangle(0, height - edge, width, height, tone(style.trim, 1.03))


def paint_entablature(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """The beam that columns carry, with its reliefs."""
    _clad(sheet, style)
    ornament.frieze(sheet, style, height * 0.34, height * 0.4)
    ornament.cornice(sheet, style, 0, height * 0.2)
    ornament.dentils(sheet, style, height * 0.24)
    weathered(sheet, 1.2)


def paint_fortress(sheet: Sheet, style: Style, width: float, height: float, *, door: bool = False) -> None:
    """A wall meant to be defended: bare below, slits, a few windows high up, brackets under the parapet."""
    rng = sheet.rng
    _clad(sheet, style)
    for x in np.arange(0.3, width, 1.1):
        opening(sheet, "arch", x, 0.9, 0.7, 1.0, tone(style.wall, 0.5))
    ornament.cornice(sheet, style, 0.0, 0.5)
    for x in np.arange(rng.uniform(1.2, 2.5), width - 1, rng.uniform(2.6, 3.6)):
        if rng.random() < 0.7:
            window(sheet, style, x, height * rng.uniform(0.24, 0.3), 1.0, min(2.0, height * 0.2))
        if rng.random() < 0.75:
            slit = height * rng.uniform(0.55, 0.64)
            sheet.upright(x, 0.32, slit - 0.15, slit + 1.65, tone(style.trim, 0.9))
            sheet.upright(x, 0.1, slit, slit + 1.5, (34, 30, 28))
            sheet.upright(x, 0.24, slit + 0.5, slit + 0.68, (34, 30, 28))
    _chance_finds(sheet, style)
    weathered(sheet, 1.5)
    if door:
        portal(sheet, style, width / 2, min(3.4, width * 0.3), height * 0.36)


def _view_through(sheet: Sheet, x: float, top: float, width: float) -> None:
    """The street beyond an arch: bright air, a few houses, the pavement."""
    bottom = sheet.height
    opening(sheet, "arch", x, top, width, bottom - top, (206, 214, 222))
    for share in (-0.5, -0.28, 0.22):
        left, roof = x + share * width, bottom - (bottom - top) * sheet.rng.uniform(0.2, 0.42)
        colour = tone((176, 160, 144), sheet.rng.uniform(0.75, 1.05))
        sheet.rectangle(left, roof, left + width * 0.28, bottom, colour)
    sheet.upright(x, width / 2, bottom - (bottom - top) * 0.12, bottom, (150, 144, 136))


def paint_gateway(sheet: Sheet, style: Style, width: float, height: float) -> None:
    """A triumphal arch: one great opening, two small ones, reliefs above."""
    _clad(sheet, style)
    attic = height * 0.24
    for side in (-1, 1):
        ornament.pilaster(sheet, style, width * (0.5 + side * 0.2), attic + 0.6, height, 1.0)
        ornament.pilaster(sheet, style, width * (0.5 + side * 0.46), attic + 0.6, height, 1.0)
        x = width * (0.5 + side * 0.33)
        opening(sheet, "arch", x, height * 0.62, width * 0.13, height * 0.38, (52, 48, 46), 60)
        for column in (-1, 1):
            ornament.niche(sheet, style, x + column * width * 0.04, height * 0.36, height * 0.17)
    for grow, colour in ((1.16, style.trim), (1.08, tone(style.trim, 0.7)), (1.0, (58, 52, 50))):
        top, wide, high = height * (1 - 0.62 * grow), width * 0.3 * grow, height * 0.62 * grow
        opening(sheet, "arch", width / 2, top, wide, high, colour, 90)
    ornament.frieze(sheet, style, attic, height * 0.05)
    ornament.cornice(sheet, style, attic - 0.5, 0.5)
    ornament.sign(sheet, width / 2, height * 0.08, width * 0.5, height * 0.09)
    ornament.cornice(sheet, style, 0, 0.6)
    weathered(sheet, 1.3)
    _view_through(sheet, width / 2, height * 0.44, width * 0.22)
