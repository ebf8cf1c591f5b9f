import dataclasses
import logging

import numpy as np
import pytest
from scipy.stats import norm

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.labels.calibrated_labels import CalibratedLabels, expand_by_odds
from landmark_retrieval.reranking.labels.probable_landmarks import index_landmarks, query_landmarks
from landmark_retrieval.reranking.labels.sort_step import SortStep
from landmark_retrieval.reranking.labels.train_in_index import AddTrainToIndex, DropTrain
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.votes import collect_votes

pytestmark = pytest.mark.costly


@pytest.fixture(scope="module")
def photographs(make_photographs):
    return make_photographs()


def average_precisions(ranking, photographs):
    found = photographs.index_landmarks[ranking.positions] == photographs.query_landmarks[:, None]
    precision = np.cumsum(found, axis=1) / np.arange(1, found.shape[1] + 1)
    return (found * precision).sum(axis=1) / 6


def apply(step, inputs):
    return step.apply(KNN().apply(None, inputs), inputs)


def loop_odds(inputs, queries, step):
    """Log-odds of each pair, one by one."""
    shown, _ = index_landmarks(inputs.index, inputs.train, inputs.calibration)
    share = step.known_share or shown.known_share
    asked = query_landmarks(inputs.queries, inputs.train, inputs.calibration, share)
    expected = {
        landmark: shown.probabilities[shown.landmark_ids == landmark].sum() + 0.5 for landmark in range(60)
    }
    n = len(inputs.index)
    odds = np.empty((len(queries), n))
    for q, query in enumerate(queries):
        cosines = inputs.index.vectors.astype(np.float64) @ query.astype(np.float64)
        middle, above = np.quantile(cosines, [0.5, norm.cdf(1)])
        by_chance = n * norm.sf((cosines - middle) / (above - middle))
        for x in range(n):
            evidence = 1 - asked.probabilities[q].sum()
            for landmark, probability in zip(asked.landmark_ids[q], asked.probabilities[q], strict=True):
                same = shown.probabilities[x][shown.landmark_ids[x] == landmark].sum()
                evidence += probability * same * n / expected[int(landmark)]
            odds[q, x] = np.log(evidence) - np.log(by_chance[x]) - 1
    return odds


@pytest.mark.parametrize("n", [1, 4])
def test_scores_are_the_log_odds_of_the_loop(photographs, n):
    step, inputs = CalibratedLabels(n=n), photographs.inputs
    queries = inputs.queries.vectors.astype(np.float64)
    if n > 1:
        odds = loop_odds(inputs, queries, step)
        for q, row in enumerate(odds):
            for x in np.argsort(-row)[: n - 1]:
                if row[x] > 0:
                    queries[q] += inputs.index.vectors[x] / (1 + np.exp(-row[x]))
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)

    ranking = apply(step, inputs)

    expected = np.sort(loop_odds(inputs, queries, step), axis=1)[:, ::-1][:, :40]
    np.testing.assert_allclose(ranking.scores, expected, atol=2e-3)


def with_predictions(inputs):
    votes = {
        side: collect_votes(search(images, inputs.train.embeddings, 3), inputs.train.landmark_ids, 3)
        for side, images in (("query", inputs.queries), ("index", inputs.index))
    }
    return dataclasses.replace(
        inputs, **{f"{side}_predictions": soft_vote(found, 3) for side, found in votes.items()}
    )


def test_known_landmarks_gain_and_unknown_ones_lose_little(photographs):
    inputs = with_predictions(photographs.inputs)
    knn = KNN().apply(None, inputs)
    sorted_lists = SortStep().apply(knn, inputs)

    gain, gain_of_sorting = (
        average_precisions(ranking, photographs) - average_precisions(knn, photographs)
        for ranking in (CalibratedLabels().apply(knn, inputs), sorted_lists)
    )

    assert gain[photographs.known].mean() > max(0.1, gain_of_sorting[photographs.known].mean())
    assert gain_of_sorting[~photographs.known].mean() < -0.15
    assert gain[~photographs.known].mean() > gain_of_sorting[~photographs.known].mean() / 3


@pytest.mark.parametrize(
    "step", [CalibratedLabels(), CalibratedLabels(n=1), CalibratedLabels(known_share=0.7)]
)
def test_the_scale_of_the_cosines_does_not_matter(make_photographs, step):
    """The spread of the cosines is a sixteenth; where the query is not moved, lists stay as they are."""
    plain, shrunk = make_photographs(), make_photographs(mean=4.0)

    knn = KNN().apply(None, plain.inputs).scores
    assert knn.std() > 10 * KNN().apply(None, shrunk.inputs).scores.std()
    lists, others = (apply(step, made.inputs) for made in (plain, shrunk))
    if step.n == 1:
        np.testing.assert_allclose(others.scores, lists.scores, atol=0.02)
    gains = [average_precisions(ranking, plain).mean() for ranking in (lists, others)]
    assert gains[0] == pytest.approx(gains[1], abs=0.02)


def test_a_query_alone_gets_the_same_list(photographs):
    inputs = photographs.inputs
    together = apply(CalibratedLabels(), inputs)

    for row in range(0, len(inputs.queries), 7):
        only = slice(row, row + 1)
        alone = dataclasses.replace(
            inputs, queries=Embeddings(inputs.queries.image_ids[only], inputs.queries.vectors[only])
        )
        ranking = apply(CalibratedLabels(), alone)
        np.testing.assert_array_equal(ranking.positions[0], together.positions[row])
        np.testing.assert_array_equal(ranking.scores[0], together.scores[row])


@pytest.mark.parametrize("train_sizes", [[], [9], [1] * 30, [2, 2, 2]])
def test_training_sets_that_teach_nothing_leave_the_list_alone(make_photographs, train_sizes, caplog):
    inputs = make_photographs(train_sizes=train_sizes).inputs
    knn = KNN(k=100).apply(None, inputs)

    with caplog.at_level(logging.WARNING):
        ranking = CalibratedLabels().apply(knn, inputs)

    assert "stay as they are" in caplog.text
    np.testing.assert_array_equal(ranking.positions, knn.positions[:, :40])
    np.testing.assert_array_equal(ranking.scores, knn.scores[:, :40])


def test_a_calibration_of_other_images_leaves_the_list_alone(photographs, caplog):
    calibration = photographs.inputs.calibration
    far = calibration.model_copy(
        update={"leads": tuple(tuple(lead + 3 for lead in part) for part in calibration.leads)}
    )
    inputs = dataclasses.replace(photographs.inputs, calibration=far)
    knn = KNN().apply(None, inputs)

    with caplog.at_level(logging.WARNING):
        ranking = CalibratedLabels().apply(knn, inputs)

    assert "not those on training images" in caplog.text
    np.testing.assert_array_equal(ranking.positions, knn.positions)


def test_images_that_the_search_missed_are_found_by_their_landmark(photographs):
    inputs = dataclasses.replace(photographs.inputs, depth=6)

    ranking = apply(CalibratedLabels(n=1), inputs)

    missed = ~(KNN().apply(None, inputs).positions[:, None, :] == ranking.positions[:, :, None]).any(axis=2)
    right = photographs.index_landmarks[ranking.positions] == photographs.query_landmarks[:, None]
    assert (missed & right)[photographs.known].sum() > 10
    fewest = apply(CalibratedLabels(n=1, candidates=1), inputs).positions
    listed = (KNN().apply(None, inputs).positions[:, None, :] == fewest[:, :, None]).any(axis=2)
    assert ((~listed).sum(axis=1) <= 1).all()


def test_training_images_in_the_index_are_certain(photographs):
    inputs = photographs.inputs
    added, joined = AddTrainToIndex(k=200).run(None, inputs)
    shown, _ = index_landmarks(joined.index, inputs.train, inputs.calibration)

    ranking, joined = CalibratedLabels().run(added, joined)
    dropped = DropTrain().apply(ranking, joined)

    own = inputs.train.landmark_ids
    assert shown.landmark_ids[-len(own) :, 0].tolist() == own.tolist()
    assert (shown.probabilities[-len(own) :, 0] == 1).all()
    gain = average_precisions(dropped, photographs) - average_precisions(
        KNN().apply(None, inputs), photographs
    )
    assert gain[photographs.known].mean() > 0.05


def test_only_images_of_better_than_even_odds_expand():
    queries, index = np.eye(3, dtype=np.float32)[:1], np.eye(3, dtype=np.float32)
    ranking = Ranking(np.array([[1, 2, 0, -1]]), np.array([[2.0, 0.0, -1.0, -np.inf]], np.float32), 3)

    expanded = expand_by_odds(queries, index, ranking, 4)

    weight = 1 / (1 + np.exp(-2.0))
    np.testing.assert_allclose(expanded, [[1, weight, 0]] / np.hypot(1, weight), rtol=1e-6)
    np.testing.assert_array_equal(expand_by_odds(queries, index, ranking, 0), queries)


def test_uncertain_queries_keep_their_list_where_a_guard_is_set(photographs):
    inputs = with_predictions(photographs.inputs)
    knn = KNN().apply(None, inputs)
    certain = query_landmarks(inputs.queries, inputs.train, inputs.calibration).of(
        inputs.query_predictions.landmark_ids
    )

    plain, guarded = (SortStep(certainty=c).apply(knn, inputs).positions for c in (None, 0.5))

    changed = certain >= 0.5
    assert 5 < changed.sum() < len(changed) - 5
    np.testing.assert_array_equal(guarded[changed], plain[changed])
    np.testing.assert_array_equal(guarded[~changed], knn.positions[~changed])
    assert SortStep(certainty=0.5).needs == {"predictions", "train", "calibration"}
    with pytest.raises(DataError, match="sort_step: needs the training images and a calibration"):
        SortStep(certainty=0.5).apply(knn, dataclasses.replace(inputs, calibration=None))


@pytest.mark.parametrize("missing", ["train", "calibration"])
def test_missing_inputs_are_refused(photographs, missing):
    inputs = dataclasses.replace(photographs.inputs, **{missing: None})

    with pytest.raises(DataError, match="calibrated_labels: needs the training images and a calibration"):
        apply(CalibratedLabels(), inputs)
