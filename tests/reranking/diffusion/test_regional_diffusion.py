import dataclasses

import numpy as np
import pytest

from landmark_retrieval.embeddings import normalise
from landmark_retrieval.errors import DataError
from landmark_retrieval.reranking.diffusion.generalised_max_pooling import pooling_weights
from landmark_retrieval.reranking.diffusion.mutual_graph import mutual_graph
from landmark_retrieval.reranking.diffusion.regional_diffusion import RegionalDiffusion, regional_affinities
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.regions import RegionEmbeddings, Regions
from landmark_retrieval.search.exact_search import search

pytestmark = pytest.mark.costly

STEP = RegionalDiffusion(k=6, k_q=5, tolerance=1e-12, max_iterations=1_000)


@pytest.fixture
def make_regional(make_inputs):
    """Inputs with up to four regions an image, some without any."""

    def make(depth=60):
        rng = np.random.default_rng(1)

        def regions(n):
            offsets = np.append(0, np.cumsum(rng.integers(0, 5, n)))
            vectors = normalise(rng.standard_normal((offsets[-1], 20)))
            vectors[5:9] = vectors[15:19]
            return RegionEmbeddings(vectors, offsets)

        inputs = make_inputs(n_queries=40, n_index=60)
        return dataclasses.replace(inputs, depth=depth, regions=Regions(regions(40), regions(60)))

    return make


def loop_affinities(query, regions, k_q, gamma):
    """Sums of cosines over the nearest of each query region, one by one."""
    sums = {}
    for vector in query.astype(np.float64):
        cosines = (regions.astype(np.float64) @ vector).astype(np.float32)
        for row in sorted(range(len(regions)), key=lambda r: (-cosines[r], r))[:k_q]:
            sums[row] = sums.get(row, 0.0) + float(cosines[row])
    best = sorted(sums, key=lambda row: (-sums[row], row))[:k_q]
    return {row: max(0.0, sums[row]) ** gamma for row in best}


def of_image(regions, image):
    return regions.vectors[regions.offsets[image] : regions.offsets[image + 1]]


@pytest.mark.parametrize("k_q", [1, 5, 500])
def test_affinities_agree_with_regions_taken_one_by_one(make_regional, k_q):
    regions = make_regional().regions

    seeds, values = regional_affinities(regions.queries, regions.index.vectors, k_q, 3.0)

    for query in range(len(regions.queries)):
        expected = loop_affinities(of_image(regions.queries, query), regions.index.vectors, k_q, 3.0)
        listed = seeds[query] >= 0
        assert seeds[query, listed].tolist() == list(expected)
        np.testing.assert_allclose(values[query, listed], list(expected.values()), rtol=1e-6)
        assert (values[query, ~listed] == 0).all()


def test_affinities_without_any_region():
    nothing = RegionEmbeddings(np.zeros((0, 20), np.float32), np.zeros(4, np.int64))

    assert regional_affinities(nothing, np.zeros((7, 20), np.float32), 5, 3.0)[0].tolist() == [[-1] * 5] * 3
    assert regional_affinities(nothing, np.zeros((0, 20), np.float32), 5, 3.0)[0].shape == (3, 0)


def loop_scores(step, ranking, inputs):
    """Scores of all images by a dense system over the regions of the images that count."""
    index = inputs.regions.index
    found = search(index.vectors, index.vectors, step.k)
    graph = mutual_graph(found.positions, found.scores, step.gamma)
    affinity = np.zeros((len(graph), len(graph)))
    affinity[graph.rows, graph.columns] = graph.weights
    pooling = pooling_weights(index, step.pooling_regulariser)
    for query, listed in enumerate(ranking.positions):
        rows = np.flatnonzero(np.isin(index.image_rows, listed[: step.truncate]))
        within = affinity[np.ix_(rows, rows)]
        degrees = within.sum(axis=1)
        scale = np.divide(1, np.sqrt(degrees), out=np.zeros(len(rows)), where=degrees > 0)
        y = np.zeros(len(rows))
        near = loop_affinities(
            of_image(inputs.regions.queries, query), index.vectors[rows], step.k_q, step.gamma
        )
        y[list(near)] = list(near.values())
        f = np.linalg.solve(np.eye(len(rows)) - step.alpha * within * scale * scale[:, None], y)
        scores = np.zeros(len(index))
        for row, flow in zip(rows, f, strict=True):
            scores[index.image_rows[row]] += flow * pooling[row]
        yield scores


@pytest.mark.parametrize("truncate", [None, 15, 60])
@pytest.mark.parametrize("depth", [10, 60])
def test_ranks_by_pooled_solutions_then_as_before(make_regional, truncate, depth):
    inputs = make_regional(depth)
    step = STEP.model_copy(update={"truncate": truncate})
    ranking = KNN(k=60).apply(None, inputs)

    ranked = step.apply(ranking, inputs)

    assert (ranked.depth, ranked.ids_fingerprint) == (depth, ranking.ids_fingerprint)
    for scores, listed, before, expected in zip(
        ranked.scores, ranked.positions, ranking.positions, loop_scores(step, ranking, inputs), strict=True
    ):
        reached = min(depth, int((expected > 1e-12).sum()))
        np.testing.assert_allclose(scores[:reached], -np.sort(-expected)[:reached], rtol=1e-5)
        np.testing.assert_allclose(expected[listed[:reached]], scores[:reached], rtol=1e-5)
        rest = [row for row in before if row not in listed[:reached]]
        assert listed[reached:].tolist() == rest[: depth - reached]


def test_needs_regions(make_inputs):
    inputs = make_inputs()

    assert STEP.needs == {"regions"}
    with pytest.raises(DataError, match="expected regions"):
        STEP.apply(KNN().apply(None, inputs), inputs)
