"""How torch multiplies while the index is scanned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def faithful_products() -> Iterator[None]:
    """Products are as precise as the bound on their error says; afterwards torch is set as it was.

    Training may have allowed TF32 or bfloat16 for float32, or sums that are rounded to bfloat16 on the way; a
    scan changes the number of threads in those it starts.
    """
    import torch

    matmul = torch.backends.cuda.matmul
    precision, threads = torch.get_float32_matmul_precision(), torch.get_num_threads()
    reduced = matmul.allow_bf16_reduced_precision_reduction
    torch.set_float32_matmul_precision("highest")
    matmul.allow_bf16_reduced_precision_reduction = False
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.set_num_threads(threads)
        matmul.allow_bf16_reduced_precision_reduction = reduced
