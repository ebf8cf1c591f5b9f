"""Aspect-ratio groups: the few shapes that photographs are resized to, so that little is distorted."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from landmark_retrieval.configuration import Settings

Side = Annotated[int, Field(gt=0)]


class AspectGroups(Settings):
    """Bins of the ratio height / width and the size of each group (two-stage paper §5.1).

    Attributes:
        bins: ascending ratios; a ratio equal to a bin belongs to the upper group.
        sizes: `(width, height)` in pixels of each group, one more than bins.
    """

    bins: tuple[Annotated[float, Field(gt=0)], ...]
    sizes: tuple[tuple[Side, Side], ...]

    @model_validator(mode="after")
    def _fit_together(self) -> AspectGroups:
        if any(low >= high for low, high in pairwise(self.bins)):
            raise ValueError(f"bins must ascend: {self.bins}")
        if len(self.sizes) != len(self.bins) + 1:
            raise ValueError(f"{len(self.bins)} bins make {len(self.bins) + 1} groups, not {len(self.sizes)}")
        return self

    def group_of(self, widths: ArrayLike, heights: ArrayLike) -> NDArray[np.int64]:
        """Group of each picture, `(n,)` int64, from its sides in pixels."""
        ratios = np.asarray(heights, dtype=np.float64) / np.asarray(widths, dtype=np.float64)
        return np.searchsorted(np.asarray(self.bins), ratios, side="right").astype(np.int64)
