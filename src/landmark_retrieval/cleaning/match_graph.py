"""Cleaning by connected components of the match graph (Gordo et al., End-to-end Learning)."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.cleaning.decision import Decision, format_reasons, images
from landmark_retrieval.cleaning.method import CleaningMethod
from landmark_retrieval.cleaning.verified_counts import counting_pairs, landmark_codes
from landmark_retrieval.verification.evidence import Evidence


class MatchGraphSettings(CleaningMethod):
    """Images are kept if they are in a large enough connected component of their landmark's match graph."""

    method: Literal["match_graph"]
    components: Literal["largest", "all"] = Field(
        description="of each landmark keep the largest connected component, or all of them"
    )
    min_component: int = Field(gt=0, description="images that a component needs to be kept")

    @property
    def images_needed(self) -> int:
        """Those of a component."""
        return self.min_component

    def decide(self, evidence: Evidence, manifest: pd.DataFrame) -> Decision:
        """Keep images in a large enough component.

        An edge counts whichever of its two images lists the other. Of several components of a landmark the
        largest is the one with the most images, then the most inliers, then the image with the first id.
        """
        parts = match_components(evidence, manifest, self.needed_inliers)
        codes = landmark_codes(manifest)
        largest = largest_components(parts, manifest, codes)[codes]
        size, of_largest = parts.sizes[parts.of_image], parts.sizes[largest]
        keep = (codes >= 0) & (size >= self.min_component)
        if self.components == "largest":
            keep &= parts.of_image == largest
        numbers = np.stack([keep, size, of_largest], axis=1).astype(np.int64)
        return Decision(keep, format_reasons(numbers, self._reason))

    def _reason(self, keep: int, size: int, of_largest: int) -> str:
        if self.components == "largest":
            if keep:
                return f"in the largest component of its landmark, of {images(size)}"
            if size < of_largest:
                return f"in a component of {images(size)}, the largest has {of_largest}"
        if keep:
            return f"in a component of {images(size)}"
        if size < self.min_component:
            return f"in a component of {size} of {images(self.min_component, 'needed ')}"
        return f"in a component of {images(size)}, the one kept is as large"


class Components(NamedTuple):
    """Connected components of the graphs of all landmarks.

    `of_image` `(n,)` is the component of each image of the manifest, `sizes` and `inliers` `(components,)`
    are the number of its images and the total weight of its edges.
    """

    of_image: NDArray[np.int32]
    sizes: NDArray[np.int64]
    inliers: NDArray[np.int64]


def match_components(evidence: Evidence, manifest: pd.DataFrame, min_inliers: int) -> Components:
    """Connected components of the verified pairs; an image without any is one; errors as `counting_pairs`."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = [np.zeros((3, 0), np.int32)]
    for pairs in counting_pairs(evidence, manifest):
        strong = pairs.inliers >= min_inliers
        columns = (pairs.first, pairs.second, pairs.inliers)
        edges.append(np.stack([column[strong] for column in columns]).astype(np.int32))
    first, second, inliers = np.concatenate(edges, axis=1)
    n = len(manifest)
    graph = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(n, n))
    count, of_image = connected_components(graph.tocsr(), directed=False)
    weights = np.bincount(of_image[first], weights=inliers, minlength=count)
    return Components(of_image, np.bincount(of_image, minlength=count), weights.astype(np.int64))


def largest_components(
    parts: Components, manifest: pd.DataFrame, codes: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The largest component of each landmark, `(landmarks + 1,)` int64 by code; the last is for code −1."""
    first_image = np.full(len(parts.sizes), len(manifest))
    place = np.empty(len(manifest), np.int64)
    place[manifest["image_id"].argsort().to_numpy()] = np.arange(len(manifest))
    np.minimum.at(first_image, parts.of_image, place)
    landmark = np.full(len(parts.sizes), -1)
    landmark[parts.of_image] = codes
    # Of equal keys the last assignment wins, so the best comes last.
    order = np.lexsort((-first_image, parts.inliers, parts.sizes))
    largest = np.zeros(codes.max(initial=-1) + 2, np.int64)
    largest[landmark[order]] = order
    return largest
