"""Label noise planted in a training set, to measure what cleaning makes of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.difference import manifest_difference
from landmark_retrieval.manifests.manifest import checked_manifest

PLANTED = "planted label"
"""Kind of fault of an image whose label was replaced."""


class LabelNoiseSettings(Settings):
    """How many labels are replaced."""

    share: float = Field(ge=0, le=1, description="of the kept images, those that get another label")
    seed: int = Field(ge=0, description="of the draw; a larger share replaces the same labels and more")


def plant_label_noise(manifest: pd.DataFrame, settings: LabelNoiseSettings) -> pd.DataFrame:
    """The manifest in which a drawn share of the kept images bears the label of another landmark.

    The model is symmetric noise in proportion to frequency (Wei et al.: Robust Long-Tailed Learning under
    Label Noise, 2021, §3): of `N` images, one of landmark `i` gets the label `j ≠ i` with probability
    `share · N_j / (N − N_i)`. So landmarks keep about their sizes, and labels of small landmarks are wrong
    about as often as those of large ones; if all landmarks were as likely, most labels of small ones would
    be wrong. Which images are drawn, and their labels, depend on the ids and landmarks of the kept images
    and on the seed, not on the order of the rows.

    A new label has the reason "planted label: shows landmark <id>". The truth is the manifest from which
    this one is made (`planted_faults`).

    Raises:
        DataError: the table is no manifest, or keeps images of fewer than two landmarks.
    """
    table = checked_manifest(manifest).copy()
    rows = np.flatnonzero(table["kept"])
    rows = rows[np.argsort(table["image_id"].to_numpy(str)[rows])]
    landmarks = table["landmark_id"].to_numpy()[rows]
    rng = np.random.default_rng(settings.seed)
    drawn = rng.permutation(len(rows))[: round(settings.share * len(rows))]
    labels = _labels_of_others(landmarks, rng)[drawn]
    texts = [f"{PLANTED}: shows landmark {landmark}" for landmark in landmarks[drawn].tolist()]
    table.loc[rows[drawn], "landmark_id"] = labels
    table.loc[rows[drawn], "reason"] = pd.array(texts, dtype="str")
    table.loc[rows[drawn], "evidence"] = ""
    return table


def planted_faults(clean: pd.DataFrame, noisy: pd.DataFrame) -> pd.DataFrame:
    """The images whose label differs between a manifest and the one with noise: `image_id`, `fault`."""
    changes = manifest_difference(clean, noisy)
    planted = changes.loc[changes["change"] == "relabelled", ["image_id"]]
    return planted.assign(fault=pd.Series(PLANTED, planted.index, dtype="str")).reset_index(drop=True)


def _labels_of_others(landmarks: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """For each image the landmark of a drawn image among those of other landmarks, `(n,)` int64."""
    ordered = np.sort(landmarks)
    start, stop = (np.searchsorted(ordered, landmarks, side=side) for side in ("left", "right"))
    others = len(ordered) - (stop - start)
    if len(ordered) and not others.all():
        raise DataError(f"label noise: expected two landmarks or more, found {ordered[0]} alone")
    place = rng.integers(others)
    return ordered[np.where(place < start, place, place + (stop - start))]
