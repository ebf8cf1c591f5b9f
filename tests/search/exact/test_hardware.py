import hashlib
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from landmark_retrieval.search.exact_search import search

PRODUCT = """
import torch
from landmark_retrieval.search.exact.hardware import has_bfloat16_units
vectors = torch.ones(256, 512).bfloat16()
torch.mm(vectors, vectors.T)
print("units:", has_bfloat16_units())
"""
UNITS = re.compile(r"matmul,\w+:(avx512_core_(bf16|fp16|amx)|avx10)")

RANKING = """
import hashlib
import numpy as np
from landmark_retrieval.search.exact_search import choose_backend, search
vectors = np.random.default_rng(0).standard_normal((3_000, 200)).astype(np.float32)
ranking = search(vectors[:150], vectors, 40)
print(choose_backend("auto", "auto", 40))
print(hashlib.sha256(ranking.positions.tobytes() + ranking.scores.tobytes()).hexdigest())
"""
OTHER_PROCESSOR = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "default",
    "OPENBLAS_CORETYPE": "Prescott",
    "FAISS_OPT_LEVEL": "generic",
    "NUMBA_CPU_NAME": "generic",
    "NUMBA_CPU_FEATURES": "",
}


def run(code, **environment):
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    finished = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return finished.stdout


@pytest.mark.costly
@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"ATEN_CPU_CAPABILITY": "avx2"},
        {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16"},
        {"ONEDNN_MAX_CPU_ISA": "avx512_core_vnni"},
        {"DNNL_MAX_CPU_ISA": "AVX2"},
    ],
    ids=lambda environment: "-".join(environment.values()) or "as it is",
)
def test_units_are_found_where_torch_uses_them(environment):
    printed = run(PRODUCT, ONEDNN_VERBOSE="1", **environment)

    assert f"units: {UNITS.search(printed) is not None}" in printed


@pytest.mark.slow
def test_another_processor_takes_another_scan_and_finds_the_same_bytes():
    vectors = np.random.default_rng(0).standard_normal((3_000, 200)).astype(np.float32)
    ranking = search(vectors[:150], vectors, 40)

    backend, digest = run(RANKING, **OTHER_PROCESSOR).split()

    assert backend == "faiss"
    assert digest == hashlib.sha256(ranking.positions.tobytes() + ranking.scores.tobytes()).hexdigest()
