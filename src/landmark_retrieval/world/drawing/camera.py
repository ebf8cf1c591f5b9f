"""A pinhole camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.world.drawing.solid import Points

NEAR = 0.4  # metres; what is nearer is cut away


@dataclass(frozen=True)
class Camera:
    """Position in the world, axes (rows: right, down, forward), focal length and picture size in pixels."""

    position: Points
    axes: Points
    focal: float
    width: int
    height: int

    @property
    def intrinsics(self) -> Points:
        """Camera coordinates to homogeneous pixels, `(3, 3)`."""
        return np.array([[self.focal, 0, self.width / 2], [0, self.focal, self.height / 2], [0, 0, 1]])

    def local(self, points: Points) -> Points:
        """World points `(n, 3)` in camera coordinates: right, down, forward."""
        return (points - self.position) @ self.axes.T

    def pixels(self, local: Points) -> Points:
        """Camera coordinates `(n, 3)`, all in front, as pixels `(n, 2)`."""
        centre = np.array([self.width / 2, self.height / 2])
        return local[:, :2] / local[:, 2:] * self.focal + centre


def look_at(position: Points, target: Points, roll: float, focal: float, size: tuple[int, int]) -> Camera:
    """A camera at `position` facing `target`, turned by `roll` radians; `size` is (width, height)."""
    forward = target - position
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right = right / np.linalg.norm(right)
    down = np.cross(forward, right)
    turned = np.cos(roll) * right + np.sin(roll) * down, np.cos(roll) * down - np.sin(roll) * right
    return Camera(position, np.stack([*turned, forward]), focal, *size)


def in_front(local: Points) -> Points:
    """The part of a polygon `(n, 3)` in camera coordinates that lies before the near plane; may be empty."""
    depth = local[:, 2]
    if depth.min() >= NEAR:
        return local
    kept = []
    for here, there in zip(local, np.roll(local, -1, axis=0), strict=True):
        if here[2] >= NEAR:
            kept.append(here)
        if (here[2] >= NEAR) != (there[2] >= NEAR):
            kept.append(here + (there - here) * (NEAR - here[2]) / (there[2] - here[2]))
    return np.array(kept).reshape(-1, 3)


def bounding_box(camera: Camera, corners: list[Points]) -> NDArray[np.float64]:
    """The box `x1, y1, x2, y2` in pixels around what is seen of polygons in the world, cut to the picture."""
    seen = [in_front(camera.local(polygon)) for polygon in corners]
    points = np.concatenate([camera.pixels(part) for part in seen if len(part)] or [np.zeros((1, 2))])
    limits = np.array([camera.width, camera.height], float)
    return np.concatenate([points.min(axis=0).clip(0, limits), points.max(axis=0).clip(0, limits)])
