"""Propagation of boxes between matched images until they converge, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

NEAR_PX = 1e-3
"""Smallest distance of a box from the median in its weight; a median that moves less has converged."""

MAX_MEDIAN_STEPS = 100

HORIZON = 0.1
"""Smallest depth at which a homography is trusted; the depth of the picture's corner is 1."""


@njit(cache=True, nogil=True)
def geometric_median(
    boxes: NDArray[np.float64], weights: NDArray[np.float64], median: NDArray[np.float64]
) -> None:
    """The point of least weighted sum of distances, by Weiszfeld's iteration from the weighted mean.

    Args:
        boxes: `(k, 4)` float64, at least one.
        weights: `(k,)` float64, positive.
        median: `(4,)` float64, written.
    """
    better = np.zeros(4)
    for median_step in range(1 + MAX_MEDIAN_STEPS):
        # At first every box pulls by its weight alone, which gives the mean.
        begins, total = median_step == 0, 0.0
        better[:] = 0.0
        for i in range(len(boxes)):
            squared = 0.0
            for side in range(4):
                squared += (boxes[i, side] - median[side]) ** 2
            pull = weights[i] if begins else weights[i] / max(np.sqrt(squared), NEAR_PX)
            total += pull
            for side in range(4):
                better[side] += pull * boxes[i, side]
        moved = 0.0
        for side in range(4):
            moved = max(moved, abs(better[side] / total - median[side]))
            median[side] = better[side] / total
        if moved < NEAR_PX and not begins:
            break


@njit(cache=True, nogil=True)
def project_box(
    box: NDArray[np.float64], transform: NDArray[np.float32], projected: NDArray[np.float64]
) -> bool:
    """The axis-aligned box of the projected corners, shrunk about its centre to the projected box's own area.

    Without shrinking, boxes passed back and forth between pictures that are rotated against each other would
    grow each time. Of a homography the affine transform that it is at the box's centre is taken.

    Args:
        box: `(4,)` float64 x1, y1, x2, y2.
        transform: `(3, 3)` float32, affine or a homography whose last entry is 1.
        projected: `(4,)` float64, written.

    Returns:
        Whether the centre lies on this side of the homography's horizon; if not, nothing is written.
    """
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    width, height = abs(box[2] - box[0]) / 2, abs(box[3] - box[1]) / 2
    t, depth = transform, transform[2, 0] * x + transform[2, 1] * y + transform[2, 2]
    if depth < HORIZON:
        return False
    x, y = (t[0, 0] * x + t[0, 1] * y + t[0, 2]) / depth, (t[1, 0] * x + t[1, 1] * y + t[1, 2]) / depth
    a, b = (t[0, 0] - x * t[2, 0]) / depth, (t[0, 1] - x * t[2, 1]) / depth
    c, d = (t[1, 0] - y * t[2, 0]) / depth, (t[1, 1] - y * t[2, 1]) / depth
    wide, high = abs(a) * width + abs(b) * height, abs(c) * width + abs(d) * height
    shrunk = np.sqrt(abs(a * d - b * c) * width * height / (wide * high)) if wide * high > 0 else 1.0
    projected[0], projected[1] = x - shrunk * wide, y - shrunk * high
    projected[2], projected[3] = x + shrunk * wide, y + shrunk * high
    return True


@njit(cache=True, nogil=True)
def first_boxes(
    seen: NDArray[np.float32], weights: NDArray[np.float64], offsets: NDArray[np.int64]
) -> NDArray[np.float64]:
    """For each image the median of the boxes around its points in each of its edges, `(images, 4)` float64.

    Args:
        seen: `(edges, 4)` float32, edges of an image side by side.
        weights: `(edges,)` float64.
        offsets: `(images + 1,)` int64; image `i` owns the edges `offsets[i]:offsets[i + 1]`, at least one.
    """
    boxes = np.zeros((len(offsets) - 1, 4))
    for i in range(len(boxes)):
        own = slice(offsets[i], offsets[i + 1])
        geometric_median(seen[own].astype(np.float64), weights[own], boxes[i])
    return boxes


@njit(cache=True, nogil=True)
def settle(
    boxes: NDArray[np.float64],
    neighbours: NDArray[np.int64],
    transforms: NDArray[np.float32],
    weights: NDArray[np.float64],
    offsets: NDArray[np.int64],
    step: float,
    tolerance: float,
    max_rounds: int,
) -> bool:
    """Move the boxes of the images of one landmark, in place, all at once in each round.

    Args:
        boxes: `(images, 4)` float64.
        neighbours: `(edges,)` int64 rows of `boxes`, edges of an image side by side.
        transforms: `(edges, 3, 3)` float32, from the neighbour's pixels to the image's.
        weights: `(edges,)` float64.
        offsets: as in `first_boxes`.
        step: share of the way to the median that a box goes in a round.
        tolerance: pixels; the boxes have converged, which is returned, when no side moves further.
        max_rounds: it ends after so many as well.
    """
    projected, median = np.empty((np.diff(offsets).max(), 4)), np.zeros(4)
    for _ in range(max_rounds):
        before, moved = boxes.copy(), 0.0
        for i in range(len(boxes)):
            begin, n = offsets[i], offsets[i + 1] - offsets[i]
            for k in range(n):
                if not project_box(before[neighbours[begin + k]], transforms[begin + k], projected[k]):
                    projected[k] = before[i]
            geometric_median(projected[:n], weights[begin : begin + n], median)
            for side in range(4):
                way = step * (median[side] - before[i, side])
                boxes[i, side] += way
                moved = max(moved, abs(way))
        if moved <= tolerance:
            return True
    return False
