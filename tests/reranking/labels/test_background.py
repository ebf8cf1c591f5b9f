import numpy as np
import pytest
from scipy.stats import norm

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.reranking.labels import background as module
from landmark_retrieval.reranking.labels.background import background_of, sampled_rows

pytestmark = pytest.mark.costly


def make_embeddings(n, seed, dim=12):
    vectors = normalise(np.random.default_rng(seed).standard_normal((n, dim)))
    return Embeddings(np.array([f"{seed}-{i}" for i in range(n)], dtype=str), vectors)


def test_even_odds_are_near_one_image_by_chance():
    queries, index = make_embeddings(7, 0).vectors, make_embeddings(300, 1)
    background = background_of(queries, index)
    cosines = queries.astype(np.float64) @ index.vectors.T.astype(np.float64)

    odds = background.log_odds(cosines.astype(np.float32))

    middle = np.median(cosines, axis=1, keepdims=True)
    spread = np.quantile(cosines, norm.cdf(1), axis=1)[:, None] - middle
    expected = -1 - np.log(300 * norm.sf((cosines - middle) / spread))
    np.testing.assert_allclose(odds, expected, atol=1e-4)


def test_far_tails_stay_finite_and_padding_stays_infinite():
    background = background_of(make_embeddings(1, 0).vectors, make_embeddings(300, 1))
    odds = background.log_odds(np.array([[1.0, 0.0, -1.0, -np.inf]], np.float32))

    assert np.isfinite(odds[0, :3]).all()
    assert (np.diff(odds[0]) < 0).all()
    assert np.isneginf(odds[0, 3])


def test_an_index_without_spread_tells_nothing():
    same = Embeddings(np.array(["a", "b"]), np.ones((2, 4), np.float32) / 2)

    odds = background_of(np.ones((1, 4), np.float32) / 2, same).log_odds(np.ones((1, 2), np.float32))

    np.testing.assert_allclose(odds, -1 - np.log(2 * 0.5))


def test_the_sample_of_a_large_index_does_not_depend_on_its_order(monkeypatch):
    monkeypatch.setattr(module, "_SAMPLE", 50)
    index = make_embeddings(300, 1)
    order = np.random.default_rng(0).permutation(300)
    shuffled = Embeddings(index.image_ids[order], index.vectors[order])

    assert set(index.image_ids[sampled_rows(index)]) == set(shuffled.image_ids[sampled_rows(shuffled)])
    assert len(sampled_rows(index)) == 50
    whole = background_of(make_embeddings(3, 0).vectors, index)
    other = background_of(make_embeddings(3, 0).vectors, shuffled)
    np.testing.assert_allclose(other.middle, whole.middle, rtol=1e-12)
    assert whole.n_index == 300
