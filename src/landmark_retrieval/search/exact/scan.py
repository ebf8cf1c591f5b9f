"""Which scan proposes rows: the fastest that this machine can run, unless one is asked for."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.search.exact.candidates import Proposals
from landmark_retrieval.search.exact.error_bounds import Precision
from landmark_retrieval.search.exact.topk_scan import FAISS_GPU_DEPTH, listed_proposals, listed_rows

Backend = Literal["auto", "tiled", "faiss", "torch"]
"""`tiled`: torch multiplies and numba selects, on the processor; `faiss`, `torch`: on GPUs if any."""

Scan = Literal["auto", "float32", "bfloat16"]
"""Precision of the vectors that are scanned; the result does not depend on it."""


def propose(
    queries: NDArray[np.float32],
    index: NDArray[np.floating],
    k: int,
    backend: Backend,
    precision: Precision,
    block_rows: int,
) -> Proposals:
    """Rows that may be among the best `k` of each query; `backend` is not `auto`.

    Raises:
        DataError: an index row is not finite.
    """
    if backend == "tiled":
        from landmark_retrieval.search.exact.tiled_scan import tiled_proposals

        return tiled_proposals(queries, index, k, precision, block_rows)
    lister: Literal["faiss", "torch"] = "faiss" if backend == "faiss" else "torch"
    return listed_proposals(queries, index, k, precision, lister, block_rows)


def choose_backend(backend: Backend, k: int) -> Backend:
    """What `auto` stands for here.

    Raises:
        DataError: a backend was asked for that is not installed.
    """
    needed = {"tiled": "numba", "faiss": "faiss"}.get(backend)
    if needed and not _installed(needed):
        raise DataError(f"search backend {backend}: expected the package {needed}, found none")
    if backend != "auto":
        return backend
    if _cuda_devices():
        fits = listed_rows(k, "float32") <= FAISS_GPU_DEPTH
        return "faiss" if _faiss_devices() and fits else "torch"
    if _installed("numba"):
        return "tiled"
    return "faiss" if _installed("faiss") else "torch"


def choose_precisions(scan: Scan, backend: Backend) -> tuple[Precision, ...]:
    """The scans to try one after the other, each for the queries that the one before could not prove.

    Raises:
        DataError: bfloat16 was asked of FAISS.
    """
    if scan == "bfloat16" and backend == "faiss":
        raise DataError(
            "search: FAISS scans in float32, not in bfloat16; expected the backend tiled or torch"
        )
    if scan == "auto":
        fast = backend == "tiled" and multiplies_bfloat16()
        scan = "bfloat16" if fast else "float32"
    return ("bfloat16", "float32") if scan == "bfloat16" else ("float32",)


@cache
def multiplies_bfloat16() -> bool:
    """Whether the processor has instructions for products of bfloat16."""
    flags = Path("/proc/cpuinfo")
    return flags.exists() and "avx512_bf16" in flags.read_text(encoding="ascii", errors="replace")


def _installed(package: str) -> bool:
    return find_spec(package) is not None


def _cuda_devices() -> bool:
    import torch

    return torch.cuda.is_available()


def _faiss_devices() -> bool:
    if not _installed("faiss"):
        return False
    import faiss

    return hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0
