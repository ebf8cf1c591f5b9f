"""A scan that lists a few more rows than are wanted: by FAISS or torch, on GPUs when there are any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.search.blocks import read_blocks
from landmark_retrieval.search.exact.candidates import Proposals
from landmark_retrieval.search.exact.error_bounds import (
    Norms,
    Precision,
    absolute_error,
    exact_norms,
    relative_error,
)
from landmark_retrieval.search.exact.products import faithful_products
from landmark_retrieval.search.sort_keys import WORST_KEY, smallest_keys, sort_keys, split_keys

Lister = Literal["faiss", "torch"]
Scores = NDArray[np.float32]
Rows = NDArray[np.int64]
Scan = Callable[[NDArray[np.float32], NDArray[np.float32], int], tuple[Scores, Rows]]

FAISS_GPU_DEPTH = 2_048
"""Longest list that FAISS selects on a GPU."""

_TORCH_QUERIES = 1_024


def listed_rows(k: int, precision: Precision) -> int:
    """How many rows are listed so that the best `k` are as a rule proved."""
    return 2 * k + 256 if precision == "bfloat16" else k + max(16, k // 4)


def listed_proposals(
    queries: NDArray[np.float32],
    index: NDArray[np.floating],
    k: int,
    precision: Precision,
    lister: Lister,
    block_rows: int,
) -> Proposals:
    """The rows that score best in the scan.

    Args:
        queries: `(n_queries, dim)`, finite.
        index: `(n_index, dim)`, streamed block by block.
        k: length of the lists; `listed_rows` of it is at most `n_index`.
        precision: of the vectors that torch multiplies; FAISS knows float32 alone.
        lister: who multiplies and selects.
        block_rows: index rows held at once.

    Raises:
        DataError: an index row is not finite.
    """
    n, dim = listed_rows(k, precision), queries.shape[1]
    scan = _faiss_scan(dim, n) if lister == "faiss" else _torch_scan(precision)
    norms = _norms_after_rounding(precision)
    best = np.full((len(queries), n), WORST_KEY)
    longest = Norms.zero()
    for first, block in read_blocks(index, "index", block_rows):
        scores, rows = scan(queries, block, min(n, len(block)))
        best = smallest_keys(np.hstack([best, sort_keys(scores, rows + first)]), n)
        longest = longest.joined(norms(block).longest())
    lowest, positions = split_keys(best)
    left_out = lowest.min(axis=1).astype(np.float64)
    error = absolute_error(norms(queries), longest, dim, precision)
    return Proposals(positions, left_out + error + relative_error(precision) * np.abs(left_out))


def _faiss_scan(dim: int, n: int) -> Scan:
    import faiss

    return _faiss_gpu_scan(dim) if faiss.get_num_gpus() > 0 and n <= FAISS_GPU_DEPTH else _faiss_cpu_scan


def _faiss_cpu_scan(queries: NDArray[np.float32], block: NDArray[np.float32], k: int) -> tuple[Scores, Rows]:
    import faiss

    return faiss.knn(queries, block, k, metric=faiss.METRIC_INNER_PRODUCT)


def _faiss_gpu_scan(dim: int) -> Scan:
    import faiss

    flat = faiss.index_cpu_to_all_gpus(faiss.IndexFlatIP(dim))

    def scan(queries: NDArray[np.float32], block: NDArray[np.float32], k: int) -> tuple[Scores, Rows]:
        flat.reset()
        flat.add(block)
        return flat.search(queries, k)

    return scan


def _torch_scan(precision: Precision) -> Scan:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = getattr(torch, precision)

    def scan(queries: NDArray[np.float32], block: NDArray[np.float32], k: int) -> tuple[Scores, Rows]:
        columns = torch.from_numpy(block).to(device).to(dtype).T
        scores = np.empty((len(queries), k), dtype=np.float32)
        rows = np.empty((len(queries), k), dtype=np.int64)
        with faithful_products():
            for start in range(0, len(queries), _TORCH_QUERIES):
                chunk = slice(start, start + _TORCH_QUERIES)
                products = torch.from_numpy(np.array(queries[chunk])).to(device).to(dtype) @ columns
                top = products.topk(k, dim=1, sorted=False)
                scores[chunk], rows[chunk] = top.values.float().cpu().numpy(), top.indices.cpu().numpy()
        return scores, rows

    return scan


def _norms_after_rounding(precision: Precision) -> Callable[[NDArray[np.float32]], Norms]:
    return exact_norms if precision == "float32" else _bfloat16_norms


def _bfloat16_norms(vectors: NDArray[np.float32]) -> Norms:
    import torch

    exact = torch.from_numpy(vectors)
    rounded = exact.bfloat16().float()
    lengths = [rows.norm(dim=1, dtype=torch.float64).numpy() for rows in (exact, rounded, exact - rounded)]
    return Norms(*lengths)
