"""Depth-buffered picture on which painted faces and figures are drawn."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.world.drawing.camera import Camera, in_front
from landmark_retrieval.world.drawing.figure import Figure
from landmark_retrieval.world.drawing.sheet import Image
from landmark_retrieval.world.drawing.solid import Face, Points, polygon_area

Roi = tuple[slice, slice]


class Canvas:
    """RGB picture `(height, width, 3)` uint8 over inverse depths `(height, width)` float32, 0 at infinity."""

    def __init__(self, camera: Camera, background: Image) -> None:
        self.camera = camera
        self.image = background
        self.nearness = np.zeros(background.shape[:2], np.float32)

    def _window(self, points: Points) -> Roi | None:
        """Rows and columns that hold `points` `(n, 2)`, or nothing."""
        low = np.maximum(np.floor(points.min(axis=0)), 0)
        high = np.minimum(np.ceil(points.max(axis=0)) + 1, [self.camera.width, self.camera.height])
        if (high - low < 1).any():
            return None
        return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))

    def face(self, face: Face, levels: Callable[[], list[Image]], light: NDArray[np.float64]) -> None:
        """Draw a face in `light` (factors of red, green, blue).

        `levels` gives its painting at full size, half size, …; it is called only if some of it is seen.
        """
        if face.turns:
            face = _turned(face, self.camera.position)
        corners = in_front(self.camera.local(face.corners))
        if len(corners) < 3:
            return
        outline = self.camera.pixels(corners)
        window = self._window(outline)
        if window is None:
            return
        rows, columns = window
        corner = np.array([columns.start, rows.start], float)
        size = columns.stop - columns.start, rows.stop - rows.start
        mask = np.zeros(size[::-1], np.uint8)
        fixed = np.rint(np.clip(outline - corner - 0.5, -30000, 30000) * 16).astype(np.int32)
        cv2.fillConvexPoly(mask, fixed, 255, cv2.LINE_8, 4)
        near = self._plane_nearness(face, window)
        depths = self.nearness[window]
        mask &= (near > depths).view(np.uint8) * np.uint8(255)
        if not mask.any():
            return
        picture, scale = _level(face, levels(), outline)
        mapping = self._homography(face, scale, corner)
        flags, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
        seen = cv2.warpPerspective(picture, mapping, size, flags=flags, borderMode=border)
        cv2.copyTo(cv2.transform(seen, np.diag(light)), mask, self.image[window])
        cv2.copyTo(near, mask, depths)

    def _homography(self, face: Face, scale: Points, corner: Points) -> Points:
        """Painting pixels to picture pixels relative to `corner`."""
        right, down = face.right / scale[0], face.down / scale[1]
        # OpenCV counts from the middle of the first pixel, on either side
        axes = np.stack([right, down, face.origin + (right + down) / 2 - self.camera.position], 1)
        shift = np.array([[1, 0, -corner[0] - 0.5], [0, 1, -corner[1] - 0.5], [0, 0, 1.0]])
        return shift @ self.camera.intrinsics @ self.camera.axes @ axes

    def _plane_nearness(self, face: Face, window: Roi) -> NDArray[np.float32]:
        """Inverse depth of the face's plane, which is linear in the picture."""
        normal = self.camera.axes @ face.normal
        offset = float(normal @ (self.camera.axes @ (face.origin - self.camera.position)))
        offset = offset if abs(offset) > 1e-9 else 1e-9
        rows, columns = window
        x = (np.arange(columns.start, columns.stop) + 0.5 - self.camera.width / 2) / self.camera.focal
        y = (np.arange(rows.start, rows.stop) + 0.5 - self.camera.height / 2) / self.camera.focal
        across = (x * (normal[0] / offset)).astype(np.float32)
        along = ((y * normal[1] + normal[2]) / offset).astype(np.float32)
        return across[None, :] + along[:, None]

    def figure(self, figure: Figure, foot: Points, light: NDArray[np.float64]) -> None:
        """Stand a flat figure upright at the world point `foot`, facing the camera."""
        local = self.camera.local(foot[None])
        if local[0, 2] < 1.0:
            return
        pixel = self.camera.pixels(local)[0]
        tall = figure.height * self.camera.focal / local[0, 2]
        wide = tall * figure.picture.shape[1] / figure.picture.shape[0]
        if tall < 3 or tall > 4 * self.camera.height:
            return
        size = max(1, round(wide)), max(1, round(tall))
        left, top = round(pixel[0] - wide / 2), round(pixel[1] - tall)
        window = self._window(np.array([[left, top], [left + size[0] - 1, top + size[1] - 1]], float))
        if window is None:
            return
        rows, columns = window
        inner = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
        shrunk = cv2.resize(figure.picture, size, interpolation=cv2.INTER_AREA)[inner]
        cover = cv2.resize(figure.alpha, size, interpolation=cv2.INTER_AREA)[inner] > 110
        cover &= self.nearness[window] < 1 / local[0, 2]
        mask = cover.view(np.uint8)
        cv2.copyTo(cv2.transform(np.ascontiguousarray(shrunk), np.diag(light)), mask, self.image[window])
        self.nearness[window][cover] = 1 / local[0, 2]


def _turned(face: Face, position: Points) -> Face:
    """A column's strip, turned about its axis towards the camera."""
    axis = face.origin + face.right * face.surface.width / 2
    away = axis[:2] - position[:2]
    away = away / (np.linalg.norm(away) + 1e-9)
    right = np.array([away[1], -away[0], 0.0])
    return Face(face.surface, axis - right * face.surface.width / 2, right, face.down, face.polygon)


def _level(face: Face, levels: list[Image], outline: Points) -> tuple[Image, Points]:
    """The painting with pixels about as large as the picture's, and its pixels per metre (across, down)."""
    full = levels[0].shape[0] * levels[0].shape[1] / (face.surface.width * face.surface.height)
    ratio = full * face.area / max(polygon_area(outline), 1.0)
    picture = levels[int(np.clip(np.log2(max(ratio, 1.0)) / 2, 0, len(levels) - 1))]
    return picture, np.array([picture.shape[1] / face.surface.width, picture.shape[0] / face.surface.height])
