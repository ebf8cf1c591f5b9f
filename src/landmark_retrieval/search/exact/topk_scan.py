"""Oversampled top-k scan of the index by FAISS or torch, on GPUs if there are any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from landmark_retrieval.arrays import Float32s, Floats, Int64s
from landmark_retrieval.ranking import PADDING
from landmark_retrieval.search.blocks import read_blocks
from landmark_retrieval.search.exact.candidates import Candidates
from landmark_retrieval.search.exact.error_bounds import (
    Norms,
    Precision,
    absolute_error,
    exact_norms,
    full_precision_products,
    relative_error,
)
from landmark_retrieval.search.sort_keys import WORST_KEY, smallest_keys, sort_keys, split_keys

Engine = Literal["faiss", "torch"]
Scores = Float32s
Rows = Int64s
Scan = Callable[[Float32s, Float32s, int], tuple[Scores, Rows]]

FAISS_GPU_DEPTH = 2_048
"""Longest list that FAISS selects on a GPU."""

_TORCH_QUERIES = 1_024


def oversampled_k(k: int, precision: Precision) -> int:
    """Rows to select so that the best `k` are usually proved."""
    return 2 * k + 256 if precision == "bfloat16" else k + max(16, k // 4)


def topk_candidates(
    queries: Float32s, index: Floats, k: int, precision: Precision, engine: Engine, block_rows: int
) -> Candidates:
    """The rows with the largest products in the scan.

    Args:
        queries: `(n_queries, dim)`, finite.
        index: `(n_index, dim)`, streamed block by block.
        k: length of the lists; `oversampled_k` of it is at most `n_index`.
        precision: of the vectors that torch multiplies; FAISS takes float32 only.
        engine: multiplies and selects.
        block_rows: index rows held at once.

    Raises:
        DataError: an index row is not finite.
    """
    n, dim = oversampled_k(k, precision), queries.shape[1]
    scan = _faiss_scan(dim, n) if engine == "faiss" else _torch_scan(precision)
    norms = _norms_after_rounding(precision)
    best = np.full((len(queries), n), WORST_KEY)
    longest = Norms.zero()
    for first, block in read_blocks(index, "index", block_rows):
        scores, rows = scan(queries, block, min(n, len(block)))
        found = np.where(rows == PADDING, WORST_KEY, sort_keys(scores, rows + first))
        best = smallest_keys(np.hstack([best, found]), n)
        longest = longest.joined(norms(block).longest())
    scores, positions = split_keys(best)
    error = absolute_error(norms(queries), longest, dim, precision)
    left_out = np.where(np.isfinite(error), scores.min(axis=1).astype(np.float64), 0.0)  # at most so much
    bounds = left_out + error + relative_error(precision) * np.abs(left_out)
    return Candidates(np.where(best == WORST_KEY, PADDING, positions), bounds)


def _faiss_scan(dim: int, n: int) -> Scan:
    import faiss

    if faiss.get_num_gpus() == 0 or n > FAISS_GPU_DEPTH:
        return lambda queries, block, k: faiss.knn(queries, block, k, metric=faiss.METRIC_INNER_PRODUCT)
    flat = faiss.index_cpu_to_all_gpus(faiss.IndexFlatIP(dim))

    def scan(queries: Float32s, block: Float32s, k: int) -> tuple[Scores, Rows]:
        flat.reset()
        flat.add(block)
        return flat.search(queries, k)

    return scan


def _torch_scan(precision: Precision) -> Scan:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = getattr(torch, precision)

    def scan(queries: Float32s, block: Float32s, k: int) -> tuple[Scores, Rows]:
        columns = torch.from_numpy(block).to(device).to(dtype).T
        scores = np.empty((len(queries), k), dtype=np.float32)
        rows = np.empty((len(queries), k), dtype=np.int64)
        with full_precision_products():
            for start in range(0, len(queries), _TORCH_QUERIES):
                chunk = slice(start, start + _TORCH_QUERIES)
                products = torch.from_numpy(np.array(queries[chunk])).to(device).to(dtype) @ columns
                top = products.topk(k, dim=1, sorted=False)
                scores[chunk], rows[chunk] = top.values.float().cpu().numpy(), top.indices.cpu().numpy()
        return scores, rows

    return scan


def _norms_after_rounding(precision: Precision) -> Callable[[Float32s], Norms]:
    return exact_norms if precision == "float32" else _bfloat16_norms


def _bfloat16_norms(vectors: Float32s) -> Norms:
    import torch

    exact = torch.from_numpy(vectors)
    rounded = exact.bfloat16().float()
    lengths = [rows.norm(dim=1, dtype=torch.float64).numpy() for rows in (exact, rounded, exact - rounded)]
    return Norms(*lengths)
