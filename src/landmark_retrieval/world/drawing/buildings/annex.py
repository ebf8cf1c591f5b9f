"""Parts shared by many buildings: steps, towers, battlements, porticoes."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.solid import Block, Face, column, dome, drum, onion, pediment


def steps(left: float, right: float, front: float, back: float, height: float) -> list[Face]:
    """Three steps around a floor plan."""
    faces = []
    for number in range(3):
        out = 0.5 * (3 - number)
        low, high = height * number / 3, height * (number + 1) / 3
        block = Block(left - out, right + out, front - out, back, low, high)
        faces += [*block.same_walls("plain"), block.top("plain")]
    return faces


def _crown(style: Style, x: float, y: float, radius: float, low: float) -> list[Face]:
    """The roof of a tower: a spire, a dome, or an onion."""
    if style.variant == 0:
        block = Block(x - radius, x + radius, y - radius, y + radius, low, low)
        return block.hip(radius * 4.0, 0.3, "spire", 0.0)
    if style.variant == 1:
        below = drum("tower", x, y, radius * 0.72, low, low + radius)
        return below + dome("dome", x, y, radius * 0.8, low + radius, 1.3, 10)
    return onion("dome", x, y, radius * 0.95, low)


def tower(
    style: Style, x: float, y: float, half: float, high: float, low: float = 0.0, painter: str = "tower"
) -> list[Face]:
    """A square tower of half width `half` with its roof."""
    block = Block(x - half, x + half, y - half, y + half, low, high)
    return [*block.same_walls(painter, 20), block.top(), *_crown(style, x, y, half, high)]


def battlements(block: Block, height: float = 1.1) -> list[Face]:
    """Merlons around the upper edge of a block."""
    low, high, out = block.high, block.high + height, 0.15
    merlons = []
    for x in np.arange(block.left, block.right - 0.6, 2.2):
        for y in (block.front - out, block.back - 0.8 + out):
            merlons.append(Block(x, x + 1.2, y, y + 0.8, low, high))
    for y in np.arange(block.front, block.back - 0.6, 2.2):
        for x in (block.left - out, block.right - 0.8 + out):
            merlons.append(Block(x, x + 0.8, y, y + 1.2, low, high))
    return [face for merlon in merlons for face in merlon.same_walls("battlement")]


def portico(left: float, right: float, front: float, high: float, number: int) -> list[Face]:
    """Columns carrying a pediment before a wall at `front`."""
    rise = (right - left) * 0.2
    edge = front - 3.0
    beam = Block(left, right, edge, front, high * 0.86, high)
    faces = beam.same_walls("battlement")
    faces.append(pediment("pediment", left - 0.4, right + 0.4, edge - 0.2, high, rise))
    faces += Block(left - 0.2, right + 0.2, edge, front + 3, high, high).gable(rise, 0.2)
    for x in np.linspace(left + 0.6, right - 0.6, number):
        faces.append(column(float(x), edge + 0.6, 0.55, 0.9, high * 0.86))
    return [*faces, *steps(left - 0.3, right + 0.3, edge, front, 0.9)]
