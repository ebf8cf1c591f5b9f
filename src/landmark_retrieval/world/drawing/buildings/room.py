"""Geometry of rooms, around x = 0 and from y = 0 into the depth; the richest wall is at the far end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.solid import Block, Face, Points, Surface, column, wall


@dataclass(frozen=True)
class Room:
    """Faces, and the size in metres."""

    faces: list[Face]
    width: float
    depth: float
    height: float


# kind: side walls, end wall, width, depth, height, vaulted
_KINDS = {
    "nave": ("nave wall", "altar wall", 11.0, 30.0, 11.0, True),
    "gallery": ("gallery wall", "great picture wall", 10.0, 22.0, 6.5, False),
    "library": ("book wall", "book wall", 9.5, 20.0, 8.0, False),
    "ballroom": ("ballroom wall", "great picture wall", 13.0, 22.0, 8.5, False),
    "theatre": ("boxes wall", "stage wall", 16.0, 20.0, 11.0, False),
    "concourse": ("concourse wall", "concourse wall", 18.0, 32.0, 12.0, True),
}


def furnish(style: Style) -> Room:
    """The room of a landmark; sizes and furniture follow from the style's own seed."""
    rng = np.random.default_rng([style.seed, 7])
    side, end, width, depth, height, vaulted = _KINDS[style.room]
    width, depth, height = (size * rng.uniform(0.85, 1.2) for size in (width, depth, height))
    half = width / 2
    vaulted = vaulted or (style.room in ("library", "gallery") and bool(rng.random() < 0.4))
    rise = half * rng.uniform(0.6, 1.0) if vaulted else 0.0
    floor = Block(-half, half, 0, depth, 0, 0)
    faces = [
        floor.top("floor"),
        wall(side, (-half, 0), (-half, depth), 0, height, 1),
        wall(side, (half, depth), (half, 0), 0, height, 2),
        wall(end, (-half, depth), (half, depth), 0, height + rise, 3),
        wall(side, (half, 0), (-half, 0), 0, height + rise, 4),
        *(_vault(width, depth, height, rise) if vaulted else [_ceiling(width, depth, height)]),
        *_columns(style, rng, width, depth, height),
        *_furniture(style, rng, width, depth),
    ]
    return Room(faces, width, depth, height)


def _ceiling(width: float, depth: float, height: float) -> Face:
    surface = Surface("ceiling", round(width, 2), round(depth, 2))
    rectangle = np.array([[0, 0], [width, 0], [width, depth], [0, depth]])
    origin, right, down = np.array([[-width / 2, 0, height], [1.0, 0, 0], [0, 1.0, 0]])
    return Face(surface, origin, right, down, rectangle)


def _vault(width: float, depth: float, height: float, rise: float, strips: int = 9) -> list[Face]:
    """A barrel of flat strips, unrolled into one painting from the right side over the crown to the left."""
    angle = np.linspace(0, np.pi, strips + 1)
    x, z = width / 2 * np.cos(angle), height + rise * np.sin(angle)
    across: Points = np.stack([x, np.zeros(strips + 1), z], 1)
    length = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(across, axis=0), axis=1)))
    surface = Surface("vault", round(depth, 2), round(float(length[-1]), 2))
    faces = []
    for number in range(strips):
        start, end = length[number], length[number + 1]
        down = (across[number + 1] - across[number]) / (end - start)
        strip = np.array([[0, start], [depth, start], [depth, end], [0, end]])
        faces.append(Face(surface, across[number] - start * down, np.array([0.0, 1.0, 0.0]), down, strip))
    return faces


def _columns(style: Style, rng: np.random.Generator, width: float, depth: float, height: float) -> list[Face]:
    if style.room == "theatre" or (style.room != "nave" and rng.random() < 0.5):
        return []
    radius = rng.uniform(0.28, 0.5)
    at = width * rng.uniform(0.36, 0.42)
    spots = np.arange(4.5, depth - 0.5, 4.5)
    return [column(side * at, float(y), radius, 0, height) for y in spots for side in (-1, 1)]


def _furniture(style: Style, rng: np.random.Generator, width: float, depth: float) -> list[Face]:
    faces: list[Face] = []
    if style.room in ("nave", "theatre"):
        painter, tall, step = ("bench", 0.95, 2.0) if style.room == "nave" else ("seats", 0.9, 1.5)
        for y in np.arange(depth * 0.28, depth * 0.8, step):
            for side in (-1, 1):
                left, right = sorted((side * 0.9, side * width * 0.36))
                block = Block(left, right, float(y), float(y) + 0.4, 0, tall)
                front, right_side, _, left_side = block.walls(painter, painter)
                faces += [front, right_side, left_side, block.top(painter)]
        return faces
    for y in np.arange(depth * 0.3, depth * 0.85, rng.uniform(3.5, 6.0)):
        x = rng.uniform(-0.2, 0.2) * width
        left, right, tall = x - rng.uniform(0.6, 1.6), x + rng.uniform(0.6, 1.6), rng.uniform(0.5, 1.2)
        block = Block(left, right, float(y), float(y) + 1.0, 0, tall)
        faces += [*block.walls("case", "case"), block.top("case")]
    return faces
