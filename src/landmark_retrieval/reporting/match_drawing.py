"""Two photographs side by side, with the matches that agree on one transform drawn from one to the other."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.reporting.colours import BLUE, GREEN
from landmark_retrieval.reporting.thumbnails import Box

logger = logging.getLogger(__name__)

GAP = 6
"""Pixels between the two photographs."""

_DARK = (16, 20, 26)
"""Outline of everything that is drawn, so that it stands out from any photograph; also the background."""

_STEPS = 4
"""OpenCV draws at fractions of a pixel, given in powers of two."""


@dataclass(frozen=True, eq=False)
class MatchedPicture:
    """One of the two photographs.

    Attributes:
        pixels: `(height, width, 3)` uint8 RGB.
        scale: pixels of the picture that the points were found in, per pixel of this one.
        box: drawn in blue, in pixels of this picture; NaN or None for none.
    """

    pixels: NDArray[np.uint8]
    scale: float
    box: Box | None = None


def extraction_scale(pixels: NDArray[np.uint8], max_side: int) -> float:
    """How much smaller a picture `(height, width, 3)` was when its local features were found."""
    return min(1.0, max_side / max(pixels.shape[:2]))


def read_matched(files: FileTree, path: str, max_side: int, box: Box | None = None) -> MatchedPicture | None:
    """A photograph for a drawing, None with a line in the log if it cannot be read.

    `max_side` is in pixels, of the extractor that found the points; `box` is to be drawn into the photograph.
    """
    try:
        pixels = read_rgb(files, path)
    except DataError as error:
        logger.warning("no match drawing: %s", error)
        return None
    return MatchedPicture(pixels, extraction_scale(pixels, max_side), box)


def draw_matches(
    first: MatchedPicture, second: MatchedPicture, points: NDArray[np.float32], height: int, lines: int
) -> NDArray[np.uint8]:
    """Both photographs next to each other, every inlier as a pair of green dots, some joined by lines.

    A photograph more than twice as wide as high is fitted to twice the height instead.

    Args:
        first: the left one.
        second: the right one.
        points: `(k, 4)` float32 x, y in the first and x, y in the second, in the pixels they were found in.
        height: of the drawing, in pixels; it is `(height, width, 3)` uint8 RGB.
        lines: drawn at most; which ones depends only on where the points are, see `choose_lines`.
    """
    points = points[_top_to_bottom(points)]
    left, right = (_Tile.fit(picture, height) for picture in (first, second))
    canvas = np.full((height, left.width + GAP + right.width, 3), _DARK, np.uint8)
    starts = left.drawn(points[:, :2], 0, height)
    ends = right.drawn(points[:, 2:], left.width + GAP, height)
    for tile, x in ((left, 0), (right, left.width + GAP)):
        tile.paste(canvas, x)
    thickness = max(1, round(height / 240))
    chosen = choose_lines(points, lines)
    _draw_lines(canvas, starts[chosen], ends[chosen], thickness)
    _draw_dots(canvas, np.concatenate([starts, ends]), thickness)
    return canvas


def choose_lines(points: NDArray[np.float32], lines: int) -> NDArray[np.int64]:
    """At most `lines` rows of the points `(k, 4)`, spread evenly over them from top to bottom of the first.

    Which points are chosen does not depend on their order.
    """
    order = _top_to_bottom(points)
    if len(order) <= lines:
        return order
    return order[np.linspace(0, len(order) - 1, lines).round().astype(np.int64)]


def _top_to_bottom(points: NDArray[np.float32]) -> NDArray[np.int64]:
    """Rows of the points `(k, 4)` by y, then x in the first, then y, then x in the second picture."""
    return np.lexsort(points.T[[2, 3, 0, 1]])


@dataclass(frozen=True, eq=False)
class _Tile:
    """A photograph at the size it is drawn at; `ratio` is pixels drawn per pixel of the photograph."""

    pixels: NDArray[np.uint8]
    ratio: float
    picture: MatchedPicture

    @classmethod
    def fit(cls, picture: MatchedPicture, height: int) -> _Tile:
        import cv2

        h, w = picture.pixels.shape[:2]
        ratio = min(height / h, 2 * height / w)
        size = (max(1, round(w * ratio)), max(1, min(height, round(h * ratio))))
        method = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
        resized = np.asarray(cv2.resize(picture.pixels, size, interpolation=method), dtype=np.uint8)
        return cls(resized, ratio, picture)

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    def top(self, height: int) -> int:
        """Where the photograph begins in a drawing of some height; wide ones are centred."""
        return (height - self.pixels.shape[0]) // 2

    def paste(self, canvas: NDArray[np.uint8], x: int) -> None:
        y = self.top(len(canvas))
        canvas[y : y + len(self.pixels), x : x + self.width] = self.pixels
        box = self.picture.box
        if box is None or not np.isfinite(box).all():
            return
        import cv2

        limit = np.array([self.width, len(self.pixels)] * 2) - 2
        x1, y1, x2, y2 = np.clip(np.round(np.array(box) * self.ratio), 1, limit).astype(int).tolist()
        for colour, thickness in ((_DARK, 4), (_rgb(BLUE), 2)):
            cv2.rectangle(canvas, (x + x1, y + y1), (x + x2, y + y2), colour, thickness, cv2.LINE_AA)

    def drawn(self, found: NDArray[np.float32], x: int, height: int) -> NDArray[np.float64]:
        """Points `(k, 2)` in the pixels they were found in -> pixels of the drawing.

        The middle of the first pixel is 0, as OpenCV's keypoints have it.
        """
        centres = found.astype(np.float64) + 0.5
        return centres * (self.ratio / self.picture.scale) - 0.5 + np.array([x, self.top(height)], np.float64)


def _draw_lines(
    canvas: NDArray[np.uint8], starts: NDArray[np.float64], ends: NDArray[np.float64], thickness: int
) -> None:
    """Translucent outlines below all lines: the photographs are still to be seen between many of them."""
    import cv2

    corners = list(zip(_fixed(starts), _fixed(ends), strict=True))
    outlined = canvas.copy()
    for start, end in corners:
        cv2.line(outlined, start, end, _DARK, thickness + 2, cv2.LINE_AA, _STEPS)
    cv2.addWeighted(outlined, 0.6, canvas, 0.4, 0, canvas)
    for start, end in corners:
        cv2.line(canvas, start, end, _rgb(GREEN), thickness, cv2.LINE_AA, _STEPS)


def _draw_dots(canvas: NDArray[np.uint8], places: NDArray[np.float64], thickness: int) -> None:
    """Each dot with its own outline, so that dots in a crowd can be counted."""
    import cv2

    for place in _fixed(places):
        for colour, radius in ((_DARK, thickness + 1.8), (_rgb(GREEN), thickness + 1.0)):
            cv2.circle(canvas, place, round(radius * 2**_STEPS), colour, cv2.FILLED, cv2.LINE_AA, _STEPS)


def _fixed(places: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pixels as the whole numbers OpenCV takes."""
    steps = np.round(places * 2**_STEPS).astype(int).tolist()
    return [(x, y) for x, y in steps]


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
