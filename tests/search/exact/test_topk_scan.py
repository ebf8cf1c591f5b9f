import numpy as np
import pytest
import torch

from landmark_retrieval.search.exact.scores import pair_scores
from landmark_retrieval.search.exact.topk_scan import listed_proposals, listed_rows

CASES = [("faiss", "float32"), ("torch", "float32"), ("torch", "bfloat16")]


def vectors(seed, n, dim=24):
    return np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)


@pytest.mark.parametrize(("lister", "precision"), CASES)
@pytest.mark.parametrize("block_rows", [90, 5_000])
def test_what_is_not_listed_lies_below_the_ceiling(lister, precision, block_rows):
    queries, index = vectors(0, 1_100), vectors(1, 900)
    scores = pair_scores(queries, index, np.tile(np.arange(900), (1_100, 1)))

    proposals = listed_proposals(queries, index, 10, precision, lister, block_rows)

    assert proposals.positions.shape == (1_100, listed_rows(10, precision))
    left_out = scores.copy()
    np.put_along_axis(left_out, proposals.positions, -np.inf, axis=1)
    assert (left_out.max(axis=1) <= proposals.ceilings).all()
    assert (np.sort(scores, axis=1)[:, -10] > proposals.ceilings).mean() > 0.99


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_on_a_gpu_too(precision):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    test_what_is_not_listed_lies_below_the_ceiling("torch", precision, 500)
