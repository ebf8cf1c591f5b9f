"""Offline diffusion (Yang et al., Decoupling Diffusion into Online and Offline Processing)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.arrays import Float32s, Float64s, Int32s, Int64s
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.diffusion.diffusion_step import (
    DiffusionStep,
    head_of_lists,
    query_affinities,
)
from landmark_retrieval.reranking.diffusion.offline_diffusion_solving import solve_rows
from landmark_retrieval.reranking.inputs import NeedName, RerankingInputs
from landmark_retrieval.reranking.lists.sparse_scores import rank_by_sparse_scores
from landmark_retrieval.reranking.offline_diffusion_rows import OfflineDiffusion, RowSettings
from landmark_retrieval.search.identity import ids_fingerprint

_SUMS = 2**22  # held at once


def combine_rows(
    rows: OfflineDiffusion, seeds: Int64s, values: Float64s
) -> Iterator[tuple[Int32s, Float32s]]:
    """`Σ_j y_j · row_j` over the index images `j` nearest to each query, seeds and values as for `diffuse`.

    Yields:
        Images `(n_block, k_q · n_trunc)`, `-1` pads, and their sums, for consecutive blocks of queries.

    Raises:
        DataError: a row lists an image that is not in the index.
    """
    from landmark_retrieval.reranking.diffusion.offline_diffusion_kernels import add_rows

    step = max(1, _SUMS // max(1, seeds.shape[1] * rows.positions.shape[1]))
    for start in range(0, len(seeds), step):
        block = slice(start, start + step)
        images, sums = add_rows(
            _read_only(rows.positions),
            _read_only(rows.values),
            np.ascontiguousarray(seeds[block]),
            np.ascontiguousarray(values[block]),
        )
        if (images >= len(rows)).any():
            raise DataError(
                f"offline diffusion: expected rows of {len(rows)} images, found image {images.max()}"
            )
        yield images, sums


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view, so that loops are compiled once for arrays in memory and on disk."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


class OfflineDiffusionStep(RowSettings, DiffusionStep):
    """Ranks by the sum of rows of the inverse that were solved for the query's nearest images."""

    method: Literal["offline_diffusion"] = "offline_diffusion"

    needs: ClassVar[frozenset[NeedName]] = frozenset({"offline_diffusion"})

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Images that the rows reach by their scores, then the others as they were.

        Rows that the inputs lack are solved here, in memory.

        Raises:
            DataError: there is no ranking to start from, or the rows are of other settings or images.
        """
        before = self.require_ranking(ranking)
        rows = self._rows(inputs)
        seeds = head_of_lists(before, inputs, self.k_q)
        values = query_affinities(inputs, seeds, self.gamma)
        return rank_by_sparse_scores(before, combine_rows(rows, seeds, values), inputs.depth)

    def _rows(self, inputs: RerankingInputs) -> OfflineDiffusion:
        rows = inputs.offline_diffusion
        if rows is None:
            return solve_rows(inputs.neighbours(self.neighbours_needed), self)
        if rows.settings != self.of_rows:
            raise DataError(
                f"offline diffusion: expected rows made for {self.of_rows}, found {rows.settings}"
            )
        ids = inputs.index.image_ids
        if rows.ids_fingerprint and rows.ids_fingerprint != ids_fingerprint(ids, ids):
            raise DataError("offline diffusion: the rows were made for other index images")
        return rows
