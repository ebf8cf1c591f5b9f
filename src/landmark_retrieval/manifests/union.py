"""Unions of training sets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import checked_manifest


def unite(manifests: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The manifest of the images of several manifests, in their order.

    Sources number their landmarks independently. The landmark ids of the first source stay as they are; those
    of each further source are shifted beyond all ids before them. An image that several manifests of one
    source hold is kept if one of them keeps it.

    Raises:
        DataError: an image has two landmarks within a source, or two sources share an image id.
    """
    tables = [checked_manifest(manifest) for manifest in manifests]
    table = pd.concat(tables, ignore_index=True)
    versions = table.groupby("source")["source_version"].nunique()
    if (versions > 1).any():
        raise DataError(
            f"source {versions.idxmax()!r} has changed between the manifests: rebuild the older one"
        )
    _refuse_conflicts(table)
    table = table.sort_values("kept", ascending=False, kind="stable").drop_duplicates("image_id").sort_index()
    offset, shifted = 0, []
    for _, part in table.groupby("source", sort=False):
        ids = part["landmark_id"] + offset
        shifted.append(ids)
        offset = max(offset, int(ids.max()) + 1)
    return table.assign(landmark_id=pd.concat(shifted)).reset_index(drop=True)


def _refuse_conflicts(table: pd.DataFrame) -> None:
    images = table.groupby("image_id")
    for column, what in (("source", "sources"), ("landmark_id", "landmarks")):
        counts = images[column].nunique()
        if (counts > 1).any():
            image_id = counts.index[int(np.argmax(counts > 1))]
            found = ", ".join(map(str, images.get_group(image_id)[column].unique()))
            raise DataError(f"image {image_id!r} is in several {what} of the union: {found}")
