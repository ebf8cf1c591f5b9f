from dataclasses import replace

import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.geometry import Geometry
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.shortlist.spatial_verification import (
    SpatialVerification,
    chosen_inliers,
    sort_by_inliers,
)
from landmark_retrieval.verification.affine import AffineSettings
from landmark_retrieval.verification.consensus import find_transform
from landmark_retrieval.verification.matching import MatchingSettings, match
from landmark_retrieval.verification.pair_verifier import pair_seed
from landmark_retrieval.verification.settings import VerificationSettings

pytestmark = pytest.mark.costly

SETTINGS = VerificationSettings(
    matching=MatchingSettings(method="product", mutual=True, max_distance=0.9, ratio=0.9),
    consensus=AffineSettings(threshold_px=4, iterations=1000, confidence=0.999),
    seed=3,
)
POINTS, DIM = 60, 32
N_QUERIES, N_INDEX, DEPTH = 6, 30, 20


def scene(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.uniform(0, 400, (POINTS, 2)), normalise(rng.standard_normal((POINTS, DIM)))


def photograph(rng: np.random.Generator, of: tuple[np.ndarray, np.ndarray], seen: int) -> LocalFeatures:
    """`seen` points of a scene under an affine view, among as many of nothing."""
    points, descriptors = of
    chosen = rng.permutation(POINTS)[:seen]
    matrix = np.eye(2) * rng.uniform(0.6, 1.4) + rng.normal(0, 0.15, (2, 2))
    moved = points[chosen] @ matrix.T + rng.uniform(250, 350, 2) + rng.normal(0, 0.5, (seen, 2))
    noisy = normalise(descriptors[chosen] + rng.normal(0, 0.03, (seen, DIM)))
    clutter = scene(rng)
    keypoints = np.concatenate([moved, clutter[0][:seen]]).astype(np.float32)
    described = np.concatenate([noisy, clutter[1][:seen]])
    return LocalFeatures(keypoints, described, np.ones(2 * seen, np.float32))


@pytest.fixture(scope="module")
def geometry() -> Geometry:
    """Queries of three scenes, index images of five; some without features, two of the index alike."""
    rng = np.random.default_rng(0)
    scenes = [scene(rng) for _ in range(5)]
    queries = [photograph(rng, scenes[i % 3], 40 * (i != 4)) for i in range(N_QUERIES)]
    index = [photograph(rng, scenes[i % 5], i // 5 % 4 * 10) for i in range(N_INDEX)]
    index[7] = index[12]
    return Geometry(
        LocalFeatureStore.pack([f"q{i}" for i in range(N_QUERIES)], queries),
        LocalFeatureStore.pack([f"x{i}" for i in range(N_INDEX)], index),
        SETTINGS,
    )


@pytest.fixture
def ranking(make_ranking) -> Ranking:
    return make_ranking(0, N_QUERIES, N_INDEX, DEPTH)


def inliers_of(geometry: Geometry, query: int, row: int) -> int:
    """A pair worked out by itself; "q" stands before "x"."""
    one, other = geometry.queries.stored(query), geometry.index.stored(row)
    rows, columns = match(one.descriptors, other.descriptors, SETTINGS.matching).T
    seed = pair_seed(f"q{query}", f"x{row}", SETTINGS.seed)
    points = one.keypoints[rows], other.keypoints[columns]
    return int(find_transform(*points, SETTINGS.consensus, seed)[1].sum())


def naive(ranking: Ranking, geometry: Geometry, shortlist: int) -> list[list[int]]:
    """The whole list sorted by inliers, then initial score, then rank; 0 inliers where not verified."""
    lists = []
    for query in range(ranking.n_queries):
        keyed = []
        for rank, (row, score) in enumerate(
            zip(ranking.positions[query], ranking.scores[query], strict=True)
        ):
            if row >= 0:
                inliers = inliers_of(geometry, query, row) if rank < shortlist else 0
                keyed.append((-inliers, -score, rank, int(row)))
        lists.append([entry[-1] for entry in sorted(keyed)])
    return lists


@pytest.mark.parametrize("shortlist", [1, 7, DEPTH, 100])
def test_agrees_with_sorting_the_whole_list(geometry, ranking, shortlist):
    found = sort_by_inliers(ranking, geometry, shortlist)
    assert [row[row >= 0].tolist() for row in found.positions] == naive(ranking, geometry, shortlist)
    assert found.positions.shape == ranking.positions.shape


@pytest.mark.parametrize("min_inliers", [1, 5, 12, 1000])
def test_only_verified_images_move_up(geometry, ranking, min_inliers):
    found = sort_by_inliers(ranking, geometry, 10, min_inliers)
    for query, listed in enumerate(ranking.positions):
        given = listed[listed >= 0].tolist()
        counts = {row: inliers_of(geometry, query, row) for row in given[:10]}
        verified = [row for row in given[:10] if counts[row] >= min_inliers]
        verified.sort(key=lambda row: -counts[row])
        lists = found.positions[query]
        assert lists[lists >= 0].tolist() == verified + [row for row in given if row not in verified]
        assert found.scores[query, : len(verified)].tolist() == [counts[row] for row in verified]


def test_a_list_without_a_verified_image_is_left_alone(geometry, ranking):
    found = sort_by_inliers(ranking, geometry, DEPTH, 1000)
    np.testing.assert_array_equal(found.positions, ranking.positions)
    np.testing.assert_array_equal(found.scores, ranking.scores)


def test_images_of_the_query_s_scene_come_first_with_their_inliers_as_scores(geometry):
    positions = np.tile(np.arange(N_INDEX)[::-1], (N_QUERIES, 1))
    scores = np.tile(np.linspace(1, 0.5, N_INDEX, dtype=np.float32), (N_QUERIES, 1))
    found = sort_by_inliers(Ranking(positions, scores, N_INDEX), geometry, N_INDEX)
    seen = np.array([len(geometry.index.stored(row)) > 0 for row in range(N_INDEX)])
    for query in (0, 1, 2, 3, 5):
        same = np.flatnonzero((np.arange(N_INDEX) % 5 == query % 3) & seen)
        assert sorted(found.positions[query, : len(same)]) == same.tolist()
        assert found.scores[query, 0] == inliers_of(geometry, query, found.positions[query, 0])


def test_equal_inliers_keep_their_order(geometry):
    for positions in ([7, 12, 0], [0, 12, 7]):
        ranking = Ranking(np.array([positions] * N_QUERIES), np.zeros((N_QUERIES, 3), np.float32), N_INDEX)
        found = sort_by_inliers(ranking, geometry, 3)
        assert found.scores[2, 0] == found.scores[2, 1] > 0
        assert found.positions[2].tolist() == sorted(positions, key=lambda row: row == 0)


def test_a_query_without_features_keeps_its_list(geometry, ranking):
    found = sort_by_inliers(ranking, geometry, DEPTH)
    assert len(geometry.queries.features(4)) == 0
    assert found.positions[4].tolist() == ranking.positions[4].tolist()


def test_without_a_match_anywhere_nothing_changes(geometry, ranking):
    rng = np.random.default_rng(1)
    strangers = [photograph(rng, scene(rng), 10) for _ in range(N_INDEX)]
    index = LocalFeatureStore.pack(geometry.index.image_ids, strangers)
    found = sort_by_inliers(ranking, replace(geometry, index=index), 10)
    np.testing.assert_array_equal(found.positions, ranking.positions)


def test_neither_the_order_of_queries_nor_company_matters(geometry, ranking):
    order = np.array([3, 0, 5])
    some = Ranking(ranking.positions[order], ranking.scores[order], N_INDEX)
    queries = LocalFeatureStore.pack(
        geometry.queries.image_ids[order], [geometry.queries.features(i) for i in order]
    )
    found = sort_by_inliers(some, replace(geometry, queries=queries), 10)
    whole = sort_by_inliers(ranking, geometry, 10)
    np.testing.assert_array_equal(found.positions, whole.positions[order])
    np.testing.assert_array_equal(found.scores, whole.scores[order])


def test_permuting_the_index_permutes_nothing_but_row_numbers(geometry, ranking):
    order = np.random.default_rng(1).permutation(N_INDEX)
    new_row = np.append(np.argsort(order), -1)
    index = LocalFeatureStore.pack(
        geometry.index.image_ids[order], [geometry.index.features(i) for i in order]
    )
    moved = Ranking(new_row[ranking.positions], ranking.scores, N_INDEX)
    found = sort_by_inliers(moved, replace(geometry, index=index), 10)
    whole = sort_by_inliers(ranking, geometry, 10)
    np.testing.assert_array_equal(found.positions, new_row[whole.positions])
    np.testing.assert_array_equal(found.scores, whole.scores)


@pytest.fixture
def inputs(geometry) -> RerankingInputs:
    rng = np.random.default_rng(2)
    sides = [
        Embeddings(store.image_ids, normalise(rng.standard_normal((len(store), 4))))
        for store in (geometry.queries, geometry.index)
    ]
    unknown = [LabelPrediction(np.full(len(side), -1), np.zeros(len(side), np.float32)) for side in sides]
    return RerankingInputs(*sides, *unknown, depth=DEPTH, geometry=geometry)


def test_the_step_sorts_its_shortlist(inputs, geometry, ranking):
    for min_inliers in (0, 12):
        step = SpatialVerification(shortlist=7, min_inliers=min_inliers)
        found = step.apply(ranking, inputs)
        expected = sort_by_inliers(ranking, geometry, 7, min_inliers)
        np.testing.assert_array_equal(found.positions, expected.positions)
    assert step.needs == {"geometry"}
    assert (SpatialVerification().shortlist, SpatialVerification().min_inliers) == (100, 8)


def test_auto_chooses_by_the_index_alone(inputs, geometry, ranking, caplog):
    rng = np.random.default_rng(4)
    strangers = [photograph(rng, scene(rng), 30) for _ in range(N_INDEX)]
    geometry = replace(geometry, index=LocalFeatureStore.pack(geometry.index.image_ids, strangers))
    inputs = replace(inputs, geometry=geometry)
    chosen = [chosen_inliers(geometry, 7, rate) for rate in (7.0, 1.0, 0.1)]
    assert chosen == sorted(chosen)
    needed = chosen[1]
    assert chosen[0] < needed < 10
    order = np.random.default_rng(1).permutation(N_INDEX)
    moved = LocalFeatureStore.pack(
        geometry.index.image_ids[order], [geometry.index.features(i) for i in order]
    )
    assert chosen_inliers(replace(geometry, index=moved), 7, 1.0) == needed
    with caplog.at_level("INFO"):
        found = SpatialVerification(min_inliers="auto", shortlist=7, rate=1.0).apply(ranking, inputs)
    assert f"verified from {needed} inliers on" in caplog.text
    expected = sort_by_inliers(ranking, geometry, 7, needed)
    np.testing.assert_array_equal(found.positions, expected.positions)


def test_auto_without_an_index_to_compare_is_an_error(geometry):
    one = LocalFeatureStore.pack(["x"], [geometry.index.features(0)])
    with pytest.raises(DataError, match="auto: no number"):
        chosen_inliers(replace(geometry, index=one), 100, 0.01)


def test_what_is_missing_is_named(inputs, ranking, geometry):
    step = SpatialVerification()
    with pytest.raises(DataError, match="needs a ranking"):
        step.apply(None, inputs)
    with pytest.raises(DataError, match="spatial_verification: needs local features"):
        step.apply(ranking, replace(inputs, geometry=None))
    reversed_index = LocalFeatureStore.pack(
        geometry.index.image_ids[::-1], [geometry.index.features(i) for i in range(N_INDEX)]
    )
    with pytest.raises(DataError, match="of the index images"):
        step.apply(ranking, replace(inputs, geometry=replace(geometry, index=reversed_index)))
