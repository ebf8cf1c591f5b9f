"""Numbers of threads, held while something runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def torch_threads(n: int) -> Iterator[None]:
    """Torch on `n` threads, on any number of cores: sums over a batch are rounded by the number of threads.

    Compiled loops of numba set it, too, so it must be set again before whatever depends on it.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch, BLAS and OpenMP on one thread: products are small, or other processes use the other cores."""
    from threadpoolctl import threadpool_limits

    with torch_threads(1), threadpool_limits(1):
        yield


@contextmanager
def one_opencv_thread() -> Iterator[None]:
    """OpenCV without threads of its own inside ours."""
    import cv2

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
