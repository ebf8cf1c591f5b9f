import dataclasses

import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.chain import apply_chain
from landmark_retrieval.reranking.expansion import database_augmentation
from landmark_retrieval.reranking.expansion.database_augmentation import (
    DBA,
    AlphaDBA,
    augment_index,
    other_images,
)
from landmark_retrieval.reranking.expansion.query_expansion import AlphaQE
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.offline_diffusion_rows import OfflineDiffusion
from landmark_retrieval.search.exact_search import search


def expected_rows(index, n, alpha, by_rank):
    """All from the vectors as they were, neighbours by (cosine, row)."""
    index = index.astype(np.float64)
    rows = []
    for i, image in enumerate(index):
        cosines = (index @ image).astype(np.float32)
        others = [j for j in sorted(range(len(index)), key=lambda j: (-cosines[j], j)) if j != i][:n]
        total = image.copy()
        for rank, j in enumerate(others, start=1):
            weight = (n + 1 - rank) / (n + 1) if by_rank == "rank" else 1.0
            total += weight * max(0.0, float(image @ index[j])) ** alpha * index[j]
        rows.append(total / np.linalg.norm(total))
    return np.array(rows)


def test_stated_angles(on_circle):
    index = on_circle([0, 16, 25, 60, 95])

    augmented = augment_index(index, search(index, index, 3), n_neighbours=2, alpha=3.0)

    angles = np.rad2deg(np.arctan2(augmented[:, 1], augmented[:, 0]))
    np.testing.assert_allclose(angles, [12.475903, 14.078898, 14.952522, 60.0, 81.447942], atol=1e-4)


@pytest.mark.parametrize("n", [1, 4, 300])
@pytest.mark.parametrize(
    ("alpha", "by_rank"), [(0.0, "equal"), (0.0, "rank"), (3.0, "equal"), (0.5, "equal")]
)
@pytest.mark.parametrize("block", [7, 16_384])
def test_agrees_with_a_loop(make_inputs, monkeypatch, n, alpha, by_rank, block):
    monkeypatch.setattr(database_augmentation, "_ROWS", block)
    index = make_inputs(n_index=60).index.vectors

    augmented = augment_index(index, search(index, index, n + 1), n, alpha, by_rank)

    np.testing.assert_allclose(augmented, expected_rows(index, n, alpha, by_rank), atol=1e-6)


def test_an_image_is_left_out_wherever_it_stands():
    positions = np.array([[10, 3, 4], [3, 11, 4], [3, 4, 12], [3, 4, 5], [14, -1, -1], [3, 15, -1]])

    others = other_images(positions, 10, 2)

    assert others.tolist() == [[3, 4], [3, 4], [3, 4], [3, 4], [-1, -1], [3, -1]]


def test_copies_of_an_image_count_and_the_image_counts_once(on_circle):
    index = np.repeat(on_circle([0, 90]), [6, 1], axis=0)

    for n in (1, 3, 5):
        augmented = augment_index(index, search(index, index, n + 1), n)
        np.testing.assert_allclose(augmented[:6], index[:6], atol=1e-7)
    weights = augment_index(index, search(index, index, 7), 6)
    np.testing.assert_allclose(weights[0], np.array([6, 1]) / np.sqrt(37), atol=1e-6)


def test_an_index_of_one_image_stays(on_circle):
    index = on_circle([30])

    np.testing.assert_allclose(augment_index(index, search(index, index, 5), 4), index, atol=1e-7)


def test_permuting_the_index_permutes_its_rows(make_inputs):
    index = make_inputs(n_index=90).index.vectors
    index = index[np.sort(np.unique(index, axis=0, return_index=True)[1])]  # ties go by row
    order = np.random.default_rng(1).permutation(len(index))

    augmented = augment_index(index, search(index, index, 5), 4, 3.0)
    permuted = augment_index(index[order], search(index[order], index[order], 5), 4, 3.0)

    np.testing.assert_array_equal(permuted, augmented[order])


def test_neighbours_of_another_index_are_refused(on_circle):
    index = on_circle([0, 16, 25])

    with pytest.raises(DataError, match="expected 3 lists over 3 rows, found 2 over 3"):
        augment_index(index, search(index[:2], index, 2), 1)


def test_what_is_not_finite_is_refused(monkeypatch, on_circle):
    monkeypatch.setattr(database_augmentation, "_ROWS", 2)
    index = on_circle([0, 1, 70, 71, 72])
    neighbours = search(index, index, 3)
    index[4, 0] = np.nan

    with pytest.raises(DataError, match=r"from 2 on, as queries: query row 0, index rows \[3, 4\]: expected"):
        augment_index(index, neighbours, 2)


@pytest.mark.parametrize("step", [DBA(n=5), DBA(n=5, weights="rank"), AlphaDBA(n=5, k=30)])
def test_later_steps_see_the_augmented_index(make_inputs, step):
    inputs = make_inputs()
    solved = OfflineDiffusion(np.zeros((200, 1), np.int32), np.zeros((200, 1), np.float32), "")
    given = dataclasses.replace(
        inputs, index_neighbours=search(inputs.index, inputs.index, 9), offline_diffusion=solved
    )

    ranking, later = step.run(None, given)

    alpha, by_rank = step.weighting
    vectors = expected_rows(inputs.index.vectors, 5, alpha, by_rank)
    np.testing.assert_allclose(later.index.vectors, vectors, atol=1e-6)
    expected = search(inputs.queries, later.index, step.k or inputs.depth)
    np.testing.assert_array_equal(ranking.positions, expected.positions)
    np.testing.assert_array_equal(ranking.scores, expected.scores)
    assert ranking.ids_fingerprint == inputs.ids_fingerprint
    np.testing.assert_array_equal(step.apply(ranking, inputs).positions, ranking.positions)
    assert (later.index_neighbours, later.offline_diffusion) == (None, None)
    assert later.queries is inputs.queries
    assert later.index_predictions is inputs.index_predictions


def test_asks_for_neighbours_and_may_begin():
    assert (DBA(n=7).neighbours_needed, AlphaDBA(n=7).neighbours_needed) == (8, 8)
    assert DBA.is_search
    assert AlphaDBA.is_search
    assert DBA().changes_inputs
    assert AlphaDBA() == AlphaDBA(n=20, alpha=3.0, k=None)


def test_queries_are_expanded_from_the_augmented_index(make_inputs):
    inputs = make_inputs()

    chained = apply_chain([DBA(n=4), AlphaQE(n=4)], None, inputs)

    vectors = expected_rows(inputs.index.vectors, 4, 0.0, "equal").astype(np.float32)
    augmented = dataclasses.replace(inputs, index=Embeddings(inputs.index.image_ids, vectors))
    expected = AlphaQE(n=4).apply(KNN().apply(None, augmented), augmented)
    np.testing.assert_allclose(chained.scores, expected.scores, atol=1e-6)


def test_given_neighbours_are_used(make_inputs):
    inputs = make_inputs()
    positions = np.stack([np.arange(200), (np.arange(200) + 1) % 200], axis=1)
    given = Ranking(positions, np.zeros((200, 2), np.float32), 200)

    _, later = DBA(n=1).run(None, dataclasses.replace(inputs, index_neighbours=given))

    total = inputs.index.vectors + np.roll(inputs.index.vectors, -1, axis=0)
    expected = total / np.linalg.norm(total, axis=1, keepdims=True)
    np.testing.assert_allclose(later.index.vectors, expected, atol=1e-6)
