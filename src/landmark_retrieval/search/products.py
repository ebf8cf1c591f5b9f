"""How torch multiplies while the index is scanned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def float32_products() -> Iterator[None]:
    """Float32 products are of float32, and the number of threads is afterwards what it was.

    Training may have allowed TF32 or bfloat16 products, which break the error bound of the search.
    """
    import torch

    precision, threads = torch.get_float32_matmul_precision(), torch.get_num_threads()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.set_num_threads(threads)
