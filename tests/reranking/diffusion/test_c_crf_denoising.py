import math

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.reranking.diffusion.c_crf_denoising import (
    CliqueField,
    clique_weights,
    denoise,
    denoise_clique,
)
from landmark_retrieval.search.exact_search import search

pytestmark = pytest.mark.costly


def on_circle(degrees):
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def loop_weights(vectors, distance_scale, divergence_scale):
    """Weights of a clique, pair by pair, from the definition of the divergence."""
    m = len(vectors)
    cosines = [
        [max(0.0, math.fsum(a * b for a, b in zip(x, y, strict=True))) for y in vectors] for x in vectors
    ]
    shares = []
    for row in cosines:
        length = max(math.sqrt(math.fsum(c * c for c in row)), 1e-12)
        powers = [math.exp(c / length) for c in row]
        shares.append([power / math.fsum(powers) for power in powers])

    def divergence(p, q):
        return math.fsum(a * math.log(a / b) for a, b in zip(p, q, strict=True))

    weights = np.zeros((m, m))
    for i in range(m):
        for j in range(m):
            if i != j:
                half = (divergence(shares[i], shares[j]) + divergence(shares[j], shares[i])) / 2
                square = max(0.0, 2 - 2 * cosines[i][j])
                weights[i, j] = math.exp(-square / 2 / distance_scale**2 - half**2 / 2 / divergence_scale**2)
    return weights


def loop_denoise(vectors, similarities, settings):
    """The solution itself, not an approximation."""
    weights = loop_weights(vectors.astype(float), settings.distance_scale, settings.divergence_scale)
    laplacian = np.diag(weights.sum(axis=1)) - weights
    matrix = settings.unary * np.eye(len(weights)) + settings.pairwise * laplacian
    return np.linalg.solve(matrix, settings.unary * similarities.astype(float))


INDEX = on_circle([0, 5, 12, 20, 33, 50, 70, 95])
WEIGHTS_OF_THE_FIRST = [0, 0.99523, 0.970928, 0.911388, 0.715649, 0.271901]
DENOISED = {
    0: ([0, 1, 2, 3, 4, 5], [0.976994, 0.97138, 0.955843, 0.92776, 0.857801, 0.705716]),
    5: ([5, 6, 4, 3, 2, 1], [0.975989, 0.941927, 0.930358, 0.862784, 0.804645, 0.741437]),
}


def test_weights_of_the_authors_code():
    weights = clique_weights(INDEX[:6], 0.9, 0.005)

    np.testing.assert_allclose(weights[0], WEIGHTS_OF_THE_FIRST, atol=2e-6)


def test_similarities_of_the_authors_code():
    denoised = denoise(search(INDEX, INDEX, 8), INDEX, CliqueField(clique=6, divergence_scale=0.005))

    for image, (listed, similarities) in DENOISED.items():
        assert denoised.positions[image].tolist() == listed
        np.testing.assert_allclose(denoised.scores[image], similarities, atol=2e-6)


@pytest.mark.parametrize(("dim", "divergence_scale"), [(2, 0.005), (8, 0.01), (30, 0.02)])
def test_agrees_with_a_loop(dim, divergence_scale):
    rng = np.random.default_rng(dim)
    vectors = rng.standard_normal((25, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[20:] = vectors[:5]
    settings = CliqueField(divergence_scale=divergence_scale, field_tolerance=1e-9, field_iterations=100)

    weights = clique_weights(vectors, 0.9, divergence_scale)
    denoised = denoise_clique(vectors, vectors @ vectors[0], settings)

    expected = loop_weights(vectors.astype(float), 0.9, divergence_scale)
    np.testing.assert_allclose(weights, expected, atol=1e-5)
    np.testing.assert_allclose(denoised, loop_denoise(vectors, vectors @ vectors[0], settings), atol=1e-5)


def test_small_divergences_keep_their_digits_in_a_large_clique():
    rng = np.random.default_rng(0)
    vectors = (rng.standard_normal((300, 16)) + 3).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    weights = clique_weights(vectors, 0.9, 3.5e-4)

    exact = clique_weights(vectors.astype(np.float64), 0.9, 3.5e-4)
    assert weights.dtype == np.float32
    assert 0.1 < exact[exact > 0].mean() < 0.9
    np.testing.assert_allclose(weights, exact, atol=1e-5)


def test_without_agreement_nothing_changes(make_inputs):
    index = make_inputs().index.vectors
    neighbours = search(index, index, 20)

    denoised = denoise(neighbours, index, CliqueField(pairwise=0))

    np.testing.assert_array_equal(denoised.positions, neighbours.positions)
    np.testing.assert_array_equal(denoised.scores, neighbours.scores)


def test_similarities_of_a_clique_keep_their_sum(make_inputs):
    index = make_inputs().index.vectors
    neighbours = search(index, index, 20)

    denoised = denoise(neighbours, index, CliqueField(divergence_scale=0.02, field_tolerance=1e-7))

    np.testing.assert_array_equal(np.sort(denoised.positions), np.sort(neighbours.positions))
    np.testing.assert_allclose(denoised.scores.sum(axis=1), neighbours.scores.sum(axis=1), atol=1e-4)
    assert (denoised.scores.std(axis=1) < neighbours.scores.std(axis=1)).all()


def test_permuting_the_index_renames_its_rows(make_inputs):
    index = make_inputs().index.vectors[:90]
    order = np.random.default_rng(1).permutation(90)
    settings = CliqueField(clique=15, divergence_scale=0.02)

    denoised = denoise(search(index, index, 15), index, settings)
    permuted = denoise(search(index[order], index[order], 15), index[order], settings)

    np.testing.assert_array_equal(order[permuted.positions], denoised.positions[order])
    np.testing.assert_array_equal(permuted.scores, denoised.scores[order])


def test_numbers_that_are_none_are_refused(make_inputs):
    index = make_inputs().index.vectors
    neighbours = search(index, index, 5)
    broken = index.copy()
    broken[7] = np.inf

    with pytest.raises(DataError, match="NaN or infinity"):
        denoise(neighbours, broken, CliqueField())
