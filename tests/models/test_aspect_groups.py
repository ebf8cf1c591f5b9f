from bisect import bisect_right

import numpy as np
import pytest
from pydantic import ValidationError

from landmark_retrieval.models.config import AspectGroups

PAPER = AspectGroups(
    bins=(0.67, 0.77, 1.33, 1.5), sizes=((512, 352), (512, 384), (448, 448), (384, 512), (352, 512))
)


def test_the_paper_s_groups_and_sizes() -> None:
    heights = [600, 670, 700, 770, 800, 1330, 1400, 1500]
    widths = [1000, 1000, 1000, 1000, 800, 1000, 1000, 1000]
    groups = PAPER.group_of(widths, heights)
    assert groups.tolist() == [0, 1, 1, 2, 2, 3, 3, 4]
    assert [PAPER.sizes[g] for g in groups] == [
        (512, 352),
        (512, 384),
        (512, 384),
        (448, 448),
        (448, 448),
        (384, 512),
        (384, 512),
        (352, 512),
    ]


def test_agrees_with_bisection_one_by_one() -> None:
    rng = np.random.default_rng(1)
    widths, heights = rng.integers(1, 4000, (2, 500))
    expected = [bisect_right(PAPER.bins, h / w) for w, h in zip(widths, heights, strict=True)]
    assert PAPER.group_of(widths, heights).tolist() == expected


@pytest.mark.parametrize(
    ("bins", "sizes", "complaint"),
    [
        ([1.0, 0.5], [[1, 1]] * 3, "ascend"),
        ([1.0], [[1, 1]] * 3, "1 bins make 2 groups, not 3"),
        ([0.0], [[1, 1]] * 2, "greater than 0"),
        ([1.0], [[1, 1], [0, 1]], "greater than 0"),
    ],
)
def test_refuses_what_does_not_fit(bins: list, sizes: list, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        AspectGroups(bins=bins, sizes=sizes)
