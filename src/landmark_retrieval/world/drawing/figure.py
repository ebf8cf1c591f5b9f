"""Cut-out figures: people, trees, cars, lamp posts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from landmark_retrieval.world.drawing.sheet import Colour, Image, Sheet, blank_sheet, palette, pick, tone

_KEY: Colour = (255, 0, 255)  # never drawn: what stays of it is transparent
_CLOTHES = palette("b4302c 2c4274 34383c ded8cc 587448 d4aa40 86543c 603c6e 3c7884 1e2024 c8786e 96a0aa")
_CARS = palette("b02424 243c6e dcdcde 2e3034 969a9e 3c684e d6b03c")
_LEAVES = palette("466830 58702c 3a5c3a 787632 96682e")
VARIETIES = 12


@dataclass(frozen=True)
class Figure:
    """A picture `(height, width, 3)`, its cover `(height, width)` 0..255, and its height in metres."""

    picture: Image
    alpha: Image
    height: float


@cache
def figure(kind: str, variety: int) -> Figure:
    """One of the figures of a kind (`person`, `tree`, `cypress`, `car`, `lamp`); the same in every world."""
    rng = np.random.default_rng([sum(kind.encode()), variety])
    width, height, scale = {
        "person": (0.8, 1.75, 90.0),
        "tree": (6.5, 8.5, 22.0),
        "cypress": (2.2, 8.0, 24.0),
        "car": (4.4, 1.6, 60.0),
        "lamp": (1.6, 5.2, 40.0),
    }[kind]
    sheet = blank_sheet(width, height, scale, _KEY, rng)
    _DRAWERS[kind](sheet)
    drawn = np.where((sheet.image == _KEY).all(axis=2), 0, 255).astype(np.uint8)
    alpha = np.asarray(cv2.erode(drawn, np.ones((3, 3))), np.uint8)
    return Figure(_bled(sheet.image, alpha), alpha, height * rng.uniform(0.9, 1.15))


def _bled(picture: Image, alpha: Image) -> Image:
    """The picture with its colours carried over its edge, so that shrinking mixes in nothing foreign."""
    cover = (alpha > 0).astype(np.float32)[..., None]
    spread = cv2.blur(picture * cover, (15, 15)) / np.maximum(cv2.blur(cover, (15, 15)), 1e-3)[..., None]
    return np.where(cover > 0, picture, np.clip(spread, 0, 255)).astype(np.uint8)


def _person(sheet: Sheet) -> None:
    rng = sheet.rng
    coat, legs = (_CLOTHES[int(i)] for i in rng.integers(len(_CLOTHES), size=2))
    skin = tone((222, 178, 146), rng.uniform(0.45, 1.05))
    stride = rng.uniform(0.03, 0.16)
    for side in (-1, 1):
        hip, foot = 0.4 + side * 0.07, 0.4 + side * (0.07 + stride)
        leg = [[hip - 0.09, 0.85], [hip + 0.09, 0.85], [foot + 0.06, 1.72], [foot - 0.06, 1.72]]
        sheet.polygon(leg, tone(legs, 0.9 + 0.1 * side))
        sheet.rectangle(foot - 0.08, 1.68, foot + 0.1, 1.75, (30, 26, 26))
        sheet.line(0.4 + side * 0.2, 0.42, 0.4 + side * 0.26, 0.92, tone(coat, 0.8), 0.1)
    long = 1.15 if rng.random() < 0.35 else 0.92
    sheet.polygon([[0.22, 0.38], [0.58, 0.38], [0.62, long], [0.18, long]], coat)
    if rng.random() < 0.4:
        sheet.polygon(np.array([[0.28, 0.42], [0.5, 0.42], [0.52, 0.8], [0.26, 0.8]]), pick(_CLOTHES, rng))
    sheet.ellipse(0.4, 0.21, 0.115, 0.15, skin)
    sheet.ellipse(0.4, 0.13, 0.125, 0.1, tone((92, 66, 44), rng.uniform(0.3, 1.6)))


def _foliage(
    sheet: Sheet, x: float, y: float, radius_x: float, radius_y: float, green: Colour, count: int
) -> None:
    """Leaves in clumps, darker below and behind, lighter above and in front."""
    rng = sheet.rng
    angle, reach = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.uniform(0, 1, count))
    clumps = 1 + 0.22 * np.sin(angle * 5 + rng.uniform(0, 6)) + 0.12 * np.sin(angle * 11)
    across, up = x + np.cos(angle) * reach * radius_x * clumps, y + np.sin(angle) * reach * radius_y * clumps
    for number in range(count):
        height = (y + radius_y - up[number]) / (2 * radius_y)
        light = 0.42 + 0.35 * number / count + 0.42 * height
        size = rng.uniform(0.05, 0.12) * radius_x + 0.05
        leaf = tone(green, light * rng.uniform(0.8, 1.2))
        sheet.ellipse(across[number], max(size, up[number]), size, size * rng.uniform(0.6, 1.0), leaf)


def _tree(sheet: Sheet) -> None:
    green = pick(_LEAVES, sheet.rng)
    bark: Colour = (84, 66, 50)
    sheet.polygon([[3.05, 8.5], [3.15, 4.0], [3.4, 4.0], [3.55, 8.5]], bark)
    for lean in (-1.1, 0.8, 1.4):
        sheet.line(3.25, 5.6, 3.25 + lean, 3.8, bark, 0.14)
    for _ in range(5):
        x, y = sheet.rng.normal([3.25, 3.1], [0.8, 0.7])
        _foliage(sheet, x, y, 1.6, 1.5, tone(green, sheet.rng.uniform(0.8, 1.1)), 90)


def _cypress(sheet: Sheet) -> None:
    for level in np.linspace(6.9, 0.7, 26):
        _foliage(sheet, 1.1, level, 0.8 * (0.25 + level / 8), 0.5, (52, 80, 52), 16)
    sheet.rectangle(1.0, 7.2, 1.2, 8.0, (84, 66, 50))


def _car(sheet: Sheet) -> None:
    paint = pick(_CARS, sheet.rng)
    tall = sheet.rng.uniform(0.0, 0.35)
    cabin = np.array([[1.0, 0.75], [1.5, 0.3 - tall * 0.6], [3.0, 0.3 - tall * 0.6], [3.6, 0.75]])
    sheet.polygon(np.maximum(cabin, 0.06), tone(paint, 0.92))
    sheet.polygon(np.maximum(cabin, 0.06) * 0.82 + [0.41, 0.14], (60, 74, 88))
    sheet.rectangle(2.22, 0.2, 2.3, 0.8, tone(paint, 0.8))
    sheet.polygon([[0.1, 0.85], [1.0, 0.72], [3.6, 0.72], [4.3, 0.9], [4.3, 1.35], [0.1, 1.35]], paint)
    sheet.line(0.15, 1.05, 4.25, 1.05, tone(paint, 0.75), 0.05)
    sheet.circle(4.2, 0.98, 0.1, (244, 236, 200))
    sheet.ellipse(0.18, 0.98, 0.08, 0.1, (190, 40, 36))
    for x in (0.95, 3.4):
        sheet.circle(x, 1.27, 0.33, (28, 28, 30))
        sheet.circle(x, 1.27, 0.17, (150, 150, 154))


def _lamp(sheet: Sheet) -> None:
    iron: Colour = (44, 46, 48)
    sheet.rectangle(0.74, 0.8, 0.86, 5.2, iron)
    sheet.rectangle(0.62, 4.6, 0.98, 5.2, iron)
    for side in (-0.5, 0.5) if sheet.rng.random() < 0.5 else (0.0,):
        sheet.line(0.8, 1.0, 0.8 + side, 0.75, iron, 0.08)
        sheet.ellipse(0.8 + side, 0.45, 0.24, 0.32, (250, 240, 204))
        sheet.rectangle(0.62 + side, 0.08, 0.98 + side, 0.16, iron)


_DRAWERS = {"person": _person, "tree": _tree, "cypress": _cypress, "car": _car, "lamp": _lamp}
