"""Packages, GPUs and processor instructions that decide which scan is the fastest."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec

_NO_BFLOAT16 = [
    "SSE41",
    "AVX",
    "AVX2",
    "AVX2_VNNI",
    "AVX2_VNNI_2",
    "AVX512_CORE",
    "AVX512_CORE_VNNI",
]


@cache
def has_bfloat16_units() -> bool:
    """Whether torch multiplies bfloat16 with instructions of the processor made for it.

    torch leaves these products to oneDNN, which uses AVX512-BF16 or AMX-BF16 unless it is told to stay below
    (`ONEDNN_MAX_CPU_ISA`). Without them, products of bfloat16 are slower than those of float32.
    """
    import torch

    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", os.environ.get("DNNL_MAX_CPU_ISA", ""))
    if limit.upper() in _NO_BFLOAT16 or not torch.backends.mkldnn.is_available():
        return False
    processor = torch.cpu.get_capabilities()
    return bool(processor.get("avx512_bf16") or processor.get("amx_bf16"))


def is_installed(package: str) -> bool:
    """Whether a package can be imported."""
    return find_spec(package) is not None


def has_cuda() -> bool:
    """Whether torch finds a GPU."""
    import torch

    return torch.cuda.is_available()


def has_faiss_gpus() -> bool:
    """Whether FAISS is built for GPUs and finds one."""
    if not is_installed("faiss"):
        return False
    import faiss

    return hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0
