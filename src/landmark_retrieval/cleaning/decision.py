"""Result of a cleaning method: keep flag and reason per image."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Decision(NamedTuple):
    """Result for the images of a manifest, in its order: `(n,)` bool, and `(n,)` texts."""

    keep: NDArray[np.bool_]
    reasons: pd.api.extensions.ExtensionArray


def format_reasons(
    numbers: NDArray[np.int64], reason: Callable[..., str]
) -> pd.api.extensions.ExtensionArray:
    """A text for each row of `numbers` `(n, k)`, none negative; each distinct row is formatted once."""
    keys = np.zeros(len(numbers), np.int64)
    for column in numbers.T:
        keys = keys * (int(column.max(initial=0)) + 1) + column
    _, one_of_each, which = np.unique(keys, return_index=True, return_inverse=True)
    texts = [reason(*row) for row in numbers[one_of_each].tolist()]
    return pd.array(texts, dtype="str").take(which)


def images(n: int, of_what_kind: str = "") -> str:
    """A number of images in words."""
    return f"{n} {of_what_kind}image{'s' if n != 1 else ''}"
