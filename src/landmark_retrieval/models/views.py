"""Views: the box of each photograph that is embedded, and its size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.config import EmbeddingSettings
from landmark_retrieval.tables.sources import BOX


@dataclass(frozen=True)
class View:
    """A photograph, the box of it that is seen, and the size in pixels that the box is resized to.

    Attributes:
        path: of the file.
        box: left, top, right, bottom in pixels of the file.
        size: (width, height) after resizing.
    """

    path: str
    box: tuple[int, int, int, int]
    size: tuple[int, int]

    def crop(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The box of the photograph `(height, width, 3)`; `DataError` if the photograph is too small."""
        left, top, right, bottom = self.box
        if bottom > pixels.shape[0] or right > pixels.shape[1]:
            raise DataError(
                f"{self.path} has {pixels.shape[1]} x {pixels.shape[0]} pixels: {self.box} is outside"
            )
        return pixels[top:bottom, left:right]


def views_of(table: pd.DataFrame, settings: EmbeddingSettings) -> list[View]:
    """The view of each row of a table with `path`, `width` and `height`.

    Where the table also has a box `x1`, `y1`, `x2`, `y2` that is not NaN, in pixels of the file, only the box
    is seen, at the scale of the whole photograph.

    Raises:
        DataError: a column is missing, or a box holds no pixel of its photograph or is incomplete.
    """
    missing = {"path", "width", "height"} - set(table.columns)
    if missing:
        raise DataError(f"photographs lack {', '.join(sorted(missing))}")
    has_boxes = set(BOX) <= set(table.columns)
    boxes = table[BOX].to_numpy(np.float64) if has_boxes else np.full((len(table), 4), np.nan)
    sides = table[["width", "height"]].to_numpy(np.int64)
    return [
        View(path, box := box_of(path, numbers, whole), _size(box, whole, settings))
        for path, numbers, whole in zip(table["path"].tolist(), boxes.tolist(), sides.tolist(), strict=True)
    ]


def box_of(path: str, numbers: list[float], whole: list[int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in whole pixels, of the photograph for NaN; `DataError` as in `views_of`."""
    given = np.isfinite(numbers)
    if not given.any():
        return 0, 0, whole[0], whole[1]
    if not given.all():
        raise DataError(f"{path}: the box {numbers} is not complete")
    left, top = (max(0, round(number)) for number in numbers[:2])
    right, bottom = (min(side, round(number)) for side, number in zip(whole, numbers[2:], strict=True))
    if left >= right or top >= bottom:
        raise DataError(f"{path}: the box {numbers} holds no pixel of {whole[0]} x {whole[1]}")
    return left, top, right, bottom


def _size(box: tuple[int, int, int, int], whole: list[int], settings: EmbeddingSettings) -> tuple[int, int]:
    """Size of the box at the scale of the whole photograph (protocol of revisited Oxford and Paris)."""
    sides = (box[2] - box[0], box[3] - box[1])
    if settings.aspect_groups is not None:
        groups = settings.aspect_groups
        full = groups.sizes[int(groups.group_of(*sides))]
        factor = max(sides) / max(whole)
    else:
        full, factor = sides, min(1.0, (settings.max_side or 0) / max(whole))
    return max(1, round(full[0] * factor)), max(1, round(full[1] * factor))


def batches_of_one_size(views: list[View], batch_size: int, shard: int) -> list[NDArray[np.int64]]:
    """Rows of one size, at most a batch of them, all from the same shard."""
    by_size: dict[tuple[int, tuple[int, int]], list[int]] = {}
    for row, view in enumerate(views):
        by_size.setdefault((row // shard, view.size), []).append(row)
    return [
        np.asarray(rows[i : i + batch_size])
        for rows in by_size.values()
        for i in range(0, len(rows), batch_size)
    ]
