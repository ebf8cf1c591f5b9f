"""Bounding boxes of the landmark, from matches without annotation (Gordo et al.)."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field
from tqdm import tqdm

from landmark_retrieval.cleaning.verified_counts import counting_pairs, landmark_codes
from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import checked_manifest
from landmark_retrieval.tables import Boxes, column_types
from landmark_retrieval.tables.sources import BOX
from landmark_retrieval.verification.evidence import POINT_STEPS, Evidence
from landmark_retrieval.verification.false_verifications import ThresholdSettings

logger = logging.getLogger(__name__)

MIN_AREA_CHANGE = 1e-4
"""A transform that changes areas by less than this, or its inverse, maps a picture onto a line."""


class BoxSettings(ThresholdSettings):
    """How boxes are estimated."""

    step: float = Field(
        gt=0, le=1, description="share of the way to its neighbours' median a box goes a round"
    )
    tolerance_px: float = Field(gt=0, description="pixels; no side moving further in a round ends it")
    max_rounds: int = Field(gt=0, description="rounds after which a landmark's boxes are taken as they are")


class _Edges(NamedTuple):
    """Verified pairs, each way round, by image, then by neighbour.

    Attributes:
        image: `(e,)` int64 row of the manifest.
        neighbour: `(e,)` int64 row of the manifest.
        transform: `(e, 3, 3)` float32, from the neighbour's pixels to the image's; its last entry is 1.
        seen: `(e, 4)` float32 box around the matched points in the image.
        weight: `(e,)` float64 inliers.
    """

    image: NDArray[np.int64]
    neighbour: NDArray[np.int64]
    transform: NDArray[np.float32]
    seen: NDArray[np.float32]
    weight: NDArray[np.float64]


def estimate_boxes(
    evidence: Evidence, manifest: pd.DataFrame, scales: NDArray[np.float64], settings: BoxSettings
) -> pd.DataFrame:
    """Box of the landmark in each image that is verified by another.

    Boxes begin as the geometric median of the boxes around an image's matched points, one for each verified
    pair. Then each moves, round by round, a step towards the geometric median of its neighbours' boxes,
    projected by the pairs' transforms, weighted by inliers, until none of the landmark's boxes moves.

    Args:
        evidence: pairs of images of the manifest.
        manifest: `tables.Manifest`; pairs of one landmark that it keeps count.
        scales: `(n,)` float64 pixels of the picture in one of the evidence (where features were found in a
            shrunk picture), in the manifest's order.
        settings: threshold, step and end.

    Returns:
        `tables.Boxes`, by `image_id`: the box in pixels of the picture, clipped to it; how many images it was
        estimated from; whether the landmark's boxes converged. Images without verified pair, or whose box
        leaves the picture, have no row.

    Raises:
        DataError: not a positive scale for each image; or see `counting_pairs`.
    """
    started = perf_counter()
    if scales.shape != (len(manifest),) or not (scales > 0).all():
        raise DataError(f"scales: expected {len(manifest)} positive numbers, found {scales.shape}")
    # By landmark and image, so that the order of the manifest's rows changes no sum.
    source = checked_manifest(manifest).assign(scale=scales)
    source = source.sort_values(["landmark_id", "image_id"], ignore_index=True)
    edges = _edges(evidence, source, settings.needed_inliers)
    rows, counts = np.unique(edges.image, return_counts=True)
    boxes, converged = _settled(edges, rows, counts, landmark_codes(source)[rows], settings)
    logger.info("%d boxes from %d edges in %.1f s", len(rows), len(edges.image), perf_counter() - started)
    return _table(source.iloc[rows], boxes, counts, converged)


def picture_scales(manifest: pd.DataFrame, max_side: int) -> NDArray[np.float64]:
    """Pixels of each picture in one of its copy with the longer side shrunk to `max_side`, `(n,)` float64."""
    longer = manifest[["width", "height"]].to_numpy(np.float64).max(axis=1)
    return np.maximum(longer / max_side, 1.0)


def _settled(
    edges: _Edges,
    rows: NDArray[np.int64],
    counts: NDArray[np.int64],
    landmarks: NDArray[np.int64],
    settings: BoxSettings,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Final boxes in the evidence's pixels, `(images, 4)`, and whether they converged, `(images,)`."""
    from landmark_retrieval.cleaning.box_kernels import first_boxes, settle

    offsets = np.append(0, counts.cumsum())
    neighbour = np.searchsorted(rows, edges.neighbour)
    boxes = first_boxes(edges.seen, edges.weight, offsets)
    converged = np.zeros(len(rows), dtype=bool)
    begins = np.flatnonzero(np.diff(landmarks, prepend=-1))
    ends = np.append(begins, len(rows))[1:]
    spans = zip(begins.tolist(), ends.tolist(), strict=True)
    for begin, end in tqdm(spans, desc="boxes", unit="landmark", total=len(begins), mininterval=1):
        own = slice(offsets[begin], offsets[end])
        converged[begin:end] = settle(
            boxes[begin:end], neighbour[own] - begin, edges.transform[own], edges.weight[own],
            offsets[begin : end + 1] - offsets[begin],
            settings.step, settings.tolerance_px, settings.max_rounds,
        )  # fmt: skip
    return boxes, converged


def _edges(evidence: Evidence, manifest: pd.DataFrame, min_inliers: int) -> _Edges:
    none = np.zeros(0, np.int64)
    parts = [_Edges(none, none, np.zeros((0, 3, 3), np.float32), np.zeros((0, 4), np.float32), np.zeros(0))]
    for pairs in counting_pairs(evidence, manifest):
        chosen = np.flatnonzero(pairs.inliers >= min_inliers)
        forth = evidence.transforms[pairs.rows[chosen]]
        chosen, forth, back = _invertible(chosen, forth)
        first, second, seen = pairs.first[chosen], pairs.second[chosen], _seen(evidence, pairs.rows[chosen])
        weight = pairs.inliers[chosen].astype(np.float64)
        parts.append(_Edges(first, second, back, seen[:, :4], weight))
        parts.append(_Edges(second, first, forth, seen[:, 4:], weight))
    joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((joined[1], joined[0]))
    return _Edges(*(column[order] for column in joined))


def _invertible(
    rows: NDArray[np.int64], transforms: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Rows whose transforms are invertible, these transforms, and their inverses."""
    change = np.abs(np.linalg.det(transforms.astype(np.float64)))
    usable = (change > MIN_AREA_CHANGE) & (change < 1 / MIN_AREA_CHANGE)
    inverse = np.linalg.inv(transforms[usable].astype(np.float64))
    # The corner of the second picture may lie behind the first's horizon.
    before = inverse[:, 2, 2] > MIN_AREA_CHANGE
    inverse = inverse[before] / inverse[before, 2:, 2:]
    return rows[usable][before], transforms[usable][before], inverse.astype(np.float32)


def _seen(evidence: Evidence, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Boxes around the matched points of pairs in both of their images, `(p, 8)` float32 pixels.

    `rows` `(p,)` ascend, and each pair has at least one point.
    """
    if not len(rows):
        return np.zeros((0, 8), np.float32)
    begins, ends = evidence.offsets[rows], evidence.offsets[rows + 1]
    points = evidence.matched[begins[0] : ends[-1]]
    # Every second span is a pair's own; those between belong to pairs that do not count.
    bounds = np.stack([begins, ends], axis=1).ravel()[:-1] - begins[0]
    low, high = (extreme.reduceat(points, bounds)[::2] for extreme in (np.minimum, np.maximum))
    boxes = np.concatenate([low[:, :2], high[:, :2], low[:, 2:], high[:, 2:]], axis=1)
    return (boxes / POINT_STEPS).astype(np.float32)


def _table(
    images: pd.DataFrame, boxes: NDArray[np.float64], counts: NDArray[np.int64], converged: NDArray[np.bool_]
) -> pd.DataFrame:
    """The boxes in pixels of the pictures, by `image_id`."""
    sides = images[["width", "height"]].to_numpy(np.float64)
    inside = np.clip(boxes * images["scale"].to_numpy()[:, None], 0, np.tile(sides, 2))
    table = pd.DataFrame(inside, columns=BOX)
    table["image_id"] = images["image_id"].array
    table["images"], table["converged"] = counts, converged
    seen = table[(table["x1"] < table["x2"]) & (table["y1"] < table["y2"])]
    return seen.sort_values("image_id", ignore_index=True)[list(column_types(Boxes))]
