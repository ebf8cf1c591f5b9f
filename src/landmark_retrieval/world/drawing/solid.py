"""Solids made of flat faces in a right-handed world in metres: x to the right, y into the depth, z up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Corner = tuple[float, float]


def cross(a: Points, b: Points) -> Points:
    """The cross product of two vectors `(3,)`; for so few numbers NumPy's own takes far longer."""
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


def polygon_area(points: Points) -> float:
    """Area of a polygon `(n, 2)`."""
    x, y = points[:, 0].tolist(), points[:, 1].tolist()
    return abs(sum(x[i - 1] * y[i] - x[i] * y[i - 1] for i in range(len(x)))) / 2


@dataclass(frozen=True)
class Surface:
    """What is painted on a face: a painter's name, a size in metres, and a number of its own."""

    painter: str
    width: float
    height: float
    number: int = 0


@dataclass(frozen=True)
class Face:
    """A polygon `(n, 2)` (metres right and down on its surface) in the plane `origin + a right + b down`."""

    surface: Surface
    origin: Points
    right: Points
    down: Points
    polygon: Points
    turns: bool = False  # a column: the face turns towards the camera

    @cached_property
    def normal(self) -> Points:
        """Unit vector pointing out of the solid."""
        return cross(self.down, self.right)

    @cached_property
    def area(self) -> float:
        """Square metres."""
        return polygon_area(self.polygon)

    @cached_property
    def corners(self) -> Points:
        """The polygon in the world, `(n, 3)`."""
        return self.origin + self.polygon[:, :1] * self.right + self.polygon[:, 1:] * self.down


def _vector(*values: float) -> Points:
    return np.array(values, float)


def _rectangle(width: float, height: float) -> Points:
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], float)


_DOWN = _vector(0, 0, -1)


def wall(painter: str, start: Corner, end: Corner, low: float, high: float, number: int = 0) -> Face:
    """An upright wall; seen from outside, `start` (x, y) is its left end."""
    span = _vector(end[0] - start[0], end[1] - start[1], 0)
    width = float(np.linalg.norm(span))
    surface = Surface(painter, round(width, 2), round(high - low, 2), number)
    return Face(surface, _vector(*start, high), span / width, _DOWN, _rectangle(width, high - low))


@dataclass(frozen=True)
class Block:
    """An upright box from `left..right`, `front..back`, `low..high`."""

    left: float
    right: float
    front: float
    back: float
    low: float
    high: float

    @property
    def corners(self) -> list[Corner]:
        """Its corners on the ground, anticlockwise from the left of the front."""
        left, right, front, back = self.left, self.right, self.front, self.back
        return [(left, front), (right, front), (right, back), (left, back)]

    def walls(self, front: str, side: str, number: int = 0) -> list[Face]:
        """Its four walls; opposite walls bear different details."""
        start, low, high = self.corners, self.low, self.high
        painters = (front, side, side, side)
        return [wall(painters[i], start[i], start[(i + 1) % 4], low, high, number + i) for i in range(4)]

    def same_walls(self, painter: str, number: int = 0) -> list[Face]:
        """Its four walls, all alike (a tower)."""
        faces = self.walls(painter, painter)
        return [replace(face, surface=replace(face.surface, number=number)) for face in faces]

    def top(self, painter: str = "plain") -> Face:
        """Its upper side, flat."""
        width, depth = self.right - self.left, self.back - self.front
        surface = Surface(painter, width, depth)
        origin = _vector(self.left, self.back, self.high)
        return Face(surface, origin, _vector(1, 0, 0), _vector(0, -1, 0), _rectangle(width, depth))

    def gabled_front(self, painter: str, rise: float) -> Face:
        """Its front wall together with the gable above it."""
        width, height = self.right - self.left, self.high - self.low + rise
        shape = np.array([[width / 2, 0], [width, rise], [width, height], [0, height], [0, rise]])
        origin = _vector(self.left, self.front, self.high + rise)
        return Face(Surface(painter, width, height), origin, _vector(1, 0, 0), _DOWN, shape)

    def hip(
        self, rise: float, overhang: float = 0.5, painter: str = "roof", ridge: float | None = None
    ) -> list[Face]:
        """A hipped roof; `ridge` is the ridge's length along x, 0 for a pyramid."""
        left, right = self.left - overhang, self.right + overhang
        front, back, low = self.front - overhang, self.back + overhang, self.high
        half = (right - left - min(back - front, right - left)) / 2 if ridge is None else ridge / 2
        x, y, top = (left + right) / 2, (front + back) / 2, low + rise
        a, b, c, d = (_vector(*at, low) for at in Block(left, right, front, back, low, low).corners)
        e, f = _vector(x - half, y, top), _vector(x + half, y, top)
        slopes = [(a, b, f, e), (b, c, f, f), (c, d, e, f), (d, a, e, e)]
        return [slope(painter, *corners, number) for number, corners in enumerate(slopes)]

    def gable(self, rise: float, overhang: float = 0.4) -> list[Face]:
        """Two slopes whose ridge runs from front to back."""
        middle, top, low = (self.left + self.right) / 2, self.high + rise, self.high
        front, back = self.front - overhang, self.back + overhang
        drop = overhang * rise / (middle - self.left)
        e, f = _vector(middle, front, top), _vector(middle, back, top)
        left, right = self.left - overhang, self.right + overhang
        a, b, c, d = (_vector(*at, low - drop) for at in Block(left, right, front, back, low, low).corners)
        return [slope("roof", b, c, f, e, 0), slope("roof", d, a, e, f, 1)]


def slope(
    painter: str, low_left: Points, low_right: Points, high_right: Points, high_left: Points, number: int = 0
) -> Face:
    """A four-cornered (or three-cornered) slope, its corners as seen from outside."""
    right = low_right - low_left
    width = float(np.linalg.norm(right))
    right = right / width
    up = (high_left + high_right) / 2 - low_left
    up = up - (up @ right) * right
    height = float(np.linalg.norm(up))
    down = -up / height
    origin = low_left - height * down
    corners = [corner - origin for corner in (high_left, high_right, low_right, low_left)]
    polygon = np.array([[corner @ right, corner @ down] for corner in corners])
    return Face(Surface(painter, round(width, 2), round(height, 2), number), origin, right, down, polygon)


def pediment(
    painter: str, left: float, right: float, front: float, low: float, rise: float, number: int = 0
) -> Face:
    """An upright triangle facing the front."""
    width = right - left
    surface = Surface(painter, width, rise, number)
    triangle = np.array([[width / 2, 0], [width, rise], [0, rise]])
    return Face(surface, _vector(left, front, low + rise), _vector(1, 0, 0), _DOWN, triangle)


def ring(x: float, y: float, radius: float, sides: int) -> Points:
    """Corners `(sides, 2)` of a regular polygon, anticlockwise from above."""
    angle = np.arange(sides) * 2 * np.pi / sides
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], 1)


def drum(
    painter: str, x: float, y: float, radius: float, low: float, high: float, sides: int = 12
) -> list[Face]:
    """A round tower of flat sides, of three kinds by turns."""
    corners = [tuple(corner) for corner in ring(x, y, radius, sides).tolist()]
    return [wall(painter, corners[i], corners[(i + 1) % sides], low, high, 40 + i % 3) for i in range(sides)]


def cone(
    painter: str, x: float, y: float, radius: float, low: float, high: float, sides: int = 12
) -> list[Face]:
    """A pointed roof over a round tower."""
    return _shell(painter, x, y, [(radius, low), (0.0, high)], sides)


def dome(
    painter: str, x: float, y: float, radius: float, low: float, stretch: float = 1.0, sides: int = 14
) -> list[Face]:
    """A dome; `stretch` is its height over its radius."""
    angle = np.linspace(0, np.pi / 2, 6)
    profile = [(radius * float(np.cos(a)), low + radius * stretch * float(np.sin(a))) for a in angle]
    return _shell(painter, x, y, profile, sides)


def onion(painter: str, x: float, y: float, radius: float, low: float, sides: int = 12) -> list[Face]:
    """An onion-shaped cap."""
    shape = ((0.8, 0.0), (1.12, 0.45), (1.1, 0.9), (0.75, 1.4), (0.3, 1.9), (0.08, 2.6), (0.0, 3.2))
    return _shell(painter, x, y, [(radius * r, low + radius * z) for r, z in shape], sides)


def _shell(painter: str, x: float, y: float, profile: list[Corner], sides: int) -> list[Face]:
    faces = []
    for (r0, z0), (r1, z1) in pairwise(profile):
        low, high = ring(x, y, max(r0, 1e-3), sides), ring(x, y, max(r1, 1e-3), sides)
        for i in range(sides):
            j = (i + 1) % sides
            corners = (low[i], z0), (low[j], z0), (high[j], z1), (high[i], z1)
            a, b, c, d = (_vector(*point, z) for point, z in corners)
            faces.append(slope(painter, a, b, c, d))
    return faces


def column(x: float, y: float, radius: float, low: float, high: float) -> Face:
    """A round column; drawn as a shaded strip that turns towards the camera."""
    surface = Surface("shaft", round(2 * radius, 2), round(high - low, 2))
    rectangle = _rectangle(2 * radius, high - low)
    return Face(surface, _vector(x - radius, y, high), _vector(1, 0, 0), _DOWN, rectangle, turns=True)
