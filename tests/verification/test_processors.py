"""Matching and consensus give the same bytes on simulated processors."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import hashlib
import numpy as np
from landmark_retrieval.verification import AffineSettings, MatchingSettings, find_transform, match
consensus = AffineSettings(threshold_px=6, iterations=500, confidence=0.999)
digest = hashlib.sha256()
for seed in range(20):
    rng = np.random.default_rng(seed)
    first, second = np.abs(rng.normal(size=(2, 301, 40)))
    second[:99] = first[:99] + rng.normal(0, 0.1, (99, 40))
    second[-3:] = first[:1]
    source = rng.uniform(0, 640, (301, 2)).astype(np.float32)
    target = (source * [0.9, 1.1] + 20 + rng.normal(0, 3, (301, 2))).astype(np.float32)
    for dtype, scale in (("float32", 1), ("uint8", 60)):
        sides = [np.abs(side * scale).astype(dtype) for side in (first, second)]
        for ratio in (0.95, None):
            for method in ("product", "kd_tree"):
                settings = MatchingSettings(method=method, mutual=True, max_distance=1, ratio=ratio)
                rows, columns = match(*sides, settings).T
                assert len(rows) > 50
                digest.update(rows.tobytes() + columns.tobytes())
            matrix, inliers = find_transform(source[rows], target[columns], consensus, seed)
            digest.update(inliers.tobytes() + (b"" if matrix is None else matrix.tobytes()))
print(digest.hexdigest())
"""
PROCESSORS = {
    "without AVX-512": {
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "ATEN_CPU_CAPABILITY": "avx2",
        "OPENBLAS_CORETYPE": "Haswell",
    },
    "without AVX": {
        "ATEN_CPU_CAPABILITY": "default",
        "OPENBLAS_CORETYPE": "Prescott",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3,X86_V4",
    },
}


def digest_on(processor: dict[str, str]) -> str:
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=os.environ | processor, capture_output=True, text=True, check=True
    )
    return found.stdout


@pytest.fixture(scope="module")
def here() -> str:
    return digest_on({})


@pytest.mark.slow
@pytest.mark.parametrize("processor", PROCESSORS)
def test_another_processor_finds_the_same(here, processor):
    assert digest_on(PROCESSORS[processor]) == here
