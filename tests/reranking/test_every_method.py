"""What holds for every method, whatever it computes."""

import dataclasses
from typing import get_args

import numpy as np
import pytest
from pydantic import TypeAdapter

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.reranking.chain import Step, apply_chain
from landmark_retrieval.reranking.geometry import Geometry
from landmark_retrieval.reranking.regions import RegionEmbeddings, Regions
from landmark_retrieval.verification.affine import AffineSettings
from landmark_retrieval.verification.matching import MatchingSettings
from landmark_retrieval.verification.settings import VerificationSettings
from landmark_retrieval.voting.calibration import LabelCalibration
from landmark_retrieval.voting.votes import TrainSet, Votes

pytestmark = pytest.mark.costly

KNN = {"method": "knn"}
CHAINS = {
    "dba": [{"method": "dba", "n": 4}],
    "alpha_dba": [{"method": "alpha_dba", "n": 4}, {"method": "alpha_qe"}],
    "aqe": [KNN, {"method": "aqe", "n": 4}],
    "relabel": [KNN, {"method": "alpha_qe", "n": 4, "relabel": True}, {"method": "sort_step"}],
    "sort_insert": [KNN, {"method": "sort_step"}, {"method": "insert_step"}],
    "landmark_aware": [KNN, {"method": "landmark_aware"}],
    "calibrated_labels": [KNN, {"method": "calibrated_labels", "n": 4}],
    "add_train_to_index": [
        {"method": "add_train_to_index", "k": 90},
        {"method": "sort_step"},
        {"method": "insert_step", "depth": 90},
        {"method": "drop_train"},
    ],
    "diffusion": [KNN, {"method": "diffusion", "k": 8, "k_q": 3}],
    "offline_diffusion": [KNN, {"method": "offline_diffusion", "k_d": 8, "k_q": 3, "n_trunc": 20}],
    "c_crf": [KNN, {"method": "c_crf", "clique": 20, "k_d": 8, "k_q": 3, "n_trunc": 20}],
    "explore_exploit": [KNN, {"method": "explore_exploit", "k": 6}],
    "k_reciprocal": [KNN, {"method": "k_reciprocal", "k1": 6, "k2": 3}],
    "gnn": [{"method": "gnn", "k1": 6, "k2": 3, "transductive": False}],
    "gnn_transductive": [{"method": "gnn", "k1": 6, "k2": 3}],
    "k_reciprocal_whole_set": [KNN, {"method": "k_reciprocal", "k1": 6, "k2": 3, "scope": "whole_set"}],
    "regional_diffusion": [KNN, {"method": "regional_diffusion", "k": 8, "k_q": 5}],
    "spatial_verification": [KNN, {"method": "spatial_verification", "shortlist": 8}],
    "super_global": [KNN, {"method": "super_global", "neighbours": 4}],
}
METHODS = {step.model_fields["method"].default: step for step in get_args(get_args(Step)[0])}
SETTINGS = VerificationSettings(
    matching=MatchingSettings(method="product", mutual=True, max_distance=0.9, ratio=0.9),
    consensus=AffineSettings(threshold_px=5, iterations=1000, confidence=0.999),
    seed=5,
)
CALIBRATION = LabelCalibration(
    landmarks=6,
    weights=(2.0, -0.5),
    bias=-2.0,
    leads=(tuple(np.linspace(0, 4, 201).tolist()), tuple(np.linspace(0, 2, 201).tolist())),
)


def test_every_method_has_a_chain_here():
    assert {step["method"] for chain in CHAINS.values() for step in chain} == set(METHODS)


@pytest.fixture(params=CHAINS)
def steps(request):
    return TypeAdapter(list[Step]).validate_python(CHAINS[request.param])


def make_images(prefix, n, rng):
    vectors = rng.standard_normal((n, 16)).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return Embeddings(np.array([f"{prefix}{i}" for i in range(n)], dtype=str), vectors)


def make_regions(n, rng):
    offsets = np.append(0, np.cumsum(rng.integers(1, 4, n)))
    return RegionEmbeddings(normalise(rng.standard_normal((offsets[-1], 16))), offsets)


def make_features(prefix, n, rng):
    """Views of one scene by some of its twelve points."""
    points = np.random.default_rng(0).uniform(0, 300, (12, 2)).astype(np.float32)
    seen = [rng.permutation(12)[: rng.integers(13)] for _ in range(n)]
    views = [
        LocalFeatures(points[s], np.eye(12, dtype=np.float32)[s], np.ones(len(s), np.float32)) for s in seen
    ]
    return LocalFeatureStore.pack([f"{prefix}{i}" for i in range(n)], views)


def make_votes(n, rng):
    cosines = -np.sort(-rng.random((n, 5)).astype(np.float32), axis=1)
    return Votes(rng.integers(0, 9, (n, 5)), cosines)


@pytest.fixture
def make_distinct(make_inputs):
    """Images of which no two are equal, so that no tie is decided by the row."""

    def make(n_queries=12, n_index=70):
        rng = np.random.default_rng(5)
        train = make_images("t", 40, rng)
        return dataclasses.replace(
            make_inputs(n_queries=20, n_index=20),
            queries=make_images("q", n_queries, rng),
            index=make_images("x", n_index, rng),
            query_predictions=LabelPrediction(
                rng.integers(-1, 7, n_queries), rng.random(n_queries, np.float32)
            ),
            index_predictions=LabelPrediction(rng.integers(-1, 7, n_index), rng.random(n_index, np.float32)),
            query_votes=make_votes(n_queries, rng),
            index_votes=make_votes(n_index, rng),
            calibration=CALIBRATION,
            train=TrainSet(train, rng.integers(0, 9, 40)),
            geometry=Geometry(make_features("q", n_queries, rng), make_features("x", n_index, rng), SETTINGS),
            regions=Regions(make_regions(n_queries, rng), make_regions(n_index, rng)),
            depth=15,
        )

    return make


def reordered(inputs, side, order):
    """The inputs with the images of one side in another order."""
    sides = {"query": "queries", "index": "index"}[side]
    images, votes = getattr(inputs, sides), getattr(inputs, f"{side}_votes")
    predictions = getattr(inputs, f"{side}_predictions")
    features, regions = getattr(inputs.geometry, sides), getattr(inputs.regions, sides)
    owned = [regions.vectors[slice(*regions.offsets[i : i + 2])] for i in order]
    moved = {
        "geometry": LocalFeatureStore.pack(features.image_ids[order], [features.features(i) for i in order]),
        "regions": RegionEmbeddings(np.concatenate(owned), np.append(0, np.cumsum([len(v) for v in owned]))),
    }
    return dataclasses.replace(
        inputs,
        **{
            sides: Embeddings(images.image_ids[order], images.vectors[order]),
            f"{side}_predictions": LabelPrediction(
                predictions.landmark_ids[order], predictions.scores[order]
            ),
            f"{side}_votes": Votes(votes.landmark_ids[order], votes.cosines[order]),
            **{
                name: dataclasses.replace(getattr(inputs, name), **{sides: new})
                for name, new in moved.items()
            },
        },
    )


def test_permuting_the_index_permutes_nothing_else(steps, make_distinct):
    inputs = make_distinct()
    order = np.random.default_rng(0).permutation(len(inputs.index))

    ranking = apply_chain(steps, None, inputs)
    other = apply_chain(steps, None, reordered(inputs, "index", order))

    np.testing.assert_array_equal(order[other.positions], ranking.positions)
    np.testing.assert_allclose(other.scores, ranking.scores, rtol=1e-5, atol=1e-6)


def test_the_order_of_queries_shows_in_no_byte(steps, make_distinct):
    inputs = make_distinct()
    order = np.random.default_rng(0).permutation(len(inputs.queries))

    ranking = apply_chain(steps, None, inputs)
    other = apply_chain(steps, None, reordered(inputs, "query", order))

    np.testing.assert_array_equal(other.positions, ranking.positions[order])
    np.testing.assert_array_equal(other.scores, ranking.scores[order])


@pytest.mark.parametrize(("n_queries", "n_index"), [(0, 70), (12, 1), (12, 0)])
def test_small_sets_are_ranked(steps, make_distinct, n_queries, n_index):
    ranking = apply_chain(steps, None, make_distinct(n_queries, n_index))

    assert (ranking.n_queries, ranking.n_index) == (n_queries, n_index)
    assert (ranking.lengths == n_index).all()
