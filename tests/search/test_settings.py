import numpy as np
import pytest
from pydantic import ValidationError

from landmark_retrieval.errors import DataError
from landmark_retrieval.search.approximate.search import approximate_search, build_index
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.search.settings import SearchSettings, build_with, search_with

EXACT = {
    "factory": None,
    "n_probe": None,
    "ef_search": None,
    "rescore": 40,
    "train_sample": 900,
    "seed": 1,
    "backend": "auto",
    "scan": "auto",
    "block_rows": 300,
    "memory_gib": None,
}
APPROXIMATE = EXACT | {"factory": "IVF8,SQ8", "n_probe": 2}


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    return [rng.standard_normal((n, 12)).astype(np.float32) for n in (20, 1_000)]


def assert_same(ranking, other):
    np.testing.assert_array_equal(ranking.positions, other.positions)
    np.testing.assert_array_equal(ranking.scores, other.scores)
    assert ranking.ids_fingerprint == other.ids_fingerprint


def test_without_a_factory_the_search_is_exact(world):
    settings = SearchSettings(**EXACT)

    assert_same(search_with(settings, *world, 7, ids_fingerprint="r"), search(*world, 7, ids_fingerprint="r"))
    with pytest.raises(DataError, match="expected a FAISS index_factory string"):
        build_with(settings, world[1])


def test_with_a_factory_it_is_approximate(world):
    settings = SearchSettings(**APPROXIMATE)
    built = build_with(settings, world[1])

    by_hand = build_index(world[1], "IVF8,SQ8", 900, 1)
    expected = approximate_search(*world, 7, by_hand, 40, n_probe=2, ids_fingerprint="r")

    assert_same(search_with(settings, *world, 7, ids_fingerprint="r"), expected)
    assert_same(search_with(settings, *world, 7, built, ids_fingerprint="r"), expected)
    assert not np.array_equal(expected.positions, search(*world, 7).positions)


@pytest.mark.parametrize("other", [{"factory": "IVF8,Flat"}, {"seed": 2}, {"train_sample": 800}])
def test_an_index_of_other_settings_is_refused(world, other):
    built = build_with(SearchSettings(**APPROXIMATE | other), world[1])

    with pytest.raises(DataError, match="approximate index: expected"):
        search_with(SearchSettings(**APPROXIMATE), *world, 7, built)


@pytest.mark.parametrize("settings", [EXACT, APPROXIMATE])
def test_the_memory_limit_holds(world, settings):
    with pytest.raises(DataError, match="GiB are allowed"):
        search_with(SearchSettings(**settings | {"memory_gib": 1e-6}), *world, 7)


@pytest.mark.parametrize("wrong", [{"n_probe": 0}, {"rescore": 0}, {"scan": "int8"}, {"nprobe": 3}])
def test_a_wrong_setting_is_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        SearchSettings(**EXACT | wrong)
