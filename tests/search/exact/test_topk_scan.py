import numpy as np
import pytest
import torch

from landmark_retrieval.search.exact.scores import pair_scores
from landmark_retrieval.search.exact.topk_scan import oversampled_k, topk_candidates

CASES = [("faiss", "float32"), ("torch", "float32"), ("torch", "bfloat16")]


def vectors(seed, n, dim=24):
    return np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)


@pytest.mark.parametrize(("engine", "precision"), CASES)
@pytest.mark.parametrize("block_rows", [90, 5_000])
def test_rows_left_out_score_less_than_the_bound(engine, precision, block_rows):
    queries, index = vectors(0, 1_100), vectors(1, 900)
    scores = pair_scores(queries, index, np.tile(np.arange(900), (1_100, 1)))

    candidates = topk_candidates(queries, index, 10, precision, engine, block_rows)

    assert candidates.positions.shape == (1_100, oversampled_k(10, precision))
    left_out = scores.copy()
    np.put_along_axis(left_out, candidates.positions, -np.inf, axis=1)
    assert (left_out.max(axis=1) <= candidates.bounds).all()
    assert (np.sort(scores, axis=1)[:, -10] > candidates.bounds).mean() > 0.99


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_on_a_gpu_too(precision):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    queries, index = vectors(0, 1_100), vectors(1, 900)
    left_out = pair_scores(queries, index, np.tile(np.arange(900), (1_100, 1)))
    candidates = topk_candidates(queries, index, 10, precision, "torch", 500)
    np.put_along_axis(left_out, candidates.positions, -np.inf, axis=1)
    assert (left_out.max(axis=1) <= candidates.bounds).all()
