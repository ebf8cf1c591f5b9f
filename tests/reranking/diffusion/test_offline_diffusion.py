import dataclasses

import numba
import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.reranking.diffusion import offline_diffusion
from landmark_retrieval.reranking.diffusion.diffusion import Diffusion
from landmark_retrieval.reranking.diffusion.offline_diffusion import OfflineDiffusionStep, combine_rows
from landmark_retrieval.reranking.diffusion.offline_diffusion_solving import solve_rows
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.offline_diffusion_rows import OfflineDiffusion

pytestmark = pytest.mark.costly

STEP = OfflineDiffusionStep(n_trunc=40, k_d=6, k_q=3)


def random_rows(rng, n, m):
    positions = np.stack([rng.permutation(n)[:m] for _ in range(n)]).astype(np.int32)
    values = rng.random((n, m), dtype=np.float32)
    padded = np.arange(m) >= rng.integers(1, 2 * m, n)[:, None]
    positions[padded], values[padded] = -1, 0
    return OfflineDiffusion(positions, values, "")


@pytest.mark.parametrize("sums_at_once", [1, 2**23])
def test_sums_agree_with_dense_rows(monkeypatch, sums_at_once):
    monkeypatch.setattr(offline_diffusion, "_SUMS", sums_at_once)
    rng = np.random.default_rng(0)
    rows = random_rows(rng, 50, 12)
    seeds = np.stack([rng.permutation(50)[:4] for _ in range(37)])
    values = rng.random((37, 4))
    seeds[3, 2:], seeds[4], values[5, 1] = -1, -1, 0

    blocks = list(combine_rows(rows, seeds, values))

    columns, sums = (np.concatenate(side) for side in zip(*blocks, strict=True))
    dense = np.zeros((50, 51))
    np.put_along_axis(dense, rows.positions, rows.values, axis=1)
    for listed, found, row_seeds, weights in zip(columns, sums, seeds, values, strict=True):
        expected = sum(
            (w * dense[s] for s, w in zip(row_seeds, weights, strict=True) if s >= 0), np.zeros(51)
        )
        got = np.zeros(51)
        got[listed] = found
        np.testing.assert_allclose(got[:50], expected[:50], rtol=1e-6)
        assert len(set(listed[listed >= 0])) == (listed >= 0).sum()


def test_without_truncation_it_is_diffusion(make_inputs):
    inputs = dataclasses.replace(make_inputs(dim=20), depth=60)
    exact = {"tolerance": 1e-12, "max_iterations": 1_000, "k_q": 3}
    ranking = KNN().apply(None, inputs)

    online = Diffusion(k=6, **exact).apply(ranking, inputs)
    offline = OfflineDiffusionStep(n_trunc=200, k_d=6, **exact).apply(ranking, inputs)

    np.testing.assert_allclose(offline.scores, online.scores, rtol=1e-5)
    apart = -np.diff(online.scores, append=0) > 1e-4 * online.scores
    apart &= np.roll(apart, 1, axis=1)
    assert apart.mean() > 0.3
    np.testing.assert_array_equal(offline.positions[apart], online.positions[apart])


@pytest.mark.parametrize("depth", [10, 200])
def test_ranks_by_the_sum_of_rows_then_as_before(make_inputs, depth):
    inputs = dataclasses.replace(make_inputs(dim=20), depth=depth)
    ranking = KNN(k=100).apply(None, inputs)
    rows = solve_rows(inputs.index, STEP)

    ranked = STEP.apply(ranking, inputs)

    assert (ranked.depth, ranked.ids_fingerprint) == (depth, ranking.ids_fingerprint)
    for query in range(30):
        scores = np.zeros(200)
        for seed in ranking.positions[query, :3]:
            cosine = float(inputs.queries.vectors[query] @ inputs.index.vectors[seed])
            scores[rows.positions[seed]] += max(0.0, cosine) ** 3 * rows.values[seed]
        listed = ranked.positions[query][ranked.positions[query] >= 0]
        reached = min(depth, int((scores > 0).sum()))
        np.testing.assert_allclose(ranked.scores[query, :reached], -np.sort(-scores)[:reached], rtol=1e-5)
        np.testing.assert_allclose(scores[listed[:reached]], ranked.scores[query, :reached], rtol=1e-5)
        rest = [row for row in ranking.positions[query] if row not in listed[:reached]]
        assert listed[reached:].tolist() == rest[: depth - reached]


def test_rows_that_were_solved_before_give_the_same(make_inputs, tmp_path):
    inputs = dataclasses.replace(make_inputs(dim=20), depth=50)
    ranking = KNN().apply(None, inputs)
    solved = dataclasses.replace(inputs, offline_diffusion=solve_rows(inputs.index, STEP, tmp_path))

    one, other = STEP.apply(ranking, inputs), STEP.apply(ranking, solved)

    np.testing.assert_array_equal(one.positions, other.positions)
    np.testing.assert_array_equal(one.scores, other.scores)


def test_threads_and_the_order_of_queries_do_not_matter():
    rng = np.random.default_rng(1)
    rows = random_rows(rng, 50, 12)
    seeds, values = np.stack([rng.permutation(50)[:4] for _ in range(70)]), rng.random((70, 4))
    order = rng.permutation(70)

    def add(queries):
        return [
            np.concatenate(s) for s in zip(*combine_rows(rows, seeds[queries], values[queries]), strict=True)
        ]

    together, shuffled = add(np.arange(70)), add(order)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        alone = add(np.arange(70))
    finally:
        numba.set_num_threads(before)
    for a, b, c in zip(together, shuffled, alone, strict=True):
        np.testing.assert_array_equal(a[order], b)
        np.testing.assert_array_equal(a, c)


def test_refuses_rows_of_other_settings_or_images(make_inputs):
    inputs = make_inputs(dim=20)
    ranking = KNN().apply(None, inputs)
    rows = solve_rows(inputs.index, STEP)

    def apply(step=STEP, **changes):
        changed = dataclasses.replace(rows, **changes)
        return step.apply(ranking, dataclasses.replace(inputs, offline_diffusion=changed))

    apply(STEP.model_copy(update={"k_q": 5}))
    with pytest.raises(DataError, match=r'expected rows made for .*"gamma":1.0'):
        apply(STEP.model_copy(update={"gamma": 1.0}))
    with pytest.raises(DataError, match="other index images"):
        apply(ids_fingerprint="somewhere else")
    with pytest.raises(DataError, match="found image 200"):
        apply(positions=rows.positions + 1)


def test_says_what_it_needs():
    assert OfflineDiffusionStep().needs == {"offline_diffusion"}
    assert OfflineDiffusionStep().neighbours_needed == 1_000
    assert OfflineDiffusionStep(n_trunc=10, k_d=20).neighbours_needed == 20
