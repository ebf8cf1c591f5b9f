"""What a way of cleaning says of every image: it may stay or not, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Judgement(NamedTuple):
    """Of the images of a manifest, in its order.

    Attributes:
        stays: `(n,)` bool.
        reasons: `(n,)` texts.
    """

    stays: NDArray[np.bool_]
    reasons: pd.api.extensions.ExtensionArray


def worded(numbers: NDArray[np.int64], word: Callable[..., str]) -> pd.api.extensions.ExtensionArray:
    """A text for each row of numbers; each different row is put into words once.

    Args:
        numbers: `(n, k)` int64, none negative.
        word: text from `k` numbers.
    """
    keys = np.zeros(len(numbers), np.int64)
    for column in numbers.T:
        keys = keys * (int(column.max(initial=0)) + 1) + column
    _, one_of_each, which = np.unique(keys, return_index=True, return_inverse=True)
    texts = [word(*row) for row in numbers[one_of_each].tolist()]
    return pd.array(texts, dtype="str").take(which)


def images(n: int, of_what_kind: str = "") -> str:
    """A number of images in words."""
    return f"{n} {of_what_kind}image{'s' if n != 1 else ''}"
