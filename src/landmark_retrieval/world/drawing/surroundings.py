"""Surroundings of a landmark, the same in all its photographs: ground, houses, trees, horizon."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.world.drawing.buildings.material import clouded, masonry
from landmark_retrieval.world.drawing.buildings.style import STONES, Style, draw_style
from landmark_retrieval.world.drawing.sheet import Colour, Image, Sheet, blank_sheet, palette, pick, tone
from landmark_retrieval.world.drawing.sky import Field, Horizon
from landmark_retrieval.world.drawing.solid import Block, Face, Points

REACH = 110.0  # metres of painted ground, from side to side
_STEPS = 512  # of the horizon around
_GRASS: Colour = (104, 124, 70)
_ASPHALT: Colour = (104, 104, 108)
_PAVING: Colour = (176, 168, 154)
_FLOWERS = palette("be3c46 dcb446 a05aaa")


@dataclass(frozen=True)
class Surroundings:
    """Ground (plan, mean colour, grain), horizon, neighbours with styles, trees (kind, number, foot)."""

    ground: Face
    picture: Image
    far: Points
    grain: Image
    horizon: Horizon
    neighbours: list[tuple[Style, list[Face]]]
    trees: list[tuple[str, int, Points]]


def surround(style: Style, detail: float) -> Surroundings:
    """The surroundings of a landmark, from its style's own seed."""
    rng = np.random.default_rng([style.seed, 3])
    half = REACH / 2
    face = Block(-half, half, -half, half, 0, 0).top("ground")
    image = _ground(style, 3.4 * detail, rng).image
    grain, line = _grain(style.ground, rng), horizon(style.ground, rng)
    far = np.array(cv2.mean(image)[:3])
    return Surroundings(face, image, far, grain, line, _neighbours(style, rng), _trees(style, rng))


def horizon(ground: str, rng: np.random.Generator) -> Horizon:
    """Hills, and before them a town, or woods where the ground is grass."""
    hills = np.abs(_around(rng, 16)) * rng.choice([0.02, 0.05, 0.09]) + 0.015
    if ground == "lawn":
        town = 0.018 + 0.012 * np.abs(_around(rng, 64)) + 0.004 * rng.standard_normal(_STEPS)
        colours = np.array([[64, 88, 50]]) * rng.uniform(0.8, 1.2, (_STEPS, 1))
        return Horizon(hills, town.astype(np.float32), colours.astype(np.float32))
    houses = np.cumsum(rng.random(_STEPS) < 0.3)
    tall, stone = rng.gamma(4, 0.009, len(houses)), list(STONES.values())
    walls = np.array([stone[i] for i in rng.integers(len(stone), size=len(houses))]) * 0.8
    return Horizon(hills, tall[houses].astype(np.float32), walls[houses].astype(np.float32))


def _around(rng: np.random.Generator, knots: int) -> Field:
    """A smooth closed line `(_STEPS,)` of unit spread."""
    values = rng.standard_normal(knots)
    places = np.arange(_STEPS) * knots / _STEPS
    return np.interp(places, np.arange(knots + 1), np.append(values, values[0])).astype(np.float32)


def _grain(ground: str, rng: np.random.Generator) -> Image:
    """Fine texture `(192, 192)` around 128 that repeats without a seam."""
    noise = np.tile(rng.standard_normal((192, 192), np.float32), (3, 3))
    wide = 1.0 if ground == "lawn" else 1.6
    soft = np.asarray(cv2.GaussianBlur(noise, (0, 0), wide)[192:384, 192:384], np.float32)
    if ground != "lawn":
        soft[::32] -= 0.5
        soft[:, ::48] -= 0.4
    return np.clip(128 + soft / soft.std() * (15 if ground == "lawn" else 8), 0, 255).astype(np.uint8)


def _ground(style: Style, scale: float, rng: np.random.Generator) -> Sheet:
    """A plan of the place, its upper edge behind the landmark; sheet (0, 0) is world (-55, 55)."""
    half = REACH / 2
    base = {"square": _PAVING, "lawn": _GRASS, "street": _PAVING}[style.ground]
    sheet = blank_sheet(REACH, REACH, scale, base, rng)
    if style.ground != "lawn":
        masonry(sheet, base, "ashlar")
        sheet.image[:] = (0.45 * sheet.image + 0.55 * np.array(base)).astype(np.uint8)
    front = half + style.depth / 2
    if style.ground == "lawn":
        path = tone(_PAVING, 1.05)
        sheet.upright(half, 3, front, REACH, path)
        sheet.upright(half, style.width, front + 1, front + 5, path)
        for x in rng.uniform(half - 30, half + 30, 14):
            flower = pick(_FLOWERS, rng)
            sheet.ellipse(x if abs(x - half) > 4 else x + 8, front + rng.uniform(7, 26), 1.6, 1.0, flower)
    if style.ground == "street":
        sheet.rectangle(0, front + 6, REACH, front + 16, _ASPHALT)
        for left in np.arange(0, REACH, 5):
            sheet.rectangle(left, front + 10.8, left + 2.4, front + 11.2, (226, 224, 216))
        for edge in (5.6, 16.0):
            sheet.rectangle(0, front + edge, REACH, front + edge + 0.4, (200, 196, 186))
    if style.ground == "square":
        for ring in np.arange(8, 40, 8):
            left, right, near = [half - ring, front + 4], [half + ring, front + 4], front + 4 + ring * 0.9
            band = [left, [half, near], right, [half, front + 3 + ring * 0.9 - 1]]
            sheet.polygon(band, tone(_PAVING, 0.78))
    rows, columns = sheet.image.shape[:2]
    worn = 1 + 0.035 * clouded(rows, columns, 60, rng, 4)
    _beside_walls(worn, style, scale)
    sheet.image[:] = _faded(sheet.image * worn[..., None], 12 * scale)
    return sheet


def _faded(picture: NDArray[np.float32], margin: float) -> Image:
    """The picture, going over into its mean colour towards its border."""
    places = (np.arange(size) for size in picture.shape[:2])
    rows, columns = (np.minimum(place, place[::-1]) / margin for place in places)
    inner = np.minimum(np.minimum(rows[:, None], columns[None, :]), 1)[..., None].astype(np.float32)
    mean = np.array(cv2.mean(picture)[:3], np.float32)
    return np.clip(mean + inner * (picture - mean), 0, 255).astype(np.uint8)


def _beside_walls(factor: Field, style: Style, scale: float) -> None:
    """Less light reaches the ground beside the walls."""
    half = REACH / 2
    low = np.array([half - style.width / 2, half - style.depth / 2]) * scale
    high = np.array([half + style.width / 2, half + style.depth / 2]) * scale
    shadow = np.zeros(factor.shape, np.float32)
    shadow[int(low[1]) : int(high[1]), int(low[0]) : int(high[0])] = 0.45
    width = int(3 * scale) | 1
    factor *= 1 - cv2.blur(shadow, (width, width))


def _neighbours(style: Style, rng: np.random.Generator) -> list[tuple[Style, list[Face]]]:
    houses: list[tuple[Style, list[Face]]] = []
    for side in (-1, 1):
        if rng.random() < 0.4:
            continue
        look = draw_style([style.seed, 11, side + 1], [style.seed, 13, side + 1])
        wide, deep, high = rng.uniform(9, 16), rng.uniform(10, 16), rng.uniform(7, 14)
        edge = style.width * 0.75 + rng.uniform(7, 14)
        left = edge if side > 0 else -edge - wide
        front = rng.uniform(-4, 8)
        block = Block(left, left + wide, front, front + deep, 0, high)
        houses.append((look, [*block.walls("wall", "wall"), *block.hip(high * 0.35)]))
    return houses


def _trees(style: Style, rng: np.random.Generator) -> list[tuple[str, int, Points]]:
    kind = "cypress" if rng.random() < 0.25 else "tree"
    trees = []
    for _ in range(int(rng.integers(0, 7 if style.ground == "lawn" else 4))):
        side = rng.choice([-1, 1])
        x = side * (style.width * 0.5 + rng.uniform(3.5, 16))
        trees.append((kind, int(rng.integers(12)), np.array([x, rng.uniform(-20, 14), 0.0])))
    return trees
