"""A fast float32 scan of the index, by FAISS or torch, on GPUs when there are any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.search.blocks import BLOCK_ROWS, read_blocks
from landmark_retrieval.search.keys import WORST, pack, smallest

Backend = Literal["auto", "faiss", "torch"]
Scores = NDArray[np.float32]
Rows = NDArray[np.int64]
Scan = Callable[[NDArray[np.float32], NDArray[np.float32], int], tuple[Scores, Rows]]

_FAISS_GPU_DEPTH = 2_048  # longest list that FAISS selects on a GPU
_TORCH_QUERIES = 1_024


def scan_index(
    queries: NDArray[np.float32],
    index: NDArray[np.floating],
    n_candidates: int,
    backend: Backend = "auto",
    block_rows: int = BLOCK_ROWS,
) -> tuple[NDArray[np.int64], float]:
    """Keys of the best rows by float32 scores, and the norm of the longest index row.

    Args:
        queries: `(n_queries, dim)` float32, finite.
        index: `(n_index, dim)`, streamed block by block.
        n_candidates: rows kept for each query, at most `n_index`.
        backend: `auto` takes FAISS, and torch where FAISS is missing or cannot use the GPUs that there are.
        block_rows: index rows held at once.

    Returns:
        `(n_queries, n_candidates)` int64 keys in no order, and a norm.

    Raises:
        DataError: an index row is not finite.
    """
    scan = _scan(backend, queries.shape[1], n_candidates)
    best = np.full((len(queries), n_candidates), WORST)
    longest = 0.0
    for first, block in read_blocks(index, "index", block_rows):
        scores, rows = scan(queries, block, min(n_candidates, len(block)))
        best = smallest(np.hstack([best, pack(scores, rows + first)]), n_candidates)
        longest = max(longest, float(np.linalg.norm(block, axis=1).max()))
    return best, longest


def _scan(backend: Backend, dim: int, n_candidates: int) -> Scan:
    if backend == "torch" or (backend == "auto" and not _faiss_serves(n_candidates)):
        return _torch_scan
    import faiss

    on_gpus = faiss.get_num_gpus() > 0 and n_candidates <= _FAISS_GPU_DEPTH
    return _faiss_gpu_scan(dim) if on_gpus else _faiss_scan


def _faiss_serves(n_candidates: int) -> bool:
    if find_spec("faiss") is None:
        return False
    import faiss

    if hasattr(faiss, "StandardGpuResources"):
        return faiss.get_num_gpus() == 0 or n_candidates <= _FAISS_GPU_DEPTH
    import torch

    return not torch.cuda.is_available()


def _faiss_scan(queries: NDArray[np.float32], block: NDArray[np.float32], k: int) -> tuple[Scores, Rows]:
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


def _torch_scan(queries: NDArray[np.float32], block: NDArray[np.float32], k: int) -> tuple[Scores, Rows]:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    columns = torch.from_numpy(block).to(device).T
    scores = np.empty((len(queries), k), dtype=np.float32)
    rows = np.empty((len(queries), k), dtype=np.int64)
    with _float32_products():
        for start in range(0, len(queries), _TORCH_QUERIES):
            chunk = slice(start, start + _TORCH_QUERIES)
            products = torch.from_numpy(np.array(queries[chunk])).to(device) @ columns
            top = products.topk(k, dim=1, sorted=False)
            scores[chunk], rows[chunk] = top.values.cpu().numpy(), top.indices.cpu().numpy()
    return scores, rows


@contextmanager
def _float32_products() -> Iterator[None]:
    """Training may have allowed TF32 or bfloat16 products, which break the error bound of the search."""
    import torch

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
