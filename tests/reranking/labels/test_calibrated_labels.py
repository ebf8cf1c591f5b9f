import dataclasses

import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.reranking.expansion.query_expansion import AlphaQE, expand_queries
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.labels.calibrated_labels import CalibratedLabels
from landmark_retrieval.voting.calibration import VoteCalibration
from landmark_retrieval.voting.votes import Votes

pytestmark = pytest.mark.costly

CALIBRATION = VoteCalibration(
    votes=3,
    means=(0.2, 0.4, 0.1, 0.4),
    scales=(0.1, 0.2, 0.2, 0.3),
    weights=(0.5, 1.0, 0.3, 0.8),
    bias=-1.0,
    known_share=0.5,
)


@pytest.fixture
def inputs(make_inputs):
    """Random images with votes for random landmarks, some of nobody."""
    rng = np.random.default_rng(0)

    def votes(n):
        landmarks, cosines = (
            rng.integers(0, 9, (n, 3)),
            -np.sort(-rng.random((n, 3)).astype(np.float32), axis=1),
        )
        nobody = np.arange(3) >= rng.integers(1, 9, n)[:, None]
        return Votes(np.where(nobody, -1, landmarks), np.where(nobody, np.float32(-np.inf), cosines))

    made = make_inputs()
    return dataclasses.replace(
        made, query_votes=votes(30), index_votes=votes(200), calibration=CALIBRATION, depth=20
    )


def loop_lists(inputs, n, weight, depth):
    """Every index image scored by itself."""
    knn = KNN().apply(None, inputs)
    queries = expand_queries(inputs.queries.vectors, inputs.index.vectors, knn.positions[:, : n - 1], 3.0)
    share = CALIBRATION.estimate_known_share(inputs.query_votes)
    asked, shown = (CALIBRATION.posterior(v) for v in (inputs.query_votes, inputs.index_votes))
    lists = []
    for q, query in enumerate(queries):
        scores = []
        for x, vector in enumerate(inputs.index.vectors):
            same = sum(
                asked[q, i] * shown[x, j]
                for i in range(3)
                for j in range(3)
                if inputs.query_votes.landmark_ids[q, i] == inputs.index_votes.landmark_ids[x, j] >= 0
            )
            scores.append(float(np.float64(query) @ vector) + weight * share * same**0.5)
        lists.append(np.sort(scores)[::-1][:depth])
    return np.array(lists)


def test_scores_agree_with_the_loop(inputs):
    ranking = CalibratedLabels(n=4, weight=2.0).apply(KNN().apply(None, inputs), inputs)

    np.testing.assert_allclose(ranking.scores, loop_lists(inputs, 4, 2.0, 20), atol=1e-5)


def test_without_weight_it_is_alpha_qe(inputs):
    knn = KNN().apply(None, inputs)

    ranking = CalibratedLabels(n=5, weight=0.0).apply(knn, inputs)

    np.testing.assert_array_equal(ranking.positions, AlphaQE(n=5).apply(knn, inputs).positions)


def test_the_order_of_queries_does_not_matter(inputs):
    order = np.random.default_rng(1).permutation(30)
    turned = dataclasses.replace(
        inputs,
        queries=Embeddings(inputs.queries.image_ids[order], inputs.queries.vectors[order]),
        query_votes=Votes(inputs.query_votes.landmark_ids[order], inputs.query_votes.cosines[order]),
    )
    step = CalibratedLabels(n=4)

    ranking, other = (step.apply(KNN().apply(None, i), i) for i in (inputs, turned))

    np.testing.assert_array_equal(other.positions, ranking.positions[order])
    np.testing.assert_array_equal(other.scores, ranking.scores[order])


def test_more_votes_than_were_calibrated_change_nothing(inputs):
    def deeper(votes):
        more = np.full((len(votes), 2), 3), np.full((len(votes), 2), -1, np.float32)
        return Votes(np.hstack([votes.landmark_ids, more[0]]), np.hstack([votes.cosines, more[1]]))

    more = dataclasses.replace(
        inputs, query_votes=deeper(inputs.query_votes), index_votes=deeper(inputs.index_votes)
    )

    ranking, other = (CalibratedLabels(n=4).apply(KNN().apply(None, i), i) for i in (inputs, more))

    np.testing.assert_array_equal(other.positions, ranking.positions)
    np.testing.assert_array_equal(other.scores, ranking.scores)


def test_few_candidates_still_bring_in_the_most_probable(inputs):
    knn = KNN().apply(None, inputs)
    step = CalibratedLabels(n=1, weight=50.0, candidates=1)

    ranking = step.apply(knn, inputs)

    full = CalibratedLabels(n=1, weight=50.0).apply(knn, inputs)
    assert (ranking.scores[:, 0] <= full.scores[:, 0]).all()
    listed = knn.positions[:, None, :] == ranking.positions[:, :, None]
    assert ((~listed.any(axis=2)).sum(axis=1) <= 1).all()


def test_no_votes_and_no_calibration_are_refused(inputs):
    knn = KNN().apply(None, inputs)

    with pytest.raises(DataError, match="no calibration"):
        CalibratedLabels().apply(knn, dataclasses.replace(inputs, calibration=None))
    with pytest.raises(DataError, match="no votes were given"):
        CalibratedLabels().apply(knn, dataclasses.replace(inputs, query_votes=None))
    deeper = CALIBRATION.model_copy(update={"votes": 4})
    with pytest.raises(DataError, match="votes of 3 were given"):
        CalibratedLabels().apply(knn, dataclasses.replace(inputs, calibration=deeper))
