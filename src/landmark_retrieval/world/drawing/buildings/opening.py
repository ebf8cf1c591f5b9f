"""Windows and doors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.sheet import Colour, Sheet, blend, palette, pick, tone

Outline = NDArray[np.float64]
Glow = int | None
_FLOWERS = palette("c4303c dc7896 5a823c")
_NIGHT = (40, 0, 0, 120, 200, 235)  # how brightly a window may shine after dark


def outline(shape: str, x: float, top: float, width: float, height: float) -> Outline:
    """The outline `(n, 2)` of an opening whose upper edge has its middle at `x, top`."""
    half = width / 2
    left, right, bottom = x - half, x + half, top + height
    if shape == "round":
        angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        return np.stack([x + half * np.cos(angle), top + half + half * np.sin(angle)], 1)
    foot = np.array([[right, bottom], [left, bottom]])
    if shape == "rectangle":
        return np.concatenate([[[left, top], [right, top]], foot])
    angle = np.linspace(0, np.pi, 13)
    rise = {"segment": 0.28 * half, "pointed": min(1.45 * half, height), "arch": min(half, height)}[shape]
    curve = np.sin(angle)
    if shape == "pointed":
        curve = curve**0.55 * (1 - 0.28 * np.abs(np.cos(angle)))
    head = np.stack([x - half * np.cos(angle), top + rise * (1 - curve)], 1)
    return np.concatenate([head, foot])


def opening(
    sheet: Sheet, shape: str, x: float, y: float, wide: float, high: float, colour: Colour, glow: Glow = None
) -> None:
    """Fill the outline of an opening, its upper edge at `y`; `glow` (0..255) is what it gives at night."""
    sheet.polygon(outline(shape, x, y, wide, high), colour, glow)


def window(sheet: Sheet, style: Style, x: float, top: float, width: float, height: float) -> None:
    """One window with surround, panes, sill, and what its people did to it."""
    shape = style.window if style.window != "twin" else "arch"
    edge = 0.16 + 0.03 * width
    opening(sheet, shape, x + 0.1, top - edge + 0.12, width + 2 * edge, height + edge, tone(style.wall, 0.62))
    opening(sheet, shape, x, top - edge, width + 2 * edge, height + edge, style.trim)
    if style.window == "twin":
        head = width * 0.15
        for middle in (x - width / 4, x + width / 4):
            _glass(sheet, style, shape, middle, top + head, width * 0.44, height - head)
        sheet.circle(x, top + width * 0.12, width * 0.09, tone(style.glass, 0.8))
    else:
        _glass(sheet, style, shape, x, top, width, height)
    if shape != "round":
        _sill(sheet, style, x, top + height, width + 2 * edge)
        _hood(sheet, style, x, top - edge, width + 2 * edge)
    if style.shutters and shape != "round":
        _shutters(sheet, style, x, top, width, height)


def _glass(sheet: Sheet, style: Style, shape: str, x: float, top: float, width: float, height: float) -> None:
    rng = sheet.rng
    pane = tone(style.glass, rng.uniform(0.55, 1.3))
    opening(sheet, shape, x, top, width, height, tone(pane, 0.55), 0)
    glow = int(rng.choice(_NIGHT))
    opening(sheet, shape, x + 0.04, top + 0.1, width - 0.12, height - 0.1, pane, glow)
    state = rng.random()
    if state < 0.22:
        _curtains(sheet, x, top, width, height)
    elif state < 0.36:
        low = top + height * rng.uniform(0.35, 0.8)
        blind = blend((222, 214, 196), pane, rng.uniform(0.1, 0.5))
        _box(sheet, x, top + width * 0.2, width * 0.86, low, blind)
    elif state < 0.6:
        sky = blend(pane, (170, 195, 220), 0.5)
        _box(sheet, x - width * 0.1, top + height * 0.3, width * 0.5, top + height * 0.72, sky)
    _bars(sheet, style, shape, x, top, width, height)


def _box(sheet: Sheet, x: float, top: float, width: float, bottom: float, colour: Colour) -> None:
    opening(sheet, "rectangle", x, top, width, bottom - top, colour)


def _curtains(sheet: Sheet, x: float, top: float, width: float, height: float) -> None:
    cloth: Colour = (214, 206, 190) if sheet.rng.random() < 0.7 else (150, 60, 50)
    for side in (-1, 1):
        span = width * sheet.rng.uniform(0.12, 0.38)
        middle = x + side * (width / 2 - span / 2 - 0.05)
        _box(sheet, middle, top + width * 0.25, span, top + height, cloth)


def _bars(sheet: Sheet, style: Style, shape: str, x: float, top: float, width: float, height: float) -> None:
    colour = tone(style.trim, 0.95) if style.variant else tone(style.accent, 0.9)
    head = width * 0.12 if shape in ("arch", "pointed", "round") else 0.0
    across, down = style.panes
    places = x - width / 2 + width * np.arange(1, across) / across
    sheet.bars(places, top + head, top + height, colour, 0.07)
    for bar in range(1, down):
        level = top + height * bar / down
        sheet.line(x - width / 2, level, x + width / 2, level, colour, 0.06)


def _sill(sheet: Sheet, style: Style, x: float, bottom: float, width: float) -> None:
    sheet.shade(x - width / 2, bottom + 0.18, x + width / 2, bottom + 0.5, 0.72)
    sheet.rectangle(x - width / 2 - 0.12, bottom, x + width / 2 + 0.12, bottom + 0.2, tone(style.trim, 1.05))


def _hood(sheet: Sheet, style: Style, x: float, top: float, width: float) -> None:
    half = width / 2 + 0.2
    if style.hood == "none":
        return
    sheet.shade(x - half, top, x + half, top + 0.25, 0.75)
    if style.hood == "flat" or style.window in ("arch", "pointed", "twin"):
        sheet.upright(x, half, top - 0.24, top, tone(style.trim, 1.04))
        return
    if style.hood == "triangle":
        gable = np.array([[x - half, top], [x, top - 0.42 * half], [x + half, top]])
    else:
        gable = outline("segment", x, top - 0.3 * half, 2 * half, 0.3 * half)
    sheet.polygon(gable, tone(style.trim, 0.8))
    middle = gable.mean(axis=0)
    sheet.polygon(middle + (gable - middle) * 0.6 + [0, 0.03], tone(style.wall, 0.9))


def _shutters(sheet: Sheet, style: Style, x: float, top: float, width: float, height: float) -> None:
    for side in (-1, 1):
        if sheet.rng.random() < 0.12:
            continue
        colour = tone(style.accent, sheet.rng.uniform(0.85, 1.15))
        middle = x + side * (width * 0.78 if sheet.rng.random() < 0.88 else width * 0.25)
        half = width * 0.23
        sheet.upright(middle, half, top, top + height, colour)
        for slat in np.arange(top + 0.25, top + height, 0.42):
            sheet.line(middle - half * 0.75, slat, middle + half * 0.75, slat, tone(colour, 0.7), 0.06)


def balcony(sheet: Sheet, style: Style, x: float, level: float, width: float) -> None:
    """A balcony with a railing before a window, its floor at `level`."""
    half, rail = width / 2, 0.95
    iron: Colour = (44, 44, 48) if style.variant != 1 else tone(style.trim, 0.9)
    sheet.shade(x - half, level, x + half, level + 0.9, 0.6)
    sheet.rectangle(x - half - 0.1, level - 0.12, x + half + 0.1, level + 0.16, tone(style.trim, 0.92))
    places = np.linspace(x - half, x + half, max(4, int(width / 0.28)))
    sheet.bars(places, level - rail, level, iron, 0.05)
    sheet.line(x - half, level - rail, x + half, level - rail, iron, 0.1)
    if sheet.rng.random() < 0.5:
        flower = pick(_FLOWERS, sheet.rng)
        for spot in sheet.rng.uniform(x - half, x + half, 7):
            sheet.circle(spot, level - rail, 0.16, flower)


def portal(sheet: Sheet, style: Style, x: float, width: float, height: float) -> None:
    """A door in stepped surrounds, standing on the lower edge of the sheet."""
    bottom = sheet.height
    shape = style.window if style.window in ("arch", "pointed", "segment") else "rectangle"
    shape = "arch" if style.window in ("twin", "round") else shape
    for step in range(4, 0, -1):
        colour, high = tone(style.trim, 1.06 if step % 2 else 0.72), height * (1 + 0.06 * step)
        opening(sheet, shape, x, bottom - high, width * (1 + 0.13 * step), high, colour, 0)
    opening(sheet, shape, x, bottom - height, width, height, (34, 28, 26), 110)
    leaf = tone(style.accent, 0.85)
    top = bottom - height * 0.72
    for side in (-1, 1):
        middle = x + side * width * 0.24
        sheet.upright(middle, width * 0.21, top, bottom, leaf)
        for panel in range(3):
            level = top + (bottom - top) * (panel + 0.15) / 3
            sheet.upright(middle, width * 0.14, level, level + (bottom - top) * 0.22, tone(leaf, 0.72))
    sheet.line(x - width * 0.45, top, x + width * 0.45, top, style.trim, 0.16)
